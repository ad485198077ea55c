import { stopsIn } from "./scan";

/** The letter of a short escape (\n and its like), or 0. */
function shortEscape(byte: u32): u32 {
  switch (byte) {
    case 0x22:
    case 0x5c:
      return byte;
    case 8:
      return 0x62;
    case 9:
      return 0x74;
    case 10:
      return 0x6e;
    case 12:
      return 0x66;
    case 13:
      return 0x72;
    default:
      return 0;
  }
}

@inline
function hexDigit(value: u32): u32 {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

/** \uXXXX in lower case, as JSON.stringify writes it. */
function writeUnicodeEscape(unit: u32, target: usize): usize {
  store<u16>(target, 0x755c);
  store<u8>(target, hexDigit(unit >>> 12), 2);
  store<u8>(target, hexDigit((unit >>> 8) & 15), 3);
  store<u8>(target, hexDigit((unit >>> 4) & 15), 4);
  store<u8>(target, hexDigit(unit & 15), 5);
  return target + 6;
}

/**
 * Escapes a string's content as JSON.stringify does: quote, backslash and control characters; and lone surrogates,
 * which stand in the row as three bytes that are not UTF-8 (ED A0 80 to ED BF BF). May write 16 bytes past its end.
 *
 * @returns the address behind the content.
 */
export function encodeString(source: usize, length: usize, target: usize): usize {
  const end = source + length;
  while (source < end) {
    const bytes = v128.load(source);
    v128.store(target, bytes);
    const stops = stopsIn(bytes) | <u32>i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(-19)));
    const plain: usize = stops ? <usize>ctz(stops) : 16;
    source += plain;
    target += plain;
    if (source >= end) return target - (source - end);
    if (stops == 0) continue;
    const byte = <u32>load<u8>(source);
    if (byte == 0xed) {
      const second = <u32>load<u8>(source, 1);
      if (second >= 0xa0) {
        target = writeUnicodeEscape(0xd000 | ((second & 63) << 6) | (<u32>load<u8>(source, 2) & 63), target);
      } else {
        store<u16>(target, load<u16>(source));
        store<u8>(target, load<u8>(source, 2), 2);
        target += 3;
      }
      source += 3;
      continue;
    }
    source++;
    const letter = shortEscape(byte);
    if (letter) {
      store<u16>(target, <u16>(0x5c | (letter << 8)));
      target += 2;
    } else target = writeUnicodeEscape(byte, target);
  }
  return target;
}
