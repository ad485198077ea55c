/** Kafka Streams' seed (org.apache.kafka.streams.state.internals.Murmur3). */
const SEED = 104_729n;
const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;
const N1 = 0x52dce729n;
const N2 = 0x38495ab5n;
const BLOCK_BYTES = 16;
const HALF_BYTES = 8;

const wrapped = (value: bigint): bigint => BigInt.asUintN(64, value);

function rotated(value: bigint, bits: bigint): bigint {
  return wrapped((value << bits) | (value >> (64n - bits)));
}

function finished(hash: bigint): bigint {
  let h = hash ^ (hash >> 33n);
  h = wrapped(h * 0xff51afd7ed558ccdn);
  h ^= h >> 33n;
  h = wrapped(h * 0xc4ceb9fe1a85ec53n);
  return h ^ (h >> 33n);
}

/** A block's halves, little-endian; bytes beyond the end are 0. */
function halfAt(view: DataView, at: number): bigint {
  if (at + HALF_BYTES <= view.byteLength) return view.getBigUint64(at, true);
  let half = 0n;
  for (let byte = view.byteLength - 1; byte >= at; byte--) half = (half << 8n) | BigInt(view.getUint8(byte));
  return half;
}

/** Murmur3, 128 bits, x64 variant, by Austin Appleby (public domain): 16 bytes, both halves big-endian. */
export function murmur3(bytes: Uint8Array): Buffer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = bytes.length - (bytes.length % BLOCK_BYTES);
  let h1 = SEED;
  let h2 = SEED;
  for (let at = 0; at < whole; at += BLOCK_BYTES) {
    h1 ^= first(halfAt(view, at));
    h1 = wrapped((rotated(h1, 27n) + h2) * 5n + N1);
    h2 ^= second(halfAt(view, at + HALF_BYTES));
    h2 = wrapped((rotated(h2, 31n) + h1) * 5n + N2);
  }
  h2 ^= second(halfAt(view, whole + HALF_BYTES));
  h1 ^= first(halfAt(view, whole));
  const length = BigInt(bytes.length);
  h1 = wrapped((h1 ^ length) + (h2 ^ length));
  h2 = wrapped((h2 ^ length) + h1);
  h1 = finished(h1);
  h2 = finished(h2);
  h1 = wrapped(h1 + h2);
  h2 = wrapped(h2 + h1);
  const hash = Buffer.allocUnsafe(BLOCK_BYTES);
  hash.writeBigUInt64BE(h1);
  hash.writeBigUInt64BE(h2, HALF_BYTES);
  return hash;
}

function first(half: bigint): bigint {
  return wrapped(rotated(wrapped(half * C1), 31n) * C2);
}

function second(half: bigint): bigint {
  return wrapped(rotated(wrapped(half * C2), 33n) * C1);
}
