import {
  ATTRIBUTE_CODEC_MASK,
  ATTRIBUTE_CONTROL,
  ATTRIBUTE_LOG_APPEND_TIME,
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LENGTH_OVERHEAD,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  RECORDS_AT,
} from "../../../kernels/abi/record-batch-v2.ts";
import { NO_PRODUCER_ID, NO_SEQUENCE, stampChecksum } from "./stored-batch.ts";

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

/** Who wrote a batch; absent: a producer without idempotence. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
  readonly transactional: boolean;
}

/**
 * One uncompressed record batch, for tests and tools: plain and slow, beside the kernels that do it for a living.
 * Each record: zigzag varints of length, attributes (one byte), timestamp delta, offset delta, key, value, headers.
 */
export function encodeRecords(
  records: readonly PlainRecord[],
  nowMs: number,
  producer?: BatchProducer,
): Buffer {
  const times = records.map(({ timestamp }) => timestamp ?? nowMs);
  const baseTimestamp = times[0] ?? nowMs;
  const bodies = records.map((record, index) => encodeRecord(record, times[index]! - baseTimestamp, index));
  const batch = Buffer.concat([Buffer.alloc(RECORDS_AT), ...bodies]);
  batch.writeInt32BE(batch.length - LENGTH_OVERHEAD, LENGTH_AT);
  batch[MAGIC_AT] = 2;
  batch.writeInt16BE(producer?.transactional ? 0x10 : 0, ATTRIBUTES_AT);
  batch.writeInt32BE(records.length - 1, LAST_OFFSET_DELTA_AT);
  batch.writeBigInt64BE(BigInt(baseTimestamp), BASE_TIMESTAMP_AT);
  batch.writeBigInt64BE(BigInt(Math.max(baseTimestamp, ...times)), MAX_TIMESTAMP_AT);
  batch.writeBigInt64BE(producer?.producerId ?? NO_PRODUCER_ID, PRODUCER_ID_AT);
  batch.writeInt16BE(producer?.epoch ?? -1, PRODUCER_EPOCH_AT);
  batch.writeInt32BE(producer?.sequence ?? NO_SEQUENCE, BASE_SEQUENCE_AT);
  batch.writeInt32BE(records.length, RECORD_COUNT_AT);
  stampChecksum(batch);
  return batch;
}

/** The records of one whole batch; none for control batches and compressed ones. */
export function decodeRecords(batch: Buffer): StoredRecord[] {
  const attributes = batch.readInt16BE(ATTRIBUTES_AT);
  if ((attributes & (ATTRIBUTE_CONTROL | ATTRIBUTE_CODEC_MASK)) !== 0) return [];
  const baseOffset = batch.readBigInt64BE(BASE_OFFSET_AT);
  const baseTimestamp = Number(batch.readBigInt64BE(BASE_TIMESTAMP_AT));
  const appendTime =
    attributes & ATTRIBUTE_LOG_APPEND_TIME ? Number(batch.readBigInt64BE(MAX_TIMESTAMP_AT)) : undefined;
  const reader = new VarintReader(batch, RECORDS_AT);
  return Array.from({ length: batch.readInt32BE(RECORD_COUNT_AT) }, () => {
    reader.varint(); // length
    reader.skip(1); // attributes
    const timestamp = baseTimestamp + reader.varint();
    const offset = baseOffset + BigInt(reader.varint());
    const key = reader.bytes();
    const value = reader.bytes();
    const headers = Array.from({ length: reader.varint() }, () => ({
      key: reader.bytes()!.toString(),
      value: reader.bytes(),
    }));
    return { offset, timestamp: appendTime ?? timestamp, key, value, headers };
  });
}

function encodeRecord(record: PlainRecord, timestampDelta: number, offsetDelta: number): Buffer {
  const headers = record.headers ?? [];
  const body = Buffer.concat([
    Buffer.alloc(1),
    varint(timestampDelta),
    varint(offsetDelta),
    sized(record.key ?? null),
    sized(record.value),
    varint(headers.length),
    ...headers.flatMap(({ key, value }) => [sized(key), sized(value)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function sized(bytes: Buffer | string | null): Buffer {
  if (bytes === null) return varint(-1);
  const buffer = Buffer.from(bytes as Buffer);
  return Buffer.concat([varint(buffer.length), buffer]);
}

/** Zigzag, seven bits a byte, lowest first; any number that a double holds exactly. */
function varint(value: number): Buffer {
  let rest = value >= 0 ? BigInt(value) * 2n : BigInt(value) * -2n - 1n;
  const bytes: number[] = [];
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

class VarintReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  skip(count: number): void {
    this.#at += count;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A length, then as many bytes; null where the length is -1. */
  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const bytes = Buffer.from(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return bytes;
  }
}
