import { createHash } from "node:crypto";
import { PeridotError } from "../../errors.ts";
import { crc32c } from "../../transport/crc32c.ts";

/** The database in which the stores' positions lie: no store has this name. */
export const POSITIONS = "/positions";

/** LMDB takes keys of 1 to 1978 bytes. */
const KEY_BYTES_MAX = 1900;
/** Before each key: also the empty one has a byte then. */
const MARK = 0x6b;
/** Of a value: CRC-32C of key and value; length of the key, where it is too long for LMDB, else 0. */
const HEAD_BYTES = 8;

/**
 * The key under which an entry lies. Of one that is too long the first bytes, and a hash of it all: among keys that begin
 * with the same 1900 bytes, the hash is their order.
 */
export function storedKey(key: Uint8Array): Buffer {
  if (key.length <= KEY_BYTES_MAX) return Buffer.concat([Uint8Array.of(MARK), key]);
  const hash = createHash("sha256").update(key).digest();
  return Buffer.concat([Uint8Array.of(MARK), key.subarray(0, KEY_BYTES_MAX), hash]);
}

export function writeEntry(key: Uint8Array, value: Uint8Array): Buffer {
  const long = key.length > KEY_BYTES_MAX ? key.length : 0;
  const entry = Buffer.allocUnsafe(HEAD_BYTES + long + value.length);
  entry.writeUInt32LE(long, 4);
  if (long > 0) entry.set(key, HEAD_BYTES);
  entry.set(value, HEAD_BYTES + long);
  entry.writeUInt32LE(sumOf(key, entry.subarray(4)), 0);
  return entry;
}

/** What lies under a stored key. @throws STATE_BACKEND_FAILED: it is damaged */
export function readEntry(
  path: string,
  stored: Buffer,
  entry: Buffer,
): readonly [key: Buffer, value: Buffer] {
  const found = soundEntry(stored, entry);
  if (found !== undefined) return found;
  throw new PeridotError("STATE_BACKEND_FAILED", {
    backend: `lmdb in ${path}`,
    problem: "an entry's bytes are not those that were written",
    remedy: "Start again: the damage is found then, and the state restored from the changelogs",
  });
}

/** undefined: it is damaged. */
export function soundEntry(stored: Buffer, entry: Buffer): readonly [key: Buffer, value: Buffer] | undefined {
  if (entry.length < HEAD_BYTES) return undefined;
  const long = entry.readUInt32LE(4);
  if (long > entry.length - HEAD_BYTES) return undefined;
  const key = long > 0 ? entry.subarray(HEAD_BYTES, HEAD_BYTES + long) : stored.subarray(1);
  if (entry.readUInt32LE(0) !== sumOf(key, entry.subarray(4))) return undefined;
  return [key, entry.subarray(HEAD_BYTES + long)];
}

function sumOf(key: Uint8Array, rest: Uint8Array): number {
  return (crc32c(key) ^ crc32c(rest)) >>> 0;
}
