import {
  ATTRIBUTE_LOG_APPEND_TIME,
  ATTRIBUTE_TRANSACTIONAL,
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  CRC_AT,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LENGTH_OVERHEAD,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  RECORDS_AT,
} from "../../kernels/abi/record-batch-v2.ts";
import { crc32c } from "./crc32c.ts";
import { VarintReader, varintBytes, varlongBytes, writeVarint, writeVarlong } from "./varint.ts";

/**
 * Uncompressed record batches (v2), record by record: for what needs records as objects, such as librdkafka's binding,
 * tests and tools. What is hot passes the kernels instead.
 */
export interface CodedRecord {
  /** From the batch's base offset. */
  readonly offsetDelta: number;
  /** Milliseconds since the epoch, a whole number. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly CodedHeader[];
}

export interface CodedHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** Who wrote a batch; absent: a producer without idempotence. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
  readonly transactional: boolean;
}

const NOBODY: BatchProducer = { producerId: -1n, epoch: -1, sequence: -1, transactional: false };
const NO_LEADER_EPOCH = -1;

/** One batch of these records, in this order; one record at least. */
export function encodeBatch(records: readonly CodedRecord[], baseOffset = 0n, producer = NOBODY): Buffer {
  const baseTimestamp = records[0]!.timestamp;
  let maxTimestamp = baseTimestamp;
  let bytes = RECORDS_AT;
  const lengths = new Int32Array(records.length);
  for (const [index, record] of records.entries()) {
    const length = recordBytes(record, record.timestamp - baseTimestamp);
    lengths[index] = length;
    bytes += varintBytes(length) + length;
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp;
  }
  const batch = Buffer.allocUnsafe(bytes);
  let at = RECORDS_AT;
  for (const [index, record] of records.entries()) {
    at = writeVarint(batch, at, lengths[index]!);
    at = writeRecord(batch, at, record, record.timestamp - baseTimestamp);
  }
  batch.writeBigInt64BE(baseOffset, BASE_OFFSET_AT);
  batch.writeInt32BE(bytes - LENGTH_OVERHEAD, LENGTH_AT);
  batch.writeInt32BE(NO_LEADER_EPOCH, LENGTH_OVERHEAD);
  batch[MAGIC_AT] = MAGIC_V2;
  batch.writeInt16BE(producer.transactional ? ATTRIBUTE_TRANSACTIONAL : 0, ATTRIBUTES_AT);
  batch.writeInt32BE(records.at(-1)!.offsetDelta, LAST_OFFSET_DELTA_AT);
  batch.writeBigInt64BE(BigInt(baseTimestamp), BASE_TIMESTAMP_AT);
  batch.writeBigInt64BE(BigInt(maxTimestamp), MAX_TIMESTAMP_AT);
  batch.writeBigInt64BE(producer.producerId, PRODUCER_ID_AT);
  batch.writeInt16BE(producer.epoch, PRODUCER_EPOCH_AT);
  batch.writeInt32BE(producer.sequence, BASE_SEQUENCE_AT);
  batch.writeInt32BE(records.length, RECORD_COUNT_AT);
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES_AT), CRC_AT);
  return batch;
}

/** The records of one whole uncompressed batch, in place: keys, values and headers are views of its bytes. */
export function decodeBatch(batch: Buffer): CodedRecord[] {
  const baseTimestamp = Number(batch.readBigInt64BE(BASE_TIMESTAMP_AT));
  const isAppendTime = (batch.readInt16BE(ATTRIBUTES_AT) & ATTRIBUTE_LOG_APPEND_TIME) !== 0;
  const appendTime = isAppendTime ? Number(batch.readBigInt64BE(MAX_TIMESTAMP_AT)) : undefined;
  const reader = new VarintReader(batch, RECORDS_AT, batch.length);
  const records: CodedRecord[] = [];
  for (let left = batch.readInt32BE(RECORD_COUNT_AT); left > 0; left--) {
    reader.number(); // length
    reader.at++; // attributes
    const timestamp = appendTime ?? baseTimestamp;
    const delta = reader.long();
    const offsetDelta = reader.number();
    const key = readPart(reader);
    const value = readPart(reader);
    const headers = readHeaders(reader);
    records.push({
      offsetDelta,
      timestamp: isAppendTime ? timestamp : timestamp + delta,
      key,
      value,
      headers,
    });
  }
  return records;
}

const NONE: readonly CodedHeader[] = [];

function readHeaders(reader: VarintReader): readonly CodedHeader[] {
  let left = reader.number();
  if (left === 0) return NONE;
  const headers: CodedHeader[] = [];
  for (; left > 0; left--) headers.push({ key: readPart(reader)!.toString(), value: readPart(reader) });
  return headers;
}

/** A length, then as many bytes; null where the length is -1. */
function readPart(reader: VarintReader): Buffer | null {
  const length = reader.number();
  if (length < 0) return null;
  const part = reader.bytes.subarray(reader.at, reader.at + length);
  reader.at += length;
  return part;
}

/** What stands behind a record's own length. */
function recordBytes({ offsetDelta, key, value, headers }: CodedRecord, timestampDelta: number): number {
  let bytes = 1 + varlongBytes(timestampDelta) + varintBytes(offsetDelta) + partBytes(key) + partBytes(value);
  bytes += varintBytes(headers.length);
  for (const header of headers) {
    const keyBytes = Buffer.byteLength(header.key);
    bytes += varintBytes(keyBytes) + keyBytes + partBytes(header.value);
  }
  return bytes;
}

function partBytes(part: Buffer | null): number {
  return part === null ? 1 : varintBytes(part.length) + part.length;
}

function writeRecord(target: Buffer, from: number, record: CodedRecord, timestampDelta: number): number {
  let at = from;
  target[at++] = 0; // attributes
  at = writeVarlong(target, at, timestampDelta);
  at = writeVarint(target, at, record.offsetDelta);
  at = writePart(target, at, record.key);
  at = writePart(target, at, record.value);
  at = writeVarint(target, at, record.headers.length);
  for (const { key, value } of record.headers) {
    at = writeVarint(target, at, Buffer.byteLength(key));
    at += target.write(key, at);
    at = writePart(target, at, value);
  }
  return at;
}

function writePart(target: Buffer, at: number, part: Buffer | null): number {
  if (part === null) return writeVarint(target, at, -1);
  const next = writeVarint(target, at, part.length);
  return next + part.copy(target, next);
}
