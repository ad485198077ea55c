import { ERROR_JSON_RANGE } from "../../abi/errors";
import {
  JSON_BIG_LEFT_AT,
  JSON_BIG_RIGHT_AT,
  JSON_EXPONENT_AT,
  JSON_F64_AT,
  JSON_FORM_AT,
  JSON_I64_AT,
  JSON_MANTISSA_AT,
} from "../../abi/json-descriptor";
import { bigCompare, bigMultiplyAdd, bigMultiplyFives, bigSet, bigShift } from "./big-integer";
import { multiplyHigh } from "./multiply";
import { FORM_CUT, FORM_NEGATIVE, scanNumber } from "./number-scan";
import { powerOfTen } from "./powers-of-ten";
import { fail, isDigit } from "./scan";

const EXACT_POWERS: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
  1e20, 1e21, 1e22,
]);
const INFINITY_BITS: u64 = 0x7ff0000000000000;
const FRACTION_BITS: u64 = 0x000fffffffffffff;
/** More significant digits than these cannot change the result, only that there are some (Lemire 2021). */
const DIGITS_BOUND: i32 = 770;

/**
 * Reads a number as the nearest f64, ties to even, as JSON.parse does; it is left at JSON_F64_AT.
 *
 * @param at at `-` or a digit. @returns the address behind it; 0: failed.
 */
export function decodeF64(descriptor: usize, at: usize, end: usize): usize {
  const next = scanNumber(descriptor, at, end);
  if (next == 0) return 0;
  const mantissa = load<u64>(descriptor, JSON_MANTISSA_AT);
  const exponent = load<i64>(descriptor, JSON_EXPONENT_AT);
  const form = load<u32>(descriptor, JSON_FORM_AT);
  let number: f64;
  if (!(form & FORM_CUT) && mantissa <= 9007199254740992 && exponent >= -22 && exponent <= 22) {
    // both factors are exact, so the one rounding is right (Clinger 1990)
    number = <f64>mantissa;
    if (exponent < 0) number /= load<f64>(EXACT_POWERS + (<usize>-exponent << 3));
    else number *= load<f64>(EXACT_POWERS + (<usize>exponent << 3));
  } else {
    let bits = nearestBits(mantissa, exponent);
    if (form & FORM_CUT && bits != nearestBits(mantissa + 1, exponent)) {
      bits = exactBits(descriptor, at, next, bits);
    }
    number = reinterpret<f64>(bits);
  }
  store<f64>(descriptor, form & FORM_NEGATIVE ? -number : number, JSON_F64_AT);
  return next;
}

/**
 * The f64 nearest to mantissa x 10^exponent, as its bits: Eisel and Lemire's algorithm. 128 bits of the power
 * decide every mantissa of 64 bits (Mushtak and Lemire, "Fast Number Parsing Without Fallback", 2023).
 */
function nearestBits(mantissa: u64, exponent: i64): u64 {
  if (mantissa == 0 || exponent < -342) return 0;
  if (exponent > 308) return INFINITY_BITS;
  const power = <i32>exponent;
  const zeros = <i32>clz(mantissa);
  const scaled = mantissa << zeros;
  const table = powerOfTen(power);
  const tenHigh = load<u64>(table);
  let high = multiplyHigh(scaled, tenHigh);
  let low = scaled * tenHigh;
  if ((high & 0x1ff) == 0x1ff) {
    const more = multiplyHigh(scaled, load<u64>(table, 8));
    low += more;
    if (low < more) high++;
  }
  const upper = <i32>(high >>> 63);
  let significand = high >>> (upper + 9);
  let binary = ((217706 * power) >> 16) + 63 + upper - zeros + 1023;
  if (binary <= 0) {
    const shift = 1 - binary;
    if (shift >= 64) return 0;
    significand >>>= shift;
    significand += significand & 1;
    return significand >>> 1; // may round up into the smallest normal number: the bits are then right as well
  }
  if (low <= 1 && power >= -4 && power <= 23 && (significand & 3) == 1 && significand << (upper + 9) == high) {
    significand &= ~1; // exactly half way: to even
  }
  significand += significand & 1;
  significand >>>= 1;
  if (significand >= <u64>1 << 53) {
    significand = <u64>1 << 52;
    binary++;
  }
  if (binary >= 0x7ff) return INFINITY_BITS;
  return (significand & FRACTION_BITS) | (<u64>binary << 52);
}

