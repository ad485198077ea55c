import { BASE_OFFSET_AT, LENGTH_AT, LENGTH_OVERHEAD } from "../../kernels/abi/record-batch-v2.ts";
import { type CodedRecord, decodeBatch } from "./batch-codec.ts";

/** A record and its place in the partition. */
export interface OffsetRecord extends CodedRecord {
  readonly offset: bigint;
}

/** The records of whole, uncompressed batches, as a consumer gives them. Keys and values are views of their bytes. */
export function* recordsIn(records: Buffer): Generator<OffsetRecord> {
  for (let at = 0; at < records.length; ) {
    const bytes = LENGTH_OVERHEAD + records.readInt32BE(at + LENGTH_AT);
    const baseOffset = records.readBigInt64BE(at + BASE_OFFSET_AT);
    for (const record of decodeBatch(records.subarray(at, at + bytes))) {
      yield { ...record, offset: baseOffset + BigInt(record.offsetDelta) };
    }
    at += bytes;
  }
}
