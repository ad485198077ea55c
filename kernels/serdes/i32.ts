/** Kafka's IntegerDeserializer: 4 bytes, big endian; another length is an error. */
export const I32_BYTES: i32 = 4;

@inline
export function readI32(bytes: usize): i32 {
  return <i32>bswap(load<u32>(bytes));
}

@inline
export function writeI32(target: usize, value: i32): void {
  store<u32>(target, bswap(<u32>value));
}
