import { JSON_F64_AT, JSON_HEAD_BYTES, JSON_I64_AT } from "../abi/json-descriptor";
import { TRAP_INDEX } from "../abi/kernel-output";
import { F64_BYTES, readF64 } from "../serdes/f64";
import { I32_BYTES, readI32 } from "../serdes/i32";
import { I64_BYTES, readI64 } from "../serdes/i64";
import { decodeF64, decodeI64 } from "../serdes/json/number-decode";
import { isDigit } from "../serdes/json/scan";
import { constantOf, utf8Bytes, utf8Of } from "./constants";
import { burnBytes, stop } from "./run";
import { scratch } from "./scratch";

/** What the number kernels work in: they take a JSON descriptor's head for that. */
const NUMBERS: usize = memory.data(JSON_HEAD_BYTES, 16);

/** As many digits an i64 always holds. */
const PLAIN_DIGITS: i32 = 18;

/**
 * Bytes of a record, where they stand: nothing is copied. Valid until the kernel returns (in the batch form, too).
 * Text is UTF-8; `length` counts bytes.
 *
 *     0        4
 *     +--------+--------+
 *     | __at   | length |
 *     +--------+--------+
 */
@unmanaged
export class Span {
  __at: u32;
  __bytes: i32;

  get length(): i32 {
    return this.__bytes;
  }

  /** The byte at `index`, which must be below `length`. */
  byte(index: i32): u8 {
    if (<u32>index >= <u32>this.__bytes) stop(TRAP_INDEX, 0);
    return load<u8>(<usize>this.__at + <usize>index);
  }

  /** Whether these are the bytes of a text. */
  is(text: string): bool {
    const constant = constantOf(text);
    const bytes = utf8Bytes(constant);
    return <usize>this.__bytes == bytes && sameBytes(<usize>this.__at, utf8Of(constant), bytes);
  }

  equals(other: Span): bool {
    return this.__bytes == other.__bytes && sameBytes(<usize>this.__at, <usize>other.__at, <usize>this.__bytes);
  }

  /** Below 0, 0, or above 0, by bytes: for UTF-8 that is by code point. */
  compare(other: Span): i32 {
    const shorter = this.__bytes < other.__bytes ? this.__bytes : other.__bytes;
    burnBytes(<usize>shorter);
    const order = memory.compare(<usize>this.__at, <usize>other.__at, <usize>shorter);
    return order ? order : this.__bytes - other.__bytes;
  }

  startsWith(text: string): bool {
    const constant = constantOf(text);
    const bytes = utf8Bytes(constant);
    return <usize>this.__bytes >= bytes && sameBytes(<usize>this.__at, utf8Of(constant), bytes);
  }

  endsWith(text: string): bool {
    const constant = constantOf(text);
    const bytes = utf8Bytes(constant);
    if (<usize>this.__bytes < bytes) return false;
    return sameBytes(<usize>this.__at + <usize>this.__bytes - bytes, utf8Of(constant), bytes);
  }

  /** Where the text stands first, at or behind `from`; -1: nowhere. */
  indexOf(text: string, from: i32 = 0): i32 {
    const constant = constantOf(text);
    const bytes = utf8Bytes(constant);
    const wanted = utf8Of(constant);
    if (from < 0) from = 0;
    for (let index = from; <i64>index + <i64>bytes <= <i64>this.__bytes; index++) {
      if (bytes == 0) return index;
      const at = <usize>this.__at + <usize>index;
      if (load<u8>(at) == load<u8>(wanted) && sameBytes(at, wanted, bytes)) {
        burnBytes(<usize>(index - from));
        return index;
      }
    }
    burnBytes(<usize>this.__bytes);
    return -1;
  }

  contains(text: string): bool {
    return this.indexOf(text) >= 0;
  }

  /** The bytes from `from` up to, not including, `to`; both are brought within the span. */
  slice(from: i32, to: i32 = i32.MAX_VALUE): Span {
    const end = min(max(to, 0), this.__bytes);
    const start = min(max(from, 0), end);
    return spanOf(<usize>this.__at + <usize>start, end - start);
  }

