import { readHeaders } from "../../host/batch/headers.ts";
import type { RecordHeader } from "../../host/batch/record-header.ts";
import { crc32c } from "../../host/transport/crc32c.ts";
import { VarintReader } from "../../host/transport/varint.ts";
import {
  ATTRIBUTE_LOG_APPEND_TIME,
  ATTRIBUTES_AT,
  MAGIC_V2,
  RECORDS_AT,
} from "../../kernels/abi/record-batch-v2.ts";
import { type RecordBatchHeader, readBatchHeader } from "./record-batch.ts";
import { readVarlong } from "./varlong.ts";

/** A record read back, with its own copy of its bytes. */
export interface ReadRecord {
  readonly offset: bigint;
  /** Milliseconds since the epoch; the batch's maxTimestamp under LogAppendTime. */
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

export interface ReadBatch {
  readonly header: RecordBatchHeader;
  readonly records: readonly ReadRecord[];
}

/**
 * Reads uncompressed record batches (v2), control batches included, in plain JavaScript: for tools, tests and few
 * records. A batch that is cut off at the end is left alone. Throws RangeError.
 */
export function readRecordBatches(bytes: Buffer): ReadBatch[] {
  const batches: ReadBatch[] = [];
  for (let at = 0; ; ) {
    const header = readBatchHeader(bytes, at);
    if (header === undefined) return batches;
    batches.push({ header, records: readRecords(bytes, header) });
    at = header.byteEnd;
  }
}

function readRecords(bytes: Buffer, header: RecordBatchHeader): ReadRecord[] {
  const { byteOffset, byteEnd, count } = header;
  if (header.magic !== MAGIC_V2) throw malformed(byteOffset, `magic ${header.magic} instead of 2`);
  if (header.compressed) throw malformed(byteOffset, "a compressed record batch");
  if (crc32c(bytes, byteOffset + ATTRIBUTES_AT, byteEnd) !== header.crc)
    throw malformed(byteOffset, "a wrong CRC");
  const records: ReadRecord[] = [];
  let at = byteOffset + RECORDS_AT;
  for (let index = 0; index < count; index++) {
    const reader = new VarintReader(bytes, at, byteEnd);
    const length = reader.number();
    if (reader.at < 0 || length < 0 || length > reader.left) throw malformed(at, "a record's length");
    const next = reader.at + length;
    records.push(readRecord(new VarintReader(bytes, reader.at, next), next, header));
    at = next;
  }
  if (at !== byteEnd) throw malformed(at, "bytes behind the last record");
  return records;
}

function readRecord(reader: VarintReader, end: number, header: RecordBatchHeader): ReadRecord {
  const start = reader.at;
  reader.at += 1; // attributes
  const timestampDelta = readVarlong(reader.bytes.subarray(0, end), reader.at);
  if (timestampDelta === undefined) throw malformed(start, "a record's timestamp");
  reader.at = timestampDelta.next;
  const offsetDelta = reader.number();
  const key = readPart(reader);
  const value = readPart(reader);
  if (reader.at < 0) throw malformed(start, "a record's fields");
  return {
    offset: header.baseOffset + BigInt(offsetDelta),
    timestamp:
      header.attributes & ATTRIBUTE_LOG_APPEND_TIME
        ? header.maxTimestamp
        : BigInt.asIntN(64, header.baseTimestamp + timestampDelta.value),
    key,
    value,
    headers: readHeaders(reader.bytes.subarray(reader.at, end)),
  };
}

function readPart(reader: VarintReader): Buffer | null {
  const length = reader.number();
  if (reader.at < 0 || length < 0) return null;
  if (length > reader.left) {
    reader.at = -1;
    return null;
  }
  const part = Buffer.from(reader.bytes.subarray(reader.at, reader.at + length));
  reader.at += length;
  return part;
}

function malformed(byteAt: number, problem: string): RangeError {
  return new RangeError(`record batches cannot be read: ${problem} at byte ${byteAt}`);
}
