import {
  ATTRIBUTE_CONTROL,
  ATTRIBUTE_LOG_APPEND_TIME,
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  CRC_AT,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  LENGTH_OVERHEAD,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  RECORDS_AT,
} from "../../../kernels/abi/record-batch-v2.ts";
import { crc32c } from "../crc32c.ts";

export const NO_PRODUCER_ID = -1n;
export const NO_SEQUENCE = -1;

/** What the broker reads of a batch; it never looks at records. Positions in bytes, offsets absolute. */
export interface BatchHead {
  readonly at: number;
  readonly bytes: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly maxTimestamp: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly count: number;
}

export function readBatchHead(records: Buffer, at: number): BatchHead {
  return {
    at,
    bytes: LENGTH_OVERHEAD + records.readInt32BE(at + LENGTH_AT),
    attributes: records.readInt16BE(at + ATTRIBUTES_AT),
    lastOffsetDelta: records.readInt32BE(at + LAST_OFFSET_DELTA_AT),
    maxTimestamp: Number(records.readBigInt64BE(at + MAX_TIMESTAMP_AT)),
    producerId: records.readBigInt64BE(at + PRODUCER_ID_AT),
    producerEpoch: records.readInt16BE(at + PRODUCER_EPOCH_AT),
    baseSequence: records.readInt32BE(at + BASE_SEQUENCE_AT),
    count: records.readInt32BE(at + RECORD_COUNT_AT),
  };
}

/** What is wrong with the bytes of a produce request, or undefined. Heads only; `checksums`: the CRC as well. */
export function faultOfBatches(records: Buffer, checksums: boolean): "corrupt" | "invalid" | undefined {
  let at = 0;
  while (at < records.length) {
    if (records.length - at < RECORDS_AT) return "corrupt";
    const { bytes, attributes, lastOffsetDelta, count } = readBatchHead(records, at);
    if (bytes < RECORDS_AT || at + bytes > records.length) return "corrupt";
    if (records[at + MAGIC_AT] !== MAGIC_V2) return "invalid";
    if (checksums && records.readUInt32BE(at + CRC_AT) !== checksumOf(records, at, bytes)) return "corrupt";
    if ((attributes & ATTRIBUTE_CONTROL) !== 0) return "invalid"; // clients never write these
    if (count <= 0 || count !== lastOffsetDelta + 1) return "invalid";
    at += bytes;
  }
  return at === 0 ? "invalid" : undefined;
}

/** Base offset and leader epoch, as the leader sets them. */
export function stampPosition(batch: Buffer, baseOffset: number, leaderEpoch: number): void {
  batch.writeBigInt64BE(BigInt(baseOffset), BASE_OFFSET_AT);
  batch.writeInt32BE(leaderEpoch, LEADER_EPOCH_AT);
}

/** message.timestamp.type=LogAppendTime (Kafka: LogValidator.java): one time for the whole batch, CRC made anew. */
export function stampAppendTime(batch: Buffer, nowMs: number): void {
  batch.writeInt16BE(batch.readInt16BE(ATTRIBUTES_AT) | ATTRIBUTE_LOG_APPEND_TIME, ATTRIBUTES_AT);
  batch.writeBigInt64BE(BigInt(nowMs), MAX_TIMESTAMP_AT);
  stampChecksum(batch);
}

export function stampChecksum(batch: Buffer): void {
  batch.writeUInt32BE(checksumOf(batch, 0, batch.length), CRC_AT);
}

function checksumOf(records: Buffer, at: number, bytes: number): number {
  return crc32c(records, at + ATTRIBUTES_AT, at + bytes);
}
