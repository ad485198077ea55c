import { crc32c } from "../../host/transport/crc32c.ts";
import { murmur2 } from "../lib/partition.ts";
import { FLUSH_BYTES, lowerCase, PARTITIONS, type Path } from "./path.ts";

/** Byte positions in a record batch (v2) that this path needs. */
const LENGTH_AT = 8;
const CRC_AT = 17;
const COVERED_AT = 21;
const BASE_TIMESTAMP_AT = 27;
const COUNT_AT = 57;
const RECORDS_AT = 61;

interface OpenBatch {
  bytes: Buffer;
  at: number;
  records: number;
  baseTimestamp: number;
  maxTimestamp: number;
}

/**
 * The same job by hand in plain JavaScript, as fast as it goes: record batches decoded with CRC check, JSON.parse,
 * the user's function, JSON.stringify, murmur2, record batches encoded, CRC. Numbers instead of bigints.
 */
export function plainPath(): Path {
  const open = Array.from({ length: PARTITIONS }, newBatch);
  let at = 0;
  let openBytes = 0;
  let finished = 0;

  function readVarint(bytes: Buffer): number {
    let byte = bytes[at++]!;
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
    let raw = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      byte = bytes[at++]!;
      raw |= (byte & 127) << shift;
    }
    return (raw >>> 1) ^ -(raw & 1);
  }

  function append(fetched: Buffer, keyAt: number, keyLength: number, json: string, timestamp: number): void {
    const hash = murmur2(fetched.subarray(keyAt, keyAt + keyLength));
    const batch = open[(hash & 0x7fffffff) % PARTITIONS]!;
    const valueLength = Buffer.byteLength(json);
    if (batch.at + keyLength + valueLength + 64 > batch.bytes.length) batch.bytes = widened(batch.bytes);
    if (batch.records === 0) batch.baseTimestamp = batch.maxTimestamp = timestamp;
    else if (timestamp > batch.maxTimestamp) batch.maxTimestamp = timestamp;
    const delta = timestamp - batch.baseTimestamp;
    const length =
      2 + // attributes and the number of headers, one byte each
      varintBytes(delta) +
      varintBytes(batch.records) +
      varintBytes(keyLength) +
      keyLength +
      varintBytes(valueLength) +
      valueLength;
    const { bytes } = batch;
    const start = batch.at;
    let to = writeVarint(bytes, start, length);
    bytes[to++] = 0;
    to = writeVarint(bytes, to, delta);
    to = writeVarint(bytes, to, batch.records);
    to = writeVarint(bytes, to, keyLength);
    for (let index = 0; index < keyLength; index++) bytes[to++] = fetched[keyAt + index]!;
    to = writeVarint(bytes, to, valueLength);
    to += bytes.write(json, to, valueLength);
    bytes[to++] = 0;
    batch.at = to;
    batch.records++;
    openBytes += to - start;
  }

  function finishAll(): void {
    for (const batch of open) {
      if (batch.records === 0) continue;
      finished += finish(batch).length;
      batch.at = RECORDS_AT;
      batch.records = 0;
    }
    openBytes = 0;
  }

  return {
    push(fetched) {
      const end = LENGTH_AT + 4 + fetched.readInt32BE(LENGTH_AT);
      if (crc32c(fetched, COVERED_AT, end) !== fetched.readUInt32BE(CRC_AT))
        throw new RangeError("wrong CRC");
      const records = fetched.readInt32BE(COUNT_AT);
      const baseTimestamp = Number(fetched.readBigInt64BE(BASE_TIMESTAMP_AT));
      at = RECORDS_AT;
      for (let index = 0; index < records; index++) {
        const length = readVarint(fetched);
        const next = at + length;
        at++; // attributes
        const timestamp = baseTimestamp + readVarint(fetched);
        readVarint(fetched); // offset delta
        const keyLength = readVarint(fetched);
        const keyAt = at;
        at += keyLength;
        const valueLength = readVarint(fetched);
        const value = JSON.parse(fetched.toString("utf8", at, at + valueLength));
        append(fetched, keyAt, keyLength, JSON.stringify(lowerCase(value)), timestamp);
        at = next;
      }
      if (openBytes >= FLUSH_BYTES) finishAll();
      return records;
    },
    flush() {
      finishAll();
      const bytes = finished;
      finished = 0;
      return bytes;
    },
  };
}

function newBatch(): OpenBatch {
  return { bytes: Buffer.alloc(65536), at: RECORDS_AT, records: 0, baseTimestamp: 0, maxTimestamp: 0 };
}

function widened(bytes: Buffer): Buffer {
  const larger = Buffer.alloc(2 * bytes.length);
  bytes.copy(larger);
  return larger;
}

function finish({ bytes, at, records, baseTimestamp, maxTimestamp }: OpenBatch): Buffer {
  bytes.fill(0, 0, RECORDS_AT);
  bytes.writeInt32BE(at - LENGTH_AT - 4, LENGTH_AT);
  bytes.writeInt32BE(-1, 12);
  bytes.writeUInt8(2, 16);
  bytes.writeInt32BE(records - 1, 23);
  bytes.writeBigInt64BE(BigInt(baseTimestamp), BASE_TIMESTAMP_AT);
  bytes.writeBigInt64BE(BigInt(maxTimestamp), 35);
  bytes.fill(0xff, 43, COUNT_AT);
  bytes.writeInt32BE(records, COUNT_AT);
  bytes.writeUInt32BE(crc32c(bytes, COVERED_AT, at), CRC_AT);
  return Buffer.from(bytes.subarray(0, at));
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let raw = ((value << 1) ^ (value >> 31)) >>> 0; raw > 127; raw >>>= 7) bytes++;
  return bytes;
}

function writeVarint(target: Buffer, start: number, value: number): number {
  let to = start;
  let raw = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; raw > 127; raw >>>= 7) target[to++] = (raw & 127) | 128;
  target[to++] = raw;
  return to;
}
