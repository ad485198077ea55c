import { VARINT_BYTES_MAX, VARLONG_BYTES_MAX } from "./abi/record-batch-v2";

/**
 * Varints as in Kafka's records. Reading takes two steps, since Wasm functions return one value: how many bytes a
 * varint has, then its number. The usual sizes are told by branches and not by arithmetic: a predicted branch lets
 * the processor begin with the next field before it knows this one. Readers may look past the record's end: the
 * caller checks where it stands afterwards, and inputs are padded.
 */

/** Bytes of the varint at this address; 0: it is longer than 5, which is an error. */
@inline
export function sizeOfVarint(at: usize): usize {
  if (load<u8>(at) < 128) return 1;
  return load<u8>(at, 1) < 128 ? 2 : sizeOfLong(at, VARINT_BYTES_MAX);
}

/** Bytes of the varlong at this address; 0: it is longer than 10, which is an error. */
@inline
export function sizeOfVarlong(at: usize): usize {
  if (load<u8>(at) < 128) return 1;
  return load<u8>(at, 1) < 128 ? 2 : sizeOfLong(at, VARLONG_BYTES_MAX);
}

/** The first byte without a top bit ends the varint: looked for in 8 bytes at once. */
function sizeOfLong(at: usize, bytesMax: usize): usize {
  const ends: u64 = ~load<u64>(at) & 0x8080808080808080;
  if (ends) {
    const size = (<usize>ctz(ends) >>> 3) + 1;
    return size <= bytesMax ? size : 0;
  }
  if (bytesMax < <usize>VARLONG_BYTES_MAX) return 0;
  return load<u8>(at, 8) < 128 ? 9 : load<u8>(at, 9) < 128 ? 10 : 0;
}

/** The number of a varint of this size: as in Kafka, bits beyond the 32nd are dropped. */
@inline
export function varintAt(at: usize, size: usize): i32 {
  const raw = <u32>rawAt(at, size);
  return <i32>(raw >>> 1) ^ -(<i32>(raw & 1));
}

/** The number of a varlong of this size. */
@inline
export function varlongAt(at: usize, size: usize): i64 {
  const raw = rawAt(at, size);
  return <i64>(raw >>> 1) ^ -(<i64>(raw & 1));
}

@inline
function rawAt(at: usize, size: usize): u64 {
  if (size == 1) return <u64>load<u8>(at);
  return size == 2 ? <u64>((<u32>load<u8>(at) & 127) | (<u32>load<u8>(at, 1) << 7)) : longRawAt(at, size);
}

/** Groups of 7 bits are moved together in pairs, fours and eights; a ninth and tenth byte hold bits 56 to 63. */
function longRawAt(at: usize, size: usize): u64 {
  let raw = load<u64>(at) & 0x7f7f7f7f7f7f7f7f;
  if (size < 8) raw &= ((<u64>1) << (<u64>size << 3)) - 1;
  raw = (raw & 0x007f007f007f007f) | ((raw & 0x7f007f007f007f00) >>> 1);
  raw = (raw & 0x00003fff00003fff) | ((raw & 0x3fff00003fff0000) >>> 2);
  raw = (raw & 0x000000000fffffff) | ((raw & 0x0fffffff00000000) >>> 4);
  if (size > 8) raw |= <u64>(load<u8>(at, 8) & 127) << 56;
  if (size > 9) raw |= <u64>load<u8>(at, 9) << 63;
  return raw;
}

/** Bytes that a raw (zigzagged) number takes as a varint. */
@inline
export function varintBytes(raw: u64): usize {
  return raw < 128 ? 1 : raw < 16384 ? 2 : <usize>(70 - clz(raw)) / 7;
}

/** Writes a raw (zigzagged) number. @returns the address after it. */
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

@inline
export function zigzag(value: i64): u64 {
  return (<u64>value << 1) ^ <u64>(value >> 63);
}
