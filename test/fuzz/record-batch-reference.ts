import { crc32c } from "../../host/transport/crc32c.ts";

/**
 * Reads record batches as Kafka's own code does, one field after the other, without an eye to speed: what the
 * decode kernel is compared with. Shares no code with it, nor with host/batch/.
 */
export interface ReferenceRow {
  readonly offset: bigint;
  /** undefined: the record cannot be read, and `code` says why. */
  readonly record?: {
    readonly timestamp: bigint;
    readonly key: string | null;
    readonly value: string | null;
    readonly headers: string;
  };
  readonly code: number;
}

export interface ReferenceResult {
  readonly rows: readonly ReferenceRow[];
  /** Code and byte position of the fault that ended reading, or undefined. */
  readonly fault: { readonly code: number; readonly byteAt: number } | undefined;
}

class Fault {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

/** Reads a record's fields; `fail` is the code of a number that cannot be read. */
class Cursor {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  varint(bytesMax: number, fail: number): bigint {
    let raw = 0n;
    for (let count = 0; count < bytesMax; count++) {
      if (this.at >= this.end) throw new Fault(fail);
      const byte = this.bytes.readUInt8(this.at++);
      raw += BigInt(byte % 128) << BigInt(7 * count);
      if (byte < 128) {
        const cut = BigInt.asUintN(bytesMax === 5 ? 32 : 64, raw);
        return cut % 2n === 0n ? cut / 2n : -(cut + 1n) / 2n;
      }
    }
    throw new Fault(fail);
  }

  take(length: bigint, fail: number): string {
    if (length > BigInt(this.end - this.at)) throw new Fault(fail);
    const from = this.at;
    this.at += Number(length);
    return this.bytes.toString("hex", from, this.at);
  }
}

export function readReference(bytes: Buffer, fromOffset: bigint): ReferenceResult {
  const rows: ReferenceRow[] = [];
  let at = 0;
  while (bytes.length - at >= 26) {
    const length = bytes.readInt32BE(at + 8);
    if (length < 14) return { rows, fault: { code: 103, byteAt: at } };
    if (at + 12 + length > bytes.length) break;
    const code = headerFault(bytes, at, length);
    if (code !== 0) return { rows, fault: { code, byteAt: at } };
    const control = (bytes.readUInt16BE(at + 21) & 0x20) !== 0;
    if (!control) {
      const fault = readBatch(bytes, at, at + 12 + length, fromOffset, rows);
      if (fault) return { rows, fault };
    }
    at += 12 + length;
  }
  return { rows, fault: undefined };
}

function headerFault(bytes: Buffer, at: number, length: number): number {
  if (bytes.readUInt8(at + 16) !== 2) return 100;
  if (length < 49) return 103;
  if (crc32c(bytes, at + 21, at + 12 + length) !== bytes.readUInt32BE(at + 17)) return 101;
  const attributes = bytes.readUInt16BE(at + 21);
  if (attributes & 0x20) return 0;
  if (attributes & 7) return 102;
  const count = bytes.readInt32BE(at + 57);
  return count < 0 || (count === 0 && length > 49) ? 104 : 0;
}

function readBatch(
  bytes: Buffer,
  start: number,
  end: number,
  fromOffset: bigint,
  rows: ReferenceRow[],
): { code: number; byteAt: number } | undefined {
  const baseOffset = bytes.readBigInt64BE(start);
  const appendTime = (bytes.readUInt16BE(start + 21) & 8) !== 0;
  const baseTimestamp = bytes.readBigInt64BE(start + 27);
  const maxTimestamp = bytes.readBigInt64BE(start + 35);
  const count = bytes.readInt32BE(start + 57);
  const cursor = new Cursor(bytes, start + 61, end);
  let previous = -1n;
  for (let index = 0; index < count; index++) {
    const recordAt = cursor.at;
    let length: bigint;
    try {
      length = cursor.varint(5, 105);
      if (length < 0n || length > BigInt(end - cursor.at)) throw new Fault(105);
    } catch {
      return { code: 105, byteAt: recordAt };
    }
    const fields = new Cursor(bytes, cursor.at, cursor.at + Number(length));
    cursor.at = fields.end;
    let offsetDelta = BigInt.asIntN(32, previous + 1n);
    let code = 0;
    let record: ReferenceRow["record"];
    try {
      fields.at += 1;
      const timestampDelta = fields.varint(10, 200);
      offsetDelta = fields.varint(5, 200);
      const keyLength = fields.varint(5, 200);
      const key = keyLength < 0n ? null : fields.take(keyLength, 201);
      const valueLength = fields.varint(5, 200);
      const value = valueLength < 0n ? null : fields.take(valueLength, 202);
      const timestamp = appendTime ? maxTimestamp : BigInt.asIntN(64, baseTimestamp + timestampDelta);
      record = { timestamp, key, value, headers: readHeaders(fields) };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      code = error.code;
    }
    previous = offsetDelta;
    if (offsetDelta < BigInt.asIntN(64, fromOffset - baseOffset)) continue;
    const offset = BigInt.asIntN(64, baseOffset + offsetDelta);
    rows.push(record === undefined ? { offset, code } : { offset, code, record });
  }
  return cursor.at === end ? undefined : { code: 104, byteAt: cursor.at };
}

/** The headers' own bytes, once they are found sound. */
function readHeaders(fields: Cursor): string {
  const from = fields.at;
  const count = fields.varint(5, 200);
  if (count < 0n || count > BigInt(fields.end - fields.at)) throw new Fault(203);
  for (let index = 0n; index < count; index++) {
    const keyLength = fields.varint(5, 200);
    if (keyLength < 0n) throw new Fault(204);
    fields.take(keyLength, 204);
    const valueLength = fields.varint(5, 200);
    if (valueLength >= 0n) fields.take(valueLength, 204);
  }
  if (fields.at !== fields.end) throw new Fault(205);
  return fields.bytes.toString("hex", from, fields.at);
}
