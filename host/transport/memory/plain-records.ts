import {
  ATTRIBUTE_CODEC_MASK,
  ATTRIBUTE_CONTROL,
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
} from "../../../kernels/abi/record-batch-v2.ts";
import { type BatchProducer, decodeBatch, encodeBatch } from "../batch-codec.ts";

/** A record as tests and the quick start hand it over. Strings are UTF-8. */
export interface PlainRecord {
  readonly key?: Buffer | string | null;
  readonly value: Buffer | string | null;
  /** Milliseconds since the epoch; without it, the broker's clock. */
  readonly timestamp?: number;
  readonly headers?: readonly PlainHeader[];
}

/** A header of a record. Strings are UTF-8; order and repeated keys are kept. */
export interface PlainHeader {
  readonly key: string;
  readonly value: Buffer | string | null;
}

/** A record as it stands in the log. */
export interface StoredRecord {
  readonly offset: bigint;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
}

/** One uncompressed record batch, for tests and tools; nothing for no records. */
export function encodeRecords(
  records: readonly PlainRecord[],
  nowMs: number,
  producer?: BatchProducer,
): Buffer {
  const coded = records.map(({ key, value, timestamp, headers }, offsetDelta) => ({
    offsetDelta,
    timestamp: timestamp ?? nowMs,
    key: bytesOf(key ?? null),
    value: bytesOf(value),
    headers: (headers ?? []).map((header) => ({ key: header.key, value: bytesOf(header.value) })),
  }));
  return coded.length === 0 ? Buffer.alloc(0) : encodeBatch(coded, 0n, producer);
}

/** The records of one whole batch, copied; none for control batches and compressed ones. */
export function decodeRecords(batch: Buffer): StoredRecord[] {
  const attributes = batch.readInt16BE(ATTRIBUTES_AT);
  if ((attributes & (ATTRIBUTE_CONTROL | ATTRIBUTE_CODEC_MASK)) !== 0) return [];
  const baseOffset = batch.readBigInt64BE(BASE_OFFSET_AT);
  return decodeBatch(Buffer.from(batch)).map(({ offsetDelta, timestamp, key, value, headers }) => ({
    offset: baseOffset + BigInt(offsetDelta),
    timestamp,
    key,
    value,
    headers,
  }));
}

function bytesOf(part: Buffer | string | null): Buffer | null {
  return typeof part === "string" ? Buffer.from(part) : part;
}
