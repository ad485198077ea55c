import { VARINT_BYTES_MAX, VARLONG_BYTES_MAX } from "./abi/record-batch-v2";

/**
 * Varints as in Kafka's records. A reader gives its result packed, since Wasm functions return one value: the
 * bytes taken in the low 4 bits, the raw number above them; 0 when the varint is longer than allowed. It may read
 * past the record's end: the caller checks where it stands afterwards, and inputs are padded.
 */

/** Reads a varint of 32 bits, as Kafka does: bits beyond the 32nd are dropped, a sixth byte is an error. */
// @ts-ignore: decorator
@inline
export function readVarint(at: usize): u64 {
  const first = <u64>load<u8>(at);
  if (first < 128) return (first << 4) | 1;
  const second = <u64>load<u8>(at, 1);
  if (second < 128) return (((first & 127) | (second << 7)) << 4) | 2;
  return readLongVarint(at);
}

function readLongVarint(at: usize): u64 {
  let value: u64 = 0;
  for (let count: u64 = 0; count < <u64>VARINT_BYTES_MAX; count++) {
    const byte = <u64>load<u8>(at + <usize>count);
    value |= (byte & 127) << (7 * count);
    if (byte < 128) return ((value & 0xffffffff) << 4) | (count + 1);
  }
  return 0;
}

/** Bytes of the varlong at this address; 0: it is longer than 10. */
export function varlongBytes(at: usize): i32 {
  for (let count = 0; count < VARLONG_BYTES_MAX; count++) {
    if (load<u8>(at + <usize>count) < 128) return count + 1;
  }
  return 0;
}

/** The zigzag number of a varlong whose size is known. */
export function varlongAt(at: usize, bytes: i32): i64 {
  let value: u64 = 0;
  for (let count = 0; count < bytes; count++) {
    value |= <u64>(load<u8>(at + <usize>count) & 127) << (7 * <u64>count);
  }
  return <i64>(value >>> 1) ^ -(<i64>(value & 1));
}

/** Bytes that a packed varint took. */
// @ts-ignore: decorator
@inline
export function takenBy(packed: u64): usize {
  return <usize>(packed & 15);
}

/** The zigzag number in a packed varint. */
// @ts-ignore: decorator
@inline
export function zigzagOf(packed: u64): i32 {
  const raw = <u32>(packed >>> 4);
  return <i32>(raw >>> 1) ^ -(<i32>(raw & 1));
}

/** Bytes that a raw (zigzagged) number takes as a varint. */
// @ts-ignore: decorator
@inline
export function varintBytes(raw: u64): usize {
  return raw < 128 ? 1 : raw < 16384 ? 2 : <usize>(70 - clz(raw)) / 7;
}

/** Writes a raw (zigzagged) number. @returns the address after it. */
// @ts-ignore: decorator
@inline
export function writeVarint(target: usize, raw: u64): usize {
  if (raw < 128) {
    store<u8>(target, <u8>raw);
    return target + 1;
  }
  if (raw < 16384) {
    store<u16>(target, <u16>((raw & 127) | 128 | ((raw >>> 7) << 8)));
    return target + 2;
  }
  return writeLongVarint(target, raw);
}

function writeLongVarint(target: usize, raw: u64): usize {
  let at = target;
  let left = raw;
  for (; left > 127; left >>>= 7) store<u8>(at++, <u8>((left & 127) | 128));
  store<u8>(at, <u8>left);
  return at + 1;
}

// @ts-ignore: decorator
@inline
export function zigzag(value: i64): u64 {
  return (<u64>value << 1) ^ <u64>(value >> 63);
}
