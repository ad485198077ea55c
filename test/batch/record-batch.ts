import { writeHeaders } from "../../host/batch/headers.ts";
import type { RecordHeader } from "../../host/batch/record-header.ts";
import { crc32c } from "../../host/transport/crc32c.ts";
import { varintBytes, writeVarint } from "../../host/transport/varint.ts";
import {
  ATTRIBUTE_CODEC_MASK,
  ATTRIBUTE_CONTROL,
  ATTRIBUTE_DELETE_HORIZON,
  ATTRIBUTE_LOG_APPEND_TIME,
  ATTRIBUTE_TRANSACTIONAL,
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  CRC_AT,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  LENGTH_MIN,
  LENGTH_OVERHEAD,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  RECORDS_AT,
} from "../../kernels/abi/record-batch-v2.ts";
import { varlongBytes, writeVarlong } from "./varlong.ts";

/** A record, as JavaScript holds it. */
export interface KafkaRecord {
  /** Milliseconds since the epoch; -1: none. */
  readonly timestamp: bigint;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly RecordHeader[];
  /** From the batch's base offset. Default: the record's index. */
  readonly offsetDelta?: number;
}

/** Fields of a record batch's header that a writer chooses; the others follow from the records. */
export interface RecordBatchHead {
  readonly baseOffset?: bigint;
  readonly partitionLeaderEpoch?: number;
  readonly producerId?: bigint;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly transactional?: boolean;
  readonly control?: boolean;
  /** LogAppendTime: every record has the batch's maxTimestamp. */
  readonly logAppendTime?: boolean;
  /** Sets the delete horizon (KIP-534), which takes the place of the base timestamp. */
  readonly deleteHorizonMs?: bigint;
  /** Default: that of the records. */
  readonly baseTimestamp?: bigint;
  readonly maxTimestamp?: bigint;
  /** Default: that of the records. Compaction leaves a larger one. */
  readonly lastOffsetDelta?: number;
}

/** Writes records as one uncompressed record batch (v2). In plain JavaScript: for tools, tests and few records. */
export function encodeRecordBatch(records: readonly KafkaRecord[], head: RecordBatchHead = {}): Buffer {
  const baseTimestamp = head.deleteHorizonMs ?? head.baseTimestamp ?? records[0]?.timestamp ?? -1n;
  const bodies = records.map((record, index) => encodeRecord(record, index, baseTimestamp));
  const batch = Buffer.concat([Buffer.alloc(RECORDS_AT), ...bodies]);
  const last = records.at(-1);
  let maxTimestamp = -1n;
  for (const { timestamp } of records) if (timestamp > maxTimestamp) maxTimestamp = timestamp;
  batch.writeBigInt64BE(head.baseOffset ?? 0n, BASE_OFFSET_AT);
  batch.writeInt32BE(batch.length - LENGTH_OVERHEAD, LENGTH_AT);
  batch.writeInt32BE(head.partitionLeaderEpoch ?? -1, LEADER_EPOCH_AT);
  batch.writeUInt8(MAGIC_V2, MAGIC_AT);
  batch.writeUInt16BE(attributesOf(head), ATTRIBUTES_AT);
  batch.writeInt32BE(head.lastOffsetDelta ?? last?.offsetDelta ?? records.length - 1, LAST_OFFSET_DELTA_AT);
  batch.writeBigInt64BE(baseTimestamp, BASE_TIMESTAMP_AT);
  batch.writeBigInt64BE(head.maxTimestamp ?? maxTimestamp, MAX_TIMESTAMP_AT);
  batch.writeBigInt64BE(head.producerId ?? -1n, PRODUCER_ID_AT);
  batch.writeInt16BE(head.producerEpoch ?? -1, PRODUCER_EPOCH_AT);
  batch.writeInt32BE(head.baseSequence ?? -1, BASE_SEQUENCE_AT);
  batch.writeInt32BE(records.length, RECORD_COUNT_AT);
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES_AT, batch.length), CRC_AT);
  return batch;
}

