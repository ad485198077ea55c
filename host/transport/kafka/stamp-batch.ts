import {
  ATTRIBUTE_TRANSACTIONAL,
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  CRC_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORDS_AT,
} from "../../../kernels/abi/record-batch-v2.ts";
import { crc32c, crc32cReplaceHead } from "../crc32c.ts";

/** Who sends a batch. */
export interface ProducerStamp {
  readonly producerId: bigint;
  readonly epoch: number;
  /** Of the first record; counts on by records, per partition, and wraps at 2^31. */
  readonly baseSequence: number;
  readonly transactional: boolean;
}

/** Writes the sender into a finished batch and mends its checksum, without reading the records again. */
export function stampBatch(batch: Buffer, stamp: ProducerStamp): void {
  const before = crc32c(batch, ATTRIBUTES_AT, RECORDS_AT);
  const attributes = batch.readInt16BE(ATTRIBUTES_AT) & ~ATTRIBUTE_TRANSACTIONAL;
  batch.writeInt16BE(stamp.transactional ? attributes | ATTRIBUTE_TRANSACTIONAL : attributes, ATTRIBUTES_AT);
  batch.writeBigInt64BE(stamp.producerId, PRODUCER_ID_AT);
  batch.writeInt16BE(stamp.epoch, PRODUCER_EPOCH_AT);
  batch.writeInt32BE(stamp.baseSequence, BASE_SEQUENCE_AT);
  const now = crc32c(batch, ATTRIBUTES_AT, RECORDS_AT);
  const crc = crc32cReplaceHead(batch.readUInt32BE(CRC_AT), before, now, batch.length - RECORDS_AT);
  batch.writeUInt32BE(crc, CRC_AT);
}
