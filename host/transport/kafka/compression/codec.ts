import { PeridotError } from "../../../errors.ts";

/** The compressed records of one batch, and how much may come of them. */
export interface PackedRecords {
  readonly bytes: Buffer;
  /** The most bytes that they may come to. */
  readonly roomBytes: number;
  /** For messages: the batch's offset, and the bound that is meant for all batches together. */
  readonly baseOffset: bigint;
  readonly bytesMax: number;
}

/** One compression of Kafka's. */
export interface Codec {
  compress(bytes: Buffer): Buffer;
  /** Errors: RECORDS_TOO_LARGE, before the memory is taken; BATCH_CORRUPT; else what the library throws at damage. */
  decompress(packed: PackedRecords): Buffer;
}

export function tooLarge(
  { baseOffset, bytesMax }: Omit<PackedRecords, "bytes" | "roomBytes">,
  cause?: unknown,
) {
  return new PeridotError("RECORDS_TOO_LARGE", { baseOffset, bytesMax }, cause);
}
