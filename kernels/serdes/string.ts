/**
 * Kafka's StringDeserializer and StringSerializer: UTF-8, where what is malformed becomes U+FFFD exactly as in
 * Java's `new String(bytes, UTF_8)`. So a string that passes through an application in Java may come out with other
 * bytes, and does so here.
 */

/** U+FFFD in UTF-8, little endian. */
const REPLACEMENT: u32 = 0xbdbfef;
const REPLACEMENT_BYTES: i32 = 3;

/** Whether these bytes are UTF-8 that Java would leave as it is. */
export function isUtf8(bytes: usize, length: i32): bool {
  const end = bytes + <usize>length;
  let at = asciiEnd(bytes, end);
  while (at < end) {
    const step = stepAt(at, end);
    if (step < 0) return false;
    at += step;
  }
  return true;
}

/** Bytes that `mendUtf8` writes: up to three times as many. */
export function mendedBytes(bytes: usize, length: i32): i32 {
  const end = bytes + <usize>length;
  let mended = 0;
  for (let at = bytes; at < end; ) {
    const step = stepAt(at, end);
    mended += step < 0 ? REPLACEMENT_BYTES : step;
    at += step < 0 ? -step : step;
  }
  return mended;
}

/** Copies, with U+FFFD for what is malformed. Writes up to 1 byte past its end. @returns bytes written. */
export function mendUtf8(bytes: usize, length: i32, target: usize): i32 {
  const end = bytes + <usize>length;
  let to = target;
  for (let at = bytes; at < end; ) {
    const step = stepAt(at, end);
    if (step < 0) {
      store<u32>(to, REPLACEMENT);
      to += REPLACEMENT_BYTES;
      at -= step;
      continue;
    }
    for (let index = 0; index < step; index++) store<u8>(to++, load<u8>(at++));
  }
  return <i32>(to - target);
}

/** Where the first byte above 0x7f stands, or `end`. */
function asciiEnd(bytes: usize, end: usize): usize {
  let at = bytes;
  for (; at < end; at += 16) {
    const high = i8x16.bitmask(v128.load(at));
    if (high) {
      at += ctz(high);
      break;
    }
  }
  return at < end ? at : end;
}

/**
 * One step of Java's decoder.
 *
 * @returns bytes of the character that begins at `at`; or, negated, of what U+FFFD takes the place of.
 */
function stepAt(at: usize, end: usize): i32 {
  const first = <u32>load<u8>(at);
  if (first < 0x80) return 1;
  const left = <i32>(end - at);
  if (first >= 0xc2 && first <= 0xdf) return left > 1 && isContinuation(load<u8>(at, 1)) ? 2 : -1;
  if ((first & 0xf0) == 0xe0) return stepOfThree(at, first, left);
  if ((first & 0xf8) == 0xf0) return stepOfFour(at, first, left);
  return -1;
}

function stepOfThree(at: usize, first: u32, left: i32): i32 {
  if (left == 1) return -1;
  const second = <u32>load<u8>(at, 1);
  if (!isContinuation(second) || (first == 0xe0 && second < 0xa0)) return -1;
  if (left == 2) return -2;
  if (!isContinuation(load<u8>(at, 2))) return -2;
  return first == 0xed && second >= 0xa0 ? -3 : 3; // a surrogate is one U+FFFD in Java
}

function stepOfFour(at: usize, first: u32, left: i32): i32 {
  if (first > 0xf4 || left == 1) return -1;
  const second = <u32>load<u8>(at, 1);
  if (!isContinuation(second) || (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return -1;
  if (left == 2) return -2;
  if (!isContinuation(load<u8>(at, 2))) return -2;
  return left > 3 && isContinuation(load<u8>(at, 3)) ? 4 : -3;
}

@inline
function isContinuation(byte: u32): bool {
  return (byte & 0xc0) == 0x80;
}
