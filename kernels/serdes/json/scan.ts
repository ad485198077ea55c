import { JSON_ERROR_ADDRESS_AT, JSON_ERROR_AT } from "../../abi/json-descriptor";

/**
 * Notes the first thing that is wrong.
 *
 * @returns 0, which every function of this folder that returns an address means as "failed".
 */
export function fail(descriptor: usize, code: i32, at: usize): usize {
  store<i32>(descriptor, code, JSON_ERROR_AT);
  store<u32>(descriptor, <u32>at, JSON_ERROR_ADDRESS_AT);
  return 0;
}

/** Address of the first byte that is not white space, or `end`. Past `end` it stays where it is. */
export function skipSpace(at: usize, end: usize): usize {
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) break;
    at++;
  }
  return at;
}

@inline
export function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

/** Bit mask of the bytes that end a plain copy of a string's content: quote, backslash, control characters. */
@inline
export function stopsIn(bytes: v128): u32 {
  return <u32>i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
      i8x16.eq(v128.and(bytes, i8x16.splat(-32)), i8x16.splat(0)),
    ),
  );
}

/** The same and bytes above 0x7f: as signed numbers these, and control characters, are the ones below 0x20. */
@inline
export function stopsInAscii(bytes: v128): u32 {
  return <u32>i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
      i8x16.lt_s(bytes, i8x16.splat(0x20)),
    ),
  );
}

/** Whether [at, end) is UTF-8 (RFC 3629: shortest forms, no surrogates, up to U+10FFFF). */
export function isUtf8(at: usize, end: usize): bool {
  while (at < end) {
    const first = <u32>load<u8>(at);
    if (first < 0x80) {
      at++;
      continue;
    }
    const bytes: usize = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || at + bytes > end) return false;
    const second = <u32>load<u8>(at, 1);
    if ((second & 0xc0) != 0x80) return false;
    if (bytes > 2 && (<u32>load<u8>(at, 2) & 0xc0) != 0x80) return false;
    if (bytes > 3 && (<u32>load<u8>(at, 3) & 0xc0) != 0x80) return false;
    if (first == 0xe0 && second < 0xa0) return false;
    if (first == 0xed && second > 0x9f) return false;
    if (first == 0xf0 && second < 0x90) return false;
    if (first == 0xf4 && second > 0x8f) return false;
    at += bytes;
  }
  return true;
}
