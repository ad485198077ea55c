/** Kafka's LongDeserializer: 8 bytes, big endian; another length is an error. */
export const I64_BYTES: i32 = 8;

@inline
export function readI64(bytes: usize): i64 {
  return <i64>bswap(load<u64>(bytes));
}

@inline
export function writeI64(target: usize, value: i64): void {
  store<u64>(target, bswap(<u64>value));
}
