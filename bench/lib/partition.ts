/** The partition that Kafka's default partitioner chooses for a key: murmur2 of its UTF-8, as a positive number. */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
}

/** Austin Appleby's MurmurHash2 with Kafka's seed. */
export function murmur2(bytes: Uint8Array): number {
  let hash = 0x9747b28c ^ bytes.length;
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    word = Math.imul(word, M);
    word ^= word >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  if (bytes.length > whole) {
    let rest = 0;
    for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8) | bytes[at]!;
    hash = Math.imul(hash ^ rest, M);
  }
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

const M = 0x5bd1e995;