/**
 * Decides between `lower` and the f64 above it for a number whose first 19 digits do not: compares all the digits,
 * exactly, with the middle of the two. The first 19 digits, and these plus one, lie a fraction of the distance
 * between two f64 apart, so there are no other candidates.
 */
function exactBits(descriptor: usize, at: usize, end: usize, lower: u64): u64 {
  const left = descriptor + JSON_BIG_LEFT_AT;
  const right = descriptor + JSON_BIG_RIGHT_AT;
  const exponent = readDigits(descriptor, at, end, left);
  const field = <i32>(lower >>> 52);
  const significand = field ? (lower & FRACTION_BITS) | (<u64>1 << 52) : lower;
  bigSet(right, (significand << 1) + 1);
  const binary = (field ? field - 1075 : -1074) - 1;
  if (exponent >= 0) bigMultiplyFives(left, exponent);
  else bigMultiplyFives(right, -exponent);
  if (exponent >= binary) bigShift(left, exponent - binary);
  else bigShift(right, binary - exponent);
  const order = bigCompare(left, right);
  return order > 0 || (order == 0 && (lower & 1) != 0) ? lower + 1 : lower;
}

/** All the significant digits into `big`. @returns the power of ten that they are to be multiplied with. */
function readDigits(descriptor: usize, at: usize, end: usize, big: usize): i32 {
  bigSet(big, 0);
  let digits = 0;
  let dropped = false;
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if ((byte | 0x20) == 0x65) break;
    if (!isDigit(byte) || (digits == 0 && byte == 0x30)) continue;
    if (digits < DIGITS_BOUND) {
      if (digits++ == 0) bigSet(big, byte - 0x30);
      else bigMultiplyAdd(big, 10, byte - 0x30);
    } else if (byte != 0x30) dropped = true;
  }
  if (dropped) {
    bigMultiplyAdd(big, 10, 1); // more than what is kept, by something
    digits++;
  }
  return <i32>load<i64>(descriptor, JSON_EXPONENT_AT) - (digits - 19);
}

/**
 * Reads an integer exactly; it is left at JSON_I64_AT. 1.0 and 1e3 are integers, as for JSON.parse.
 *
 * @param at at `-` or a digit. @returns the address behind it; 0: failed.
 */
export function decodeI64(descriptor: usize, at: usize, end: usize): usize {
  const next = scanNumber(descriptor, at, end);
  if (next == 0) return 0;
  let mantissa = load<u64>(descriptor, JSON_MANTISSA_AT);
  const form = load<u32>(descriptor, JSON_FORM_AT);
  let exponent = load<i64>(descriptor, JSON_EXPONENT_AT);
  if (form & FORM_CUT) return fail(descriptor, ERROR_JSON_RANGE, at); // 20 digits: no i64, or no integer
  if (exponent != 0 && mantissa != 0) {
    for (; exponent < 0; exponent++) {
      if (mantissa % 10 != 0) return fail(descriptor, ERROR_JSON_RANGE, at);
      mantissa /= 10;
    }
    for (; exponent > 0; exponent--) {
      if (mantissa > 922337203685477580) return fail(descriptor, ERROR_JSON_RANGE, at);
      mantissa *= 10;
    }
  }
  const negative = (form & FORM_NEGATIVE) != 0;
  if (mantissa > (negative ? <u64>1 << 63 : <u64>i64.MAX_VALUE)) return fail(descriptor, ERROR_JSON_RANGE, at);
  store<i64>(descriptor, negative ? -<i64>mantissa : <i64>mantissa, JSON_I64_AT);
  return next;
}
