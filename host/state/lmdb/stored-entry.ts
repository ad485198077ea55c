import { createHash } from "node:crypto";
import { PeridotError } from "../../errors.ts";
import { crc32c } from "../../transport/crc32c.ts";

/** LMDB takes keys of 1 to 1978 bytes. */
const KEY_BYTES_MAX = 1900;
const HASH_BYTES = 32;
/** Before each key: also the empty one has a byte then. */
const MARK_BYTE = 0x6b;
const MARK = Buffer.of(MARK_BYTE);
/** Behind all keys. */
const BEHIND_ALL = Buffer.of(0x6c);
/** Behind each hash. */
const BEHIND_HASHES = Buffer.alloc(HASH_BYTES + 1, 0xff);
/** Of a value: CRC-32C of key and all that follows; length of the key, where it is too long for LMDB, else 0. */
const HEAD_BYTES = 8;

export type Entry = readonly [key: Buffer, value: Buffer];

/**
 * The key under which an entry lies. Of one that is too long the first bytes, and a hash of it all: among keys that begin
 * with the same 1900 bytes, the hash is their order, and who reads a range has to sort them.
 */
export function storedKey(key: Uint8Array): Buffer {
  if (key.length <= KEY_BYTES_MAX) {
    const stored = Buffer.allocUnsafe(1 + key.length);
    stored[0] = MARK_BYTE;
    stored.set(key, 1);
    return stored;
  }
  return Buffer.concat([prefixOf(key), createHash("sha256").update(key).digest()]);
}

/** Stored keys from `low` on, and before `high`, are those of a range, and at most their neighbours with long keys. */
export function storedRange(from: Uint8Array | undefined, to: Uint8Array | undefined) {
  const low = from === undefined ? MARK : prefixOf(from);
  if (to === undefined) return { low, high: BEHIND_ALL };
  return {
    low,
    high: to.length <= KEY_BYTES_MAX ? storedKey(to) : Buffer.concat([prefixOf(to), BEHIND_HASHES]),
  };
}

/** All stored keys that begin as this one; undefined: its key is not too long, so that it stands for itself. */
export function siblingsOf(stored: Buffer): { readonly low: Buffer; readonly high: Buffer } | undefined {
  if (stored.length <= MARK.length + KEY_BYTES_MAX) return undefined;
  const prefix = stored.subarray(0, MARK.length + KEY_BYTES_MAX);
  return { low: Buffer.concat([prefix, Buffer.of(0)]), high: Buffer.concat([prefix, BEHIND_HASHES]) };
}

export function writeEntry(key: Uint8Array, value: Uint8Array): Buffer {
  const long = key.length > KEY_BYTES_MAX ? key.length : 0;
  const entry = Buffer.allocUnsafe(HEAD_BYTES + long + value.length);
  entry.writeUInt32LE(long, 4);
  if (long > 0) entry.set(key, HEAD_BYTES);
  entry.set(value, HEAD_BYTES + long);
  entry.writeUInt32LE(sumOf(key, entry), 0);
  return entry;
}

/** The checksum that an entry carries. */
export function checksumOf(entry: Uint8Array): number {
  return (entry[0]! | (entry[1]! << 8) | (entry[2]! << 16) | (entry[3]! << 24)) >>> 0;
}

/** What lies under a stored key. @throws STATE_BACKEND_FAILED: it is damaged */
export function readEntry(path: string, stored: Buffer, entry: Buffer): Entry {
  const found = soundEntry(stored, entry);
  if (found !== undefined) return found;
  throw new PeridotError("STATE_BACKEND_FAILED", {
    backend: `lmdb in ${path}`,
    problem: "an entry's bytes are not those that were written",
    remedy: "Start again: the damage is found then, and the state restored from the changelogs",
  });
}

/** undefined: it is damaged. */
export function soundEntry(stored: Buffer, entry: Buffer): Entry | undefined {
  if (entry.length < HEAD_BYTES) return undefined;
  const long = entry.readUInt32LE(4);
  if (long > entry.length - HEAD_BYTES) return undefined;
  const key = long > 0 ? entry.subarray(HEAD_BYTES, HEAD_BYTES + long) : stored.subarray(MARK.length);
  return checksumOf(entry) === sumOf(key, entry) ? [key, entry.subarray(HEAD_BYTES + long)] : undefined;
}

function prefixOf(key: Uint8Array): Buffer {
  return Buffer.concat([MARK, key.subarray(0, KEY_BYTES_MAX)]);
}

function sumOf(key: Uint8Array, entry: Uint8Array): number {
  return crc32c(entry, 4, entry.length, crc32c(key));
}
