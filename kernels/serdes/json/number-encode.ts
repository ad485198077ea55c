import { multiplyHigh } from "./multiply";
import { powerOfTen } from "./powers-of-ten";

/** Bytes of the longest number: -2.2250738585072014e-308 and its like. */
export const NUMBER_BYTES_MAX: i32 = 25;

/** Digits of a u64, at least one. */
function digitsOf(number: u64): i32 {
  let digits = 1;
  for (; number >= 10000; number /= 10000) digits += 4;
  if (number >= 1000) return digits + 3;
  if (number >= 100) return digits + 2;
  return number >= 10 ? digits + 1 : digits;
}

/** Writes exactly `digits` digits, the lowest of `number`. */
function writeDigits(number: u64, digits: i32, target: usize): void {
  let at = target + <usize>digits;
  if (number >= 0x100000000) {
    for (; number >= 0x100000000; number /= 10) store<u8>(--at, 0x30 + <u32>(number % 10));
  }
  let small = <u32>number; // 32-bit division is the faster one
  while (at > target) {
    store<u8>(--at, 0x30 + (small % 10));
    small /= 10;
  }
}

/** @returns the address behind the number. */
export function encodeI64(number: i64, target: usize): usize {
  let magnitude = <u64>number;
  if (number < 0) {
    store<u8>(target++, 0x2d);
    magnitude = 0 - magnitude;
  }
  const digits = digitsOf(magnitude);
  writeDigits(magnitude, digits, target);
  return target + <usize>digits;
}

/**
 * Writes a number as JSON.stringify does: the shortest digits that read back as it, in the form of ECMAScript's
 * Number::toString; NaN and the infinities as null.
 *
 * @returns the address behind it.
 */
export function encodeF64(number: f64, target: usize): usize {
  if (number != number || number == Infinity || number == -Infinity) {
    store<u32>(target, 0x6c6c756e);
    return target + 4;
  }
  if (number < 0) {
    store<u8>(target++, 0x2d);
    number = -number;
  }
  if (number < 9007199254740992 && <f64>(<u64>number) == number) {
    const whole = <u64>number;
    const digits = digitsOf(whole);
    writeDigits(whole, digits, target);
    return target + <usize>digits;
  }
  return writeShortest(reinterpret<u64>(number), target);
}

/** floor(log2(10^power)), |power| <= 1233. */
@inline
function log2OfPower(power: i32): i32 {
  return (power * 1741647) >> 19;
}

/** (g x number) >> 128 for the 128-bit g, its last bit set when anything was cut off ("round to odd"). */
@inline
function roundToOdd(high: u64, low: u64, number: u64): u64 {
  const below = multiplyHigh(low, number);
  const middle = high * number + below;
  const top = multiplyHigh(high, number) + u64(middle < below);
  return top | u64(middle > 1);
}

/**
 * Raffaello Giulietti, "The Schubfach way to render doubles" (2020): the shortest decimal in the interval of what
 * rounds to the number; the nearest one among these.
 *
 * @param bits of a positive, finite f64.
 */
function writeShortest(bits: u64, target: usize): usize {
  const fraction = bits & 0x000fffffffffffff;
  const field = <i32>(bits >>> 52);
  const significand = field ? fraction | (<u64>1 << 52) : fraction;
  const binary = field ? field - 1075 : -1074;
  const odd = significand & 1;
  const closer = fraction == 0 && field > 1; // the neighbour below is nearer: a power of two
  const power = (binary * 1262611 - (closer ? 524031 : 0)) >> 22;
  const shift = <u64>(binary + log2OfPower(-power) + 1);
  const table = powerOfTen(-power);
  let high = load<u64>(table);
  let low = load<u64>(table, 8);
  // the algorithm wants the power rounded up; the table rounds only these so, and 0 to 55 are exact
  if (-power < -27 || -power > 55) {
    low++;
    if (low == 0) high++;
  }
  const lower = roundToOdd(high, low, ((significand << 2) - 2 + u64(closer)) << shift) + odd;
  const value = roundToOdd(high, low, (significand << 2) << shift);
  const upper = roundToOdd(high, low, ((significand << 2) + 2) << shift) - odd;
  const quarter = value >>> 2;
  if (quarter >= 10) {
    const tenth = quarter / 10;
    const below = lower <= 40 * tenth;
    const above = 40 * tenth + 40 <= upper;
    if (below != above) return writeDecimal(tenth + u64(above), power + 1, target);
  }
  const below = lower <= quarter << 2;
  const above = (quarter << 2) + 4 <= upper;
  if (below != above) return writeDecimal(quarter + u64(above), power, target);
  const middle = (quarter << 2) + 2;
  const up = value > middle || (value == middle && (quarter & 1) != 0);
  return writeDecimal(quarter + u64(up), power, target);
}

/** decimal x 10^power in the form of Number::toString (ECMA-262, 6.1.6.1.20). */
function writeDecimal(decimal: u64, power: i32, target: usize): usize {
  while (decimal % 10 == 0) {
    decimal /= 10;
    power++;
  }
  const digits = digitsOf(decimal);
  const point = digits + power; // digits before the point
  if (power >= 0 && point <= 21) {
    writeDigits(decimal, digits, target);
    memory.fill(target + <usize>digits, 0x30, <usize>power);
    return target + <usize>point;
  }
  if (point > 0 && point <= 21) {
    writeDigits(decimal, digits, target + 1);
    for (let index: usize = 0; index < <usize>point; index++) store<u8>(target + index, load<u8>(target + index, 1));
    store<u8>(target + <usize>point, 0x2e);
    return target + <usize>digits + 1;
  }
  if (point <= 0 && point > -6) {
    store<u16>(target, 0x2e30); // 0.
    memory.fill(target + 2, 0x30, <usize>-point);
    writeDigits(decimal, digits, target + 2 + <usize>-point);
    return target + 2 + <usize>(digits - point);
  }
  writeDigits(decimal, digits, target + 1);
  store<u8>(target, load<u8>(target, 1));
  let at = target + 1;
  if (digits > 1) {
    store<u8>(at, 0x2e);
    at += <usize>digits;
  }
  const exponent = point - 1;
  store<u8>(at, 0x65);
  store<u8>(at, exponent < 0 ? 0x2d : 0x2b, 1);
  return encodeI64(exponent < 0 ? -exponent : exponent, at + 2);
}
