/**
 * CRC-32C (Castagnoli, RFC 3720), for what passes no kernel. Polynomials over GF(2) are int32 with the highest
 * power in bit 0, as in zlib's crc32.c, whose way to combine checksums this is.
 */
const POLYNOMIAL = 0x82f63b78 | 0;
const ONE = 0x8000_0000 | 0;
/** x^8: one byte. */
const ONE_BYTE = ONE >>> 8;
const LANES = 8;
const tables = makeTables();
/** x^(8 * 2^n) for n from 0 to 31: to move a checksum past any number of bytes, one product a bit. */
const byteShifts = makeByteShifts();

/** The checksum of bytes[from, to), as an unsigned number. `before`: that of the bytes before them. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length, before = 0): number {
  const t = tables;
  const whole = to - ((to - from) % LANES);
  let crc = ~before;
  let at = from;
  for (; at < whole; at += LANES) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    crc =
      t[0x700 | (low & 255)]! ^
      t[0x600 | ((low >>> 8) & 255)]! ^
      t[0x500 | ((low >>> 16) & 255)]! ^
      t[0x400 | (low >>> 24)]! ^
      t[0x300 | bytes[at + 4]!]! ^
      t[0x200 | bytes[at + 5]!]! ^
      t[0x100 | bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!;
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

/** The checksum of A followed by B, from those of A and of B. `bytesB`: length of B. */
export function crc32cCombine(crcA: number, crcB: number, bytesB: number): number {
  return (movePast(crcA, bytesB) ^ crcB) >>> 0;
}

/**
 * The checksum of head and rest after the head has changed, without the rest being read.
 * `whole`: the checksum before; `head`, `headNow`: those of the head alone, before and now.
 */
export function crc32cReplaceHead(whole: number, head: number, headNow: number, restBytes: number): number {
  return (whole ^ movePast(head ^ headNow, restBytes)) >>> 0;
}

/** A checksum's share in that of its bytes and `bytes` more: times x^(8 * bytes). */
function movePast(crc: number, bytes: number): number {
  let moved = crc | 0;
  for (let rest = bytes, bit = 0; rest > 0; rest >>>= 1, bit++) {
    if (rest & 1) moved = multiply(byteShifts[bit]!, moved);
  }
  return moved;
}

function multiply(left: number, right: number): number {
  let product = 0;
  let shifted = right;
  for (let power = left; power !== 0; power <<= 1) {
    if (power < 0) product ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
  }
  return product;
}

function makeByteShifts(): Int32Array {
  const shifts = new Int32Array(32);
  shifts[0] = ONE_BYTE;
  for (let n = 1; n < shifts.length; n++) shifts[n] = multiply(shifts[n - 1]!, shifts[n - 1]!);
  return shifts;
}

/** Row k: what a byte comes to that k more bytes follow. */
function makeTables(): Int32Array {
  const made = new Int32Array(LANES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    made[byte] = crc;
  }
  for (let at = 256; at < made.length; at++) {
    const shorter = made[at - 256]!;
    made[at] = (shorter >>> 8) ^ made[shorter & 255]!;
  }
  return made;
}
