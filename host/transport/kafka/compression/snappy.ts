import type { Codec } from "./codec.ts";
import { nativePackage } from "./native-package.ts";
import { outputTooLarge } from "./output-too-large.ts";

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

  decompress(bytes, bytesMax) {
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return decompressBlock(bytes, bytesMax);
    const pieces: Buffer[] = [];
    let left = bytesMax;
    for (let at = BLOCKS_AT; at < bytes.length; ) {
      const size = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1;
      at += 4;
      if (size < 0 || size > bytes.length - at) throw new RangeError("a snappy block goes beyond its batch");
      const piece = decompressBlock(bytes.subarray(at, at + size), left);
      pieces.push(piece);
      left -= piece.length;
      at += size;
    }
    return Buffer.concat(pieces);
  },
};

function decompressBlock(block: Buffer, bytesMax: number): Buffer {
  if (plainBytesOf(block) > bytesMax) throw outputTooLarge();
  return snappyPackage().uncompressSync(block, { asBuffer: true });
}

/** Raw snappy begins with the length that it comes to, as a varint. */
function plainBytesOf(block: Buffer): number {
  let bytes = 0;
  for (let at = 0; at < 5 && at < block.length; at++) {
    bytes += (block[at]! & 0x7f) * 2 ** (7 * at);
    if (block[at]! < 0x80) return bytes;
  }
  throw new RangeError("a snappy block has no length");
}