  /** Without blanks, tabs and line ends at both ends. */
  trim(): Span {
    let at = <usize>this.__at;
    let end = at + <usize>this.__bytes;
    while (at < end && isBlank(load<u8>(at))) at++;
    while (at < end && isBlank(load<u8>(end - 1))) end--;
    burnBytes(<usize>this.__bytes);
    return spanOf(at, <i32>(end - at));
  }

  /** With the letters A to Z as a to z; others are left as they are. */
  lower(): Span {
    return this.__shifted(0x41);
  }

  /** With the letters a to z as A to Z; others are left as they are. */
  upper(): Span {
    return this.__shifted(0x61);
  }

  /** The 26 letters from `first` on get their other case. */
  __shifted(first: i32): Span {
    const bytes = <usize>this.__bytes;
    burnBytes(bytes);
    const source = <usize>this.__at;
    const target = scratch(bytes + 16);
    for (let at: usize = 0; at < bytes; at += 16) {
      const letters = v128.load(source + at);
      const isLetter = i8x16.lt_u(i8x16.sub(letters, i8x16.splat(<i8>first)), i8x16.splat(26));
      v128.store(target + at, v128.xor(letters, v128.and(isLetter, i8x16.splat(0x20))));
    }
    return spanOf(target, <i32>bytes);
  }

  /** The whole span as a decimal integer, as JSON writes numbers; `orElse` where it is none. */
  parseI64(orElse: i64): i64 {
    const at = <usize>this.__at;
    const end = at + <usize>this.__bytes;
    if (<u32>(this.__bytes - 1) < <u32>PLAIN_DIGITS && load<u8>(at) != 0x30) {
      const number = plainDigits(at, end);
      if (number >= 0) return number;
    }
    if (!isNumber(at, end) || decodeI64(NUMBERS, at, end) != end) return orElse;
    return load<i64>(NUMBERS, JSON_I64_AT);
  }

  /** The whole span as a number, as JSON writes them; `orElse` where it is none. */
  parseF64(orElse: f64): f64 {
    const at = <usize>this.__at;
    const end = at + <usize>this.__bytes;
    if (!isNumber(at, end) || decodeF64(NUMBERS, at, end) != end) return orElse;
    return load<f64>(NUMBERS, JSON_F64_AT);
  }

  /** What Kafka's Integer, Long and Double serdes wrote; 0 where the bytes are not as many (4, 8, 8). */
  toI32(): i32 {
    return this.__bytes == I32_BYTES ? readI32(<usize>this.__at) : 0;
  }

  toI64(): i64 {
    return this.__bytes == I64_BYTES ? readI64(<usize>this.__at) : 0;
  }

  toF64(): f64 {
    return this.__bytes == F64_BYTES ? readF64(<usize>this.__at) : 0;
  }
}

/** A span over bytes of ours. */
@inline
export function spanOf(at: usize, bytes: i32): Span {
  const span = scratch(8);
  store<u32>(span, <u32>at);
  store<i32>(span, bytes, 4);
  return changetype<Span>(span);
}

/** Both sides are padded: 8 bytes may be read where fewer count. */
function sameBytes(left: usize, right: usize, bytes: usize): bool {
  burnBytes(bytes);
  for (let at: usize = 0; at < bytes; at += 8) {
    const rest = bytes - at;
    const differs = load<u64>(left + at) ^ load<u64>(right + at);
    if (rest >= 8 ? differs != 0 : differs << (<u64>(8 - rest) << 3) != 0) return false;
  }
  return true;
}

@inline
function isBlank(byte: u32): bool {
  return byte == 0x20 || (byte >= 9 && byte <= 13);
}

/** Digits and nothing else; -1: something else. */
@inline
function plainDigits(at: usize, end: usize): i64 {
  let number: i64 = 0;
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (!isDigit(byte)) return -1;
    number = number * 10 + <i64>(byte - 0x30);
  }
  return number;
}

function isNumber(at: usize, end: usize): bool {
  burnBytes(end - at);
  if (at >= end) return false;
  const first = <u32>load<u8>(at);
  return isDigit(first) || first == 0x2d;
}
