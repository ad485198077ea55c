/** Kafka's DoubleDeserializer: the 8 bytes of Double.doubleToLongBits, big endian; another length is an error. */
export const F64_BYTES: i32 = 8;

@inline
export function readF64(bytes: usize): f64 {
  return reinterpret<f64>(bswap(load<u64>(bytes)));
}

@inline
export function writeF64(target: usize, value: f64): void {
  store<u64>(target, bswap(reinterpret<u64>(value == value ? value : NaN))); // Java writes every NaN as this one
}
