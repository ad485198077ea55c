import { corrupt } from "../record-batches.ts";
import { type Codec, type PackedRecords, tooLarge } from "./codec.ts";
import { nativePackage } from "./native-package.ts";

interface Lz4 {
  compressFrameSync(bytes: Buffer): Buffer;
  decompressFrameSync(frame: Buffer): Buffer;
}

const lz4Package = nativePackage<Lz4>("lz4-napi");

/**
 * The LZ4 frame (lz4_Frame_format.md), little endian:
 *
 *     0       4     5    6
 *     +-------+-----+----+---------------+----------+----------+--------+-------------+----------+-----
 *     | magic | FLG | BD | content bytes | dict id  | checksum | bytes  | block       | checksum | …
 *     |       |     |    | if FLG bit 3  | if bit 0 | 1 byte   | uint32 |             | if bit 4 |
 *     +-------+-----+----+---------------+----------+----------+--------+-------------+----------+-----
 *
 * `bytes` 0 ends the blocks; its highest bit says that the block is stored as it is. BD bits 4 to 6: 4, 5, 6, 7 for
 * blocks of at most 64 KiB, 256 KiB, 1 MiB, 4 MiB.
 */
const MAGIC = 0x184d2204;
const FLG_AT = 4;
const BD_AT = 5;
const OPTIONS_AT = 6;
const STORED = 0x8000_0000;
/** The most that a byte of an LZ4 block can come to. */
const RATIO_MAX = 255;

/** Frames of independent blocks without checksums: what Kafka's Java client reads. */
export const lz4: Codec = {
  compress: (bytes) => lz4Package().compressFrameSync(bytes),

  decompress(packed) {
    // The package has no bound of its own.
    if (mostBytesOf(packed) > packed.roomBytes) throw tooLarge(packed);
    return lz4Package().decompressFrameSync(packed.bytes);
  },
};

/** The most bytes that a frame can come to, from the sizes of its blocks. */
function mostBytesOf({ bytes: frame, baseOffset }: PackedRecords): number {
  if (frame.length < OPTIONS_AT || frame.readUInt32LE(0) !== MAGIC)
    throw corrupt(baseOffset, "it holds no LZ4 frame");
  const flags = frame[FLG_AT]!;
  const blockMost = 2 ** (8 + 2 * ((frame[BD_AT]! >> 4) & 7));
  const checksum = flags & 0x10 ? 4 : 0;
  let most = 0;
  for (let at = OPTIONS_AT + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0) + 1; ; ) {
    if (at + 4 > frame.length) throw corrupt(baseOffset, "its LZ4 frame does not end");
    const size = frame.readUInt32LE(at);
    if (size === 0) return most;
    const bytes = size >= STORED ? size - STORED : size;
    most += size >= STORED ? bytes : Math.min(blockMost, RATIO_MAX * bytes);
    at += 4 + bytes + checksum;
  }
}
