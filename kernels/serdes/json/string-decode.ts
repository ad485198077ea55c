import {
  ERROR_JSON_CONTROL_CHARACTER,
  ERROR_JSON_ESCAPE,
  ERROR_JSON_TRUNCATED,
  ERROR_JSON_UTF8,
} from "../../abi/errors";
import { JSON_NON_ASCII_AT, JSON_WRITTEN_AT } from "../../abi/json-descriptor";
import { fail, isUtf8, stopsIn } from "./scan";

/** The four hex digits at `at`, or -1. */
export function hexAt(at: usize): i32 {
  let number: u32 = 0;
  for (let index: usize = 0; index < 4; index++) {
    const byte = <u32>load<u8>(at + index);
    let digit = byte - 0x30;
    if (digit > 9) {
      digit = (byte | 0x20) - 0x61;
      if (digit > 5) return -1;
      digit += 10;
    }
    number = (number << 4) | digit;
  }
  return <i32>number;
}

/** Writes one code point as UTF-8; a lone surrogate as its three bytes would be (WTF-8), so that it is kept. */
function writeCodePoint(point: u32, target: usize): usize {
  if (point < 0x80) {
    store<u8>(target, point);
    return target + 1;
  }
  if (point < 0x800) {
    store<u8>(target, 0xc0 | (point >>> 6));
    store<u8>(target, 0x80 | (point & 63), 1);
    return target + 2;
  }
  if (point < 0x10000) {
    store<u8>(target, 0xe0 | (point >>> 12));
    store<u8>(target, 0x80 | ((point >>> 6) & 63), 1);
    store<u8>(target, 0x80 | (point & 63), 2);
    return target + 3;
  }
  store<u8>(target, 0xf0 | (point >>> 18));
  store<u8>(target, 0x80 | ((point >>> 12) & 63), 1);
  store<u8>(target, 0x80 | ((point >>> 6) & 63), 2);
  store<u8>(target, 0x80 | (point & 63), 3);
  return target + 4;
}

/** What the escape \x stands for, or 0 where there is none such. */
function unescaped(letter: u32): u32 {
  switch (letter) {
    case 0x22:
    case 0x5c:
    case 0x2f:
      return letter;
    case 0x6e:
      return 10;
    case 0x74:
      return 9;
    case 0x72:
      return 13;
    case 0x62:
      return 8;
    case 0x66:
      return 12;
    default:
      return 0;
  }
}

/**
 * Unescapes a string's content to `target`, 16 bytes a step; up to 16 bytes past its end are overwritten.
 *
 * @param at behind the opening quote.
 * @returns the address behind the closing quote; JSON_WRITTEN_AT holds the end of the content. 0: failed.
 */
export function decodeString(descriptor: usize, at: usize, end: usize, target: usize): usize {
  let high: u32 = 0;
  let clean = at; // the source bytes before this one, since the last escape, are checked or plain ASCII
  while (true) {
    if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
    const bytes = v128.load(at);
    v128.store(target, bytes);
    const stops = stopsIn(bytes);
    if (stops == 0) {
      high |= <u32>i8x16.bitmask(bytes);
      at += 16;
      target += 16;
      continue;
    }
    const count = <usize>ctz(stops);
    high |= <u32>i8x16.bitmask(bytes) & ((1 << <u32>count) - 1);
    at += count;
    target += count;
    if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
    const byte = <u32>load<u8>(at);
    if (byte < 0x20) return fail(descriptor, ERROR_JSON_CONTROL_CHARACTER, at);
    if (high) {
      store<u32>(descriptor, 1, JSON_NON_ASCII_AT);
      if (!isUtf8(clean, at)) return fail(descriptor, ERROR_JSON_UTF8, clean);
      high = 0;
    }
    if (byte == 0x22) break;
    const letter = <u32>load<u8>(at, 1);
    if (letter == 0x75) {
      let point = hexAt(at + 2);
      if (point < 0) return fail(descriptor, ERROR_JSON_ESCAPE, at);
      if (point > 0x7f) store<u32>(descriptor, 1, JSON_NON_ASCII_AT);
      at += 6;
      if ((point & 0xfc00) == 0xd800 && load<u16>(at) == 0x755c) {
        const low = hexAt(at + 2);
        if (low >= 0 && (low & 0xfc00) == 0xdc00) {
          point = 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff);
          at += 6;
        }
      }
      target = writeCodePoint(point, target);
    } else {
      const single = unescaped(letter);
      if (single == 0) return fail(descriptor, ERROR_JSON_ESCAPE, at);
      store<u8>(target++, single);
      at += 2;
    }
    clean = at;
  }
  store<u32>(descriptor, <u32>target, JSON_WRITTEN_AT);
  return at + 1;
}

/** Checks a string without keeping it. @param at behind the opening quote. @returns behind the closing one; 0: failed. */
export function skipString(descriptor: usize, at: usize, end: usize): usize {
  let high: u32 = 0;
  let clean = at;
  while (true) {
    if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
    const bytes = v128.load(at);
    const stops = stopsIn(bytes);
    if (stops == 0) {
      high |= <u32>i8x16.bitmask(bytes);
      at += 16;
      continue;
    }
    const count = <usize>ctz(stops);
    high |= <u32>i8x16.bitmask(bytes) & ((1 << <u32>count) - 1);
    at += count;
    if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
    const byte = <u32>load<u8>(at);
    if (byte < 0x20) return fail(descriptor, ERROR_JSON_CONTROL_CHARACTER, at);
    if (high) {
      if (!isUtf8(clean, at)) return fail(descriptor, ERROR_JSON_UTF8, clean);
      high = 0;
    }
    if (byte == 0x22) return at + 1;
    const letter = <u32>load<u8>(at, 1);
    if (letter == 0x75) {
      if (hexAt(at + 2) < 0) return fail(descriptor, ERROR_JSON_ESCAPE, at);
      at += 6;
    } else {
      if (unescaped(letter) == 0) return fail(descriptor, ERROR_JSON_ESCAPE, at);
      at += 2;
    }
    clean = at;
  }
}
