import {
  ATTRIBUTE_CODEC_MASK,
  ATTRIBUTES_AT,
  CRC_AT,
  LENGTH_AT,
  LENGTH_OVERHEAD,
  RECORDS_AT,
} from "../../../../kernels/abi/record-batch-v2.ts";
import { PeridotError } from "../../../errors.ts";
import { crc32c, crc32cCombine } from "../../crc32c.ts";
import type { Compression } from "../../port.ts";
import { type BatchHeader, batchHeaders, corrupt } from "../record-batches.ts";
import { type Codec, type PackedRecords, tooLarge } from "./codec.ts";
import { codecNumberOf, codecOf } from "./codecs.ts";

const NO_RECORDS = Buffer.alloc(0);

/**
 * The same batches, uncompressed: what is compressed is rewritten with a checksum of its own, after its old one was
 * checked; the rest is copied. Where nothing is compressed, `records` itself is the answer, cut off bytes at
 * its end included; else such bytes are dropped. `bytesMax` bounds the answer.
 *
 * Errors: BATCH_CORRUPT, RECORDS_TOO_LARGE, COMPRESSION_MISSING, COMPRESSION_UNKNOWN.
 */
export function decompressBatches(records: Buffer, bytesMax: number): Buffer {
  const batches = [...batchHeaders(records)];
  if (batches.every((batch) => batch.codec === 0)) return records;
  const pieces: Buffer[] = [];
  let left = bytesMax;
  for (const batch of batches) {
    const bytes = records.subarray(batch.from, batch.to);
    for (const piece of batch.codec === 0 ? [bytes] : decompressBatch(bytes, batch, left, bytesMax)) {
      pieces.push(piece);
      left -= piece.length;
    }
    if (left < 0) throw tooLarge({ baseOffset: batch.baseOffset, bytesMax });
  }
  return Buffer.concat(pieces, bytesMax - left);
}

/** Header and records of one batch, of at most `left` bytes; `bytesMax` is for the message. */
function decompressBatch(
  bytes: Buffer,
  batch: BatchHeader,
  left: number,
  bytesMax: number,
): [Buffer, Buffer] {
  if (crc32c(bytes, ATTRIBUTES_AT) !== bytes.readUInt32BE(CRC_AT))
    throw corrupt(batch.baseOffset, "its checksum does not hold");
  const codec = codecOf(batch.codec);
  // A batch whose records were all compacted away has a header alone.
  if (bytes.length === RECORDS_AT) return [headerOver(bytes, 0, NO_RECORDS), NO_RECORDS];
  const { baseOffset } = batch;
  const roomBytes = left - RECORDS_AT;
  const plain = decompress(codec, { bytes: bytes.subarray(RECORDS_AT), roomBytes, baseOffset, bytesMax });
  return [headerOver(bytes, 0, plain), plain];
}

function decompress(codec: Codec, packed: PackedRecords): Buffer {
  try {
    return codec.decompress(packed);
  } catch (cause) {
    if (cause instanceof PeridotError) throw cause;
    throw corrupt(packed.baseOffset, `it cannot be decompressed: ${(cause as Error).message}`, cause);
  }
}

/**
 * The batch with its records compressed, in a buffer of its own; the batch itself where that would not be smaller.
 * `batch`: one finished batch, uncompressed. Errors: COMPRESSION_MISSING, COMPRESSION_UNKNOWN.
 */
export function compressBatch(batch: Buffer, compression: Compression): Buffer {
  const number = codecNumberOf(compression);
  if (number === 0) return batch;
  const records = codecOf(number).compress(batch.subarray(RECORDS_AT));
  if (RECORDS_AT + records.length >= batch.length) return batch;
  return Buffer.concat([headerOver(batch, number, records), records]);
}

/** The header of `batch` as it must be over `records`, in that compression. */
function headerOver(batch: Buffer, codec: number, records: Buffer): Buffer {
  const header = Buffer.from(batch.subarray(0, RECORDS_AT));
  header.writeInt32BE(RECORDS_AT + records.length - LENGTH_OVERHEAD, LENGTH_AT);
  header.writeInt16BE((header.readInt16BE(ATTRIBUTES_AT) & ~ATTRIBUTE_CODEC_MASK) | codec, ATTRIBUTES_AT);
  header.writeUInt32BE(checksum(header, records), CRC_AT);
  return header;
}

function checksum(header: Buffer, records: Buffer): number {
  return crc32cCombine(crc32c(header, ATTRIBUTES_AT), crc32c(records), records.length);
}
