import { ERROR_JSON_NUMBER } from "../../abi/errors";
import { JSON_EXPONENT_AT, JSON_FORM_AT, JSON_MANTISSA_AT } from "../../abi/json-descriptor";
import { fail, isDigit } from "./scan";

/** Bits of JSON_FORM_AT: how a number was written. */
export const FORM_NEGATIVE: u32 = 1;
/** Has a fraction or an exponent. */
export const FORM_FRACTION: u32 = 2;
/** Digits other than 0 follow the 19 that the mantissa holds. */
export const FORM_CUT: u32 = 4;

/** Digits that a u64 always holds. */
const MANTISSA_DIGITS: i32 = 19;
/** Larger exponents change nothing, and stay clear of overflow. */
const EXPONENT_BOUND: i64 = 1000000000000;

/**
 * Reads a number by JSON's grammar into mantissa x 10^exponent.
 *
 * @param at at `-` or a digit. @returns the address behind it; 0: failed.
 */
export function scanNumber(descriptor: usize, at: usize, end: usize): usize {
  let form: u32 = 0;
  let byte: u32 = at < end ? load<u8>(at) : 0;
  if (byte == 0x2d) {
    form = FORM_NEGATIVE;
    at++;
    byte = at < end ? load<u8>(at) : 0;
  }
  if (!isDigit(byte)) return fail(descriptor, ERROR_JSON_NUMBER, at);
  let mantissa: u64 = 0;
  let digits: i32 = 0;
  let exponent: i64 = 0;
  if (byte == 0x30) {
    at++;
    byte = at < end ? load<u8>(at) : 0;
  } else {
    while (isDigit(byte)) {
      if (digits < MANTISSA_DIGITS) {
        mantissa = mantissa * 10 + (byte - 0x30);
        digits++;
      } else {
        exponent++;
        if (byte != 0x30) form |= FORM_CUT;
      }
      at++;
      byte = at < end ? load<u8>(at) : 0;
    }
  }
  if (byte == 0x2e) {
    form |= FORM_FRACTION;
    at++;
    byte = at < end ? load<u8>(at) : 0;
    if (!isDigit(byte)) return fail(descriptor, ERROR_JSON_NUMBER, at);
    while (isDigit(byte)) {
      if (digits < MANTISSA_DIGITS) {
        mantissa = mantissa * 10 + (byte - 0x30);
        digits += i32(mantissa != 0);
        exponent--;
      } else if (byte != 0x30) form |= FORM_CUT;
      at++;
      byte = at < end ? load<u8>(at) : 0;
    }
  }
  if ((byte | 0x20) == 0x65) {
    form |= FORM_FRACTION;
    at++;
    byte = at < end ? load<u8>(at) : 0;
    let below = false;
    if (byte == 0x2b || byte == 0x2d) {
      below = byte == 0x2d;
      at++;
      byte = at < end ? load<u8>(at) : 0;
    }
    if (!isDigit(byte)) return fail(descriptor, ERROR_JSON_NUMBER, at);
    let written: i64 = 0;
    while (isDigit(byte)) {
      if (written < EXPONENT_BOUND) written = written * 10 + (byte - 0x30);
      at++;
      byte = at < end ? load<u8>(at) : 0;
    }
    exponent += below ? -written : written;
  }
  store<u64>(descriptor, mantissa, JSON_MANTISSA_AT);
  store<i64>(descriptor, exponent, JSON_EXPONENT_AT);
  store<u32>(descriptor, form, JSON_FORM_AT);
  return at;
}
