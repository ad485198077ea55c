import {
  KIND_RECORD,
  KIND_REFUSED,
  RECORD_BYTES_AT,
  RECORD_HEAD_BYTES,
  RECORD_HEADERS_AT,
  RECORD_KEY_AT,
  RECORD_KIND_AT,
  RECORD_ROW_AT,
  RECORD_TIMESTAMP_AT,
  RECORD_VALUE_AT,
  RECORDS_BYTES_AT,
  RECORDS_COUNT_AT,
  RECORDS_FIRST_AT,
} from "../../kernels/abi/foreign.ts";
import type { BatchView } from "../batch/batch-view.ts";
import { readHeaders, writeHeaders } from "../batch/headers.ts";
import { PeridotError } from "../errors.ts";

/** A record that a module of another language gives back. Copies. */
export interface ForeignRecord {
  readonly row: number;
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** undefined: those of the row. */
  readonly headers: Uint8Array | undefined;
  /** The row is refused, for this reason. */
  readonly refusal: string | undefined;
}

/** Rows of a batch as RECORDS (kernels/abi/foreign.ts). */
export function writeRecords(batch: BatchView, rows: Uint32Array): Buffer {
  let bytes = RECORDS_FIRST_AT;
  for (const row of rows) bytes += recordBytes(batch, row);
  const target = Buffer.alloc(bytes);
  target.writeUInt32LE(bytes, RECORDS_BYTES_AT);
  target.writeUInt32LE(rows.length, RECORDS_COUNT_AT);
  let at = RECORDS_FIRST_AT;
  for (const row of rows) at = writeRecord(target, at, batch, row);
  return target;
}

function recordBytes(batch: BatchView, row: number): number {
  const parts =
    Math.max(0, batch.keyLength(row)) + Math.max(0, batch.valueLength(row)) + batch.rawHeaders(row).length;
  return (RECORD_HEAD_BYTES + parts + 7) & ~7;
}

function writeRecord(target: Buffer, at: number, batch: BatchView, row: number): number {
  const bytes = recordBytes(batch, row);
  const headers = batch.rawHeaders(row);
  target.writeUInt32LE(bytes, at + RECORD_BYTES_AT);
  target.writeUInt32LE(row, at + RECORD_ROW_AT);
  target.writeBigInt64LE(batch.timestampBigint(row), at + RECORD_TIMESTAMP_AT);
  target.writeInt32LE(batch.keyLength(row), at + RECORD_KEY_AT);
  target.writeInt32LE(batch.valueLength(row), at + RECORD_VALUE_AT);
  target.writeInt32LE(headers.length, at + RECORD_HEADERS_AT);
  target.writeUInt32LE(KIND_RECORD, at + RECORD_KIND_AT);
  let part = at + RECORD_HEAD_BYTES;
  for (const bytesOfPart of [batch.key(row), batch.value(row), headers]) {
    if (bytesOfPart === null) continue;
    target.set(bytesOfPart, part);
    part += bytesOfPart.length;
  }
  return at + bytes;
}

/**
 * Reads RECORDS that a module has written: everything in them is checked.
 *
 * @param rows of the batch. @throws PeridotError SERDE_REFUSED: something is out of bounds.
 */
export function readRecords(bytes: Buffer, rows: number): ForeignRecord[] {
  const end = bytes.readUInt32LE(RECORDS_BYTES_AT);
  const count = bytes.readUInt32LE(RECORDS_COUNT_AT);
  must(end <= bytes.length, `RECORDS of ${end} bytes reach beyond memory`);
  const records: ForeignRecord[] = [];
  let at = RECORDS_FIRST_AT;
  let before = 0;
  for (let index = 0; index < count; index++) {
    must(at + RECORD_HEAD_BYTES <= end, `RECORD ${index} of ${count} begins beyond the end`);
    const length = bytes.readUInt32LE(at + RECORD_BYTES_AT);
    const row = bytes.readUInt32LE(at + RECORD_ROW_AT);
    must(length % 8 === 0 && at + length <= end, `RECORD ${index} has ${length} bytes`);
    must(
      row < rows && row >= before,
      `RECORD ${index} is of row ${row}: rows never fall, and are the batch's`,
    );
    records.push(readRecord(bytes.subarray(at, at + length), row, index));
    before = row;
    at += length;
  }
  return records;
}

function readRecord(bytes: Buffer, row: number, index: number): ForeignRecord {
  let at = RECORD_HEAD_BYTES;
  const part = (lengthAt: number): Buffer | null => {
    const length = bytes.readInt32LE(lengthAt);
    must(length >= -1 && at + length <= bytes.length, `RECORD ${index} has a part of ${length} bytes`);
    if (length < 0) return null;
    at += length;
    return Buffer.from(bytes.subarray(at - length, at));
  };
  const kind = bytes.readUInt32LE(RECORD_KIND_AT);
  must(kind === KIND_RECORD || kind === KIND_REFUSED, `RECORD ${index} is of kind ${kind}`);
  const timestamp = bytes.readBigInt64LE(RECORD_TIMESTAMP_AT);
  const key = part(RECORD_KEY_AT);
  const value = part(RECORD_VALUE_AT);
  const headers = part(RECORD_HEADERS_AT);
  const refusal = kind === KIND_REFUSED ? String(value ?? "") : undefined;
  return {
    row,
    timestamp,
    key,
    value,
    headers: headers === null ? undefined : sound(headers, index),
    refusal,
  };
}

/** Headers go into record batches as they are: they are read through once. */
function sound(headers: Buffer, index: number): Uint8Array {
  try {
    return writeHeaders(readHeaders(headers));
  } catch (error) {
    const problem = `RECORD ${index} has headers that cannot be read`;
    throw new PeridotError("SERDE_REFUSED", { serde: "kernels/ABI.md", problem }, error);
  }
}

function must(holds: boolean, problem: string): void {
  if (!holds) throw new PeridotError("SERDE_REFUSED", { serde: "kernels/ABI.md", problem });
}
