import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { PeridotError } from "../../../errors.ts";
import type { Compression } from "../../port.ts";
import { type Codec, tooLarge } from "./codec.ts";
import { lz4 } from "./lz4.ts";
import { snappy } from "./snappy.ts";

const gzip = zlibCodec(gzipSync, gunzipSync);
const zstd = zlibCodec(zstdCompressSync, zstdDecompressSync);

/** By their number in the attributes of a record batch; 0 is none. */
const CODECS: readonly (Codec | undefined)[] = [undefined, gzip, snappy, lz4, zstd];
const NAMES: readonly Compression[] = ["none", "gzip", "snappy", "lz4", "zstd"];

/** Errors: COMPRESSION_UNKNOWN. */
export function codecOf(number: number): Codec {
  const codec = CODECS[number];
  if (codec === undefined) throw new PeridotError("COMPRESSION_UNKNOWN", { compression: number });
  return codec;
}

/** Kafka's number of a compression. Errors: COMPRESSION_UNKNOWN (an option that is none of ours). */
export function codecNumberOf(compression: Compression): number {
  const number = NAMES.indexOf(compression);
  if (number < 0) throw new PeridotError("COMPRESSION_UNKNOWN", { compression });
  return number;
}

function zlibCodec(
  compress: (bytes: Buffer) => Buffer,
  decompress: (bytes: Buffer, options: { maxOutputLength: number }) => Buffer,
): Codec {
  return {
    compress: (bytes) => compress(bytes),
    decompress(packed) {
      try {
        return decompress(packed.bytes, { maxOutputLength: Math.max(packed.roomBytes, 1) });
      } catch (cause) {
        throw (cause as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE" ? tooLarge(packed, cause) : cause;
      }
    },
  };
}
