import {
  ATTRIBUTE_CODEC_MASK,
  ATTRIBUTE_CONTROL,
  ATTRIBUTE_TRANSACTIONAL,
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LENGTH_OVERHEAD,
  MAGIC_AT,
  MAGIC_V2,
  PRODUCER_ID_AT,
  RECORDS_AT,
} from "../../../kernels/abi/record-batch-v2.ts";
import { PeridotError } from "../../errors.ts";

/** A record batch within a buffer, as its header tells (the layout is drawn in kernels/abi/record-batch-v2.ts). */
export interface BatchHeader {
  /** Where it begins and ends in the buffer, in bytes. */
  readonly from: number;
  readonly to: number;
  readonly baseOffset: bigint;
  readonly lastOffset: bigint;
  readonly producerId: bigint;
  /** Number of the compression in Kafka's attributes; 0: none. */
  readonly codec: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
}

/**
 * The header of the batch that begins at `from`; undefined when less than a whole batch stands there, as at the end
 * of what a broker hands out. Errors: BATCH_CORRUPT, BATCH_FORMAT_OLD.
 */
export function readBatchHeader(records: Buffer, from: number): BatchHeader | undefined {
  const left = records.length - from;
  if (left <= MAGIC_AT) return undefined;
  const baseOffset = records.readBigInt64BE(from + BASE_OFFSET_AT);
  const magic = records[from + MAGIC_AT]!;
  if (magic !== MAGIC_V2) throw new PeridotError("BATCH_FORMAT_OLD", { baseOffset, magic });
  const bytes = LENGTH_OVERHEAD + records.readInt32BE(from + LENGTH_AT);
  if (bytes < RECORDS_AT) throw corrupt(baseOffset, `its length is ${bytes} bytes`);
  if (bytes > left) return undefined;
  const attributes = records.readInt16BE(from + ATTRIBUTES_AT);
  return {
    from,
    to: from + bytes,
    baseOffset,
    lastOffset: baseOffset + BigInt(records.readInt32BE(from + LAST_OFFSET_DELTA_AT)),
    producerId: records.readBigInt64BE(from + PRODUCER_ID_AT),
    codec: attributes & ATTRIBUTE_CODEC_MASK,
    isTransactional: (attributes & ATTRIBUTE_TRANSACTIONAL) !== 0,
    isControl: (attributes & ATTRIBUTE_CONTROL) !== 0,
  };
}

/** The headers of all whole batches, in order. Errors: BATCH_CORRUPT, BATCH_FORMAT_OLD. */
export function* batchHeaders(records: Buffer): Generator<BatchHeader> {
  for (
    let header = readBatchHeader(records, 0);
    header !== undefined;
    header = readBatchHeader(records, header.to)
  )
    yield header;
}

export function corrupt(baseOffset: bigint, problem: string, cause?: unknown): PeridotError {
  return new PeridotError("BATCH_CORRUPT", { baseOffset, problem }, cause);
}
