import { corrupt } from "../record-batches.ts";
import { type Codec, type PackedRecords, tooLarge } from "./codec.ts";
import { nativePackage } from "./native-package.ts";

interface Snappy {
  compressSync(bytes: Buffer): Buffer;
  uncompressSync(bytes: Buffer, options: { asBuffer: true }): Buffer;
}

const snappyPackage = nativePackage<Snappy>("snappy");

/**
 * The framing of xerial's snappy-java, which Kafka uses:
 *
 *     0        8         12           16      20
 *     +--------+---------+------------+-------+-------------+-------+-----
 *     | magic  | version | compatible | bytes | raw snappy  | bytes | …
 *     +--------+---------+------------+-------+-------------+-------+-----
 *
 * Numbers are int32, big endian; version and compatible are 1.
 */
const MAGIC = Buffer.from("82534e4150505900", "hex");
const VERSION = 1;
const BLOCKS_AT = 16;
const BLOCK_BYTES = 32 * 1024;

/** Writes xerial framing; reads that, and the raw snappy of clients that leave it out. */
export const snappy: Codec = {
  compress(bytes) {
    const header = Buffer.alloc(BLOCKS_AT);
    MAGIC.copy(header);
    header.writeInt32BE(VERSION, 8);
    header.writeInt32BE(VERSION, 12);
    const pieces: Buffer[] = [header];
    for (let from = 0; from < bytes.length; from += BLOCK_BYTES) {
      const block = snappyPackage().compressSync(bytes.subarray(from, from + BLOCK_BYTES));
      const size = Buffer.alloc(4);
      size.writeInt32BE(block.length);
      pieces.push(size, block);
    }
    return Buffer.concat(pieces);
  },

  decompress(packed) {
    const { bytes, baseOffset } = packed;
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return decompressBlock(packed);
    const pieces: Buffer[] = [];
    let roomBytes = packed.roomBytes;
    for (let at = BLOCKS_AT; at < bytes.length; ) {
      const size = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1;
      at += 4;
      if (size < 0 || size > bytes.length - at)
        throw corrupt(baseOffset, "a snappy block goes beyond its end");
      const piece = decompressBlock({ ...packed, bytes: bytes.subarray(at, at + size), roomBytes });
      pieces.push(piece);
      roomBytes -= piece.length;
      at += size;
    }
    return Buffer.concat(pieces);
  },
};

function decompressBlock(packed: PackedRecords): Buffer {
  if (plainBytesOf(packed) > packed.roomBytes) throw tooLarge(packed);
  return snappyPackage().uncompressSync(packed.bytes, { asBuffer: true });
}

/** Raw snappy begins with the length that it comes to, as a varint. */
function plainBytesOf({ bytes, baseOffset }: PackedRecords): number {
  let plainBytes = 0;
  for (let at = 0; at < 5 && at < bytes.length; at++) {
    plainBytes += (bytes[at]! & 0x7f) * 2 ** (7 * at);
    if (bytes[at]! < 0x80) return plainBytes;
  }
  throw corrupt(baseOffset, "a snappy block has no length");
}
