/** Kafka's murmur2 (org.apache.kafka.common.utils.Utils#murmur2). May read up to 3 bytes past the end. */
@inline
export function murmur2(bytes: usize, length: u32): u32 {
  const multiplier: u32 = 0x5bd1e995;
  let hash: u32 = 0x9747b28c ^ length;
  let at = bytes;
  let left = length;
  for (; left >= 4; left -= 4, at += 4) {
    let word = load<u32>(at) * multiplier;
    word ^= word >>> 24;
    hash = (hash * multiplier) ^ (word * multiplier);
  }
  if (left) hash = (hash ^ (load<u32>(at) & ((1 << (left << 3)) - 1))) * multiplier;
  hash ^= hash >>> 13;
  hash *= multiplier;
  return hash ^ (hash >>> 15);
}

/** The partition that Kafka's default partitioner chooses for a key. */
@inline
export function partitionOfKey(key: usize, length: u32, partitions: u32): u32 {
  return (murmur2(key, length) & 0x7fffffff) % partitions;
}