function attributesOf(head: RecordBatchHead): number {
  return (
    (head.logAppendTime ? ATTRIBUTE_LOG_APPEND_TIME : 0) |
    (head.transactional ? ATTRIBUTE_TRANSACTIONAL : 0) |
    (head.control ? ATTRIBUTE_CONTROL : 0) |
    (head.deleteHorizonMs === undefined ? 0 : ATTRIBUTE_DELETE_HORIZON)
  );
}

function encodeRecord(record: KafkaRecord, index: number, baseTimestamp: bigint): Buffer {
  const { key, value, timestamp, headers = [], offsetDelta = index } = record;
  const rawHeaders = writeHeaders(headers);
  const timestampDelta = BigInt.asIntN(64, timestamp - baseTimestamp);
  const keyLength = key?.length ?? -1;
  const valueLength = value?.length ?? -1;
  const length =
    1 +
    varlongBytes(timestampDelta) +
    varintBytes(offsetDelta) +
    varintBytes(keyLength) +
    (key?.length ?? 0) +
    varintBytes(valueLength) +
    (value?.length ?? 0) +
    rawHeaders.length;
  const target = Buffer.alloc(varintBytes(length) + length);
  let at = writeVarint(target, 0, length) + 1; // then the attributes, 0
  at = writeVarlong(target, at, timestampDelta);
  at = writeVarint(target, at, offsetDelta);
  at = writePart(target, at, key);
  at = writePart(target, at, value);
  target.set(rawHeaders, at);
  return target;
}

function writePart(target: Buffer, at: number, part: Uint8Array | null): number {
  const next = writeVarint(target, at, part?.length ?? -1);
  if (part !== null) target.set(part, next);
  return next + (part?.length ?? 0);
}

/** A record batch's header, and where its records are. */
export interface RecordBatchHeader {
  readonly baseOffset: bigint;
  readonly partitionLeaderEpoch: number;
  readonly magic: number;
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly count: number;
  /** Where the batch begins and ends, in bytes. */
  readonly byteOffset: number;
  readonly byteEnd: number;
  readonly compressed: boolean;
  readonly control: boolean;
}

/**
 * The header of the record batch that begins at `at`; undefined: the bytes end before the batch does.
 * A magic other than 2 leaves all fields but baseOffset, magic and byteEnd meaningless.
 */
export function readBatchHeader(bytes: Buffer, at: number): RecordBatchHeader | undefined {
  if (bytes.length - at < LENGTH_OVERHEAD + LENGTH_MIN) return undefined;
  const byteEnd = at + LENGTH_OVERHEAD + bytes.readInt32BE(at + LENGTH_AT);
  if (byteEnd > bytes.length || byteEnd < at + RECORDS_AT) return undefined;
  const attributes = bytes.readUInt16BE(at + ATTRIBUTES_AT);
  return {
    baseOffset: bytes.readBigInt64BE(at + BASE_OFFSET_AT),
    partitionLeaderEpoch: bytes.readInt32BE(at + LEADER_EPOCH_AT),
    magic: bytes.readUInt8(at + MAGIC_AT),
    crc: bytes.readUInt32BE(at + CRC_AT),
    attributes,
    lastOffsetDelta: bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT),
    baseTimestamp: bytes.readBigInt64BE(at + BASE_TIMESTAMP_AT),
    maxTimestamp: bytes.readBigInt64BE(at + MAX_TIMESTAMP_AT),
    producerId: bytes.readBigInt64BE(at + PRODUCER_ID_AT),
    producerEpoch: bytes.readInt16BE(at + PRODUCER_EPOCH_AT),
    baseSequence: bytes.readInt32BE(at + BASE_SEQUENCE_AT),
    count: bytes.readInt32BE(at + RECORD_COUNT_AT),
    byteOffset: at,
    byteEnd,
    compressed: (attributes & ATTRIBUTE_CODEC_MASK) !== 0,
    control: (attributes & ATTRIBUTE_CONTROL) !== 0,
  };
}
