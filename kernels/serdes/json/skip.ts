import { ERROR_JSON_DEPTH, ERROR_JSON_TRUNCATED, ERROR_JSON_UNEXPECTED } from "../../abi/errors";
import { JSON_DEPTH_MAX, JSON_SKIP_STACK_AT } from "../../abi/json-descriptor";
import { scanNumber } from "./number-scan";
import { fail, isDigit, skipSpace } from "./scan";
import { skipString } from "./string-decode";

/** `at` at the first letter of true, false or null. @returns behind it; 0: failed. */
export function skipLiteral(descriptor: usize, at: usize, end: usize): usize {
  const word = load<u32>(at);
  let next: usize = 0;
  if (word == 0x65757274 || word == 0x6c6c756e) next = at + 4; // true, null
  if (word == 0x736c6166 && load<u8>(at, 4) == 0x65) next = at + 5; // false
  if (next == 0) return fail(descriptor, ERROR_JSON_UNEXPECTED, at);
  return next > end ? fail(descriptor, ERROR_JSON_TRUNCATED, end) : next;
}

/** `"name" :`, from its first byte. @returns behind the colon; 0: failed. */
function skipName(descriptor: usize, at: usize, end: usize): usize {
  if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
  if (load<u8>(at) != 0x22) return fail(descriptor, ERROR_JSON_UNEXPECTED, at);
  at = skipString(descriptor, at + 1, end);
  if (at == 0) return 0;
  at = skipSpace(at, end);
  if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
  if (load<u8>(at) != 0x3a) return fail(descriptor, ERROR_JSON_UNEXPECTED, at);
  return at + 1;
}

/** One bit a level: 1 an object, 0 an array. */
@inline
function pushLevel(descriptor: usize, depth: u32, isObject: u32): void {
  const word = descriptor + JSON_SKIP_STACK_AT + ((<usize>depth >>> 5) << 2);
  const bit: u32 = 1 << (depth & 31);
  store<u32>(word, (load<u32>(word) & ~bit) | (isObject ? bit : 0));
}

@inline
function levelIsObject(descriptor: usize, depth: u32): bool {
  return ((load<u32>(descriptor + JSON_SKIP_STACK_AT + ((<usize>depth >>> 5) << 2)) >>> (depth & 31)) & 1) != 0;
}

/**
 * Checks one value of any shape against the whole grammar, without recursion.
 *
 * @param at anywhere before it, white space allowed. @returns the address behind it; 0: failed.
 */
export function skipValue(descriptor: usize, at: usize, end: usize): usize {
  let depth: u32 = 0;
  while (true) {
    at = skipSpace(at, end);
    if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
    const byte = <u32>load<u8>(at);
    if (byte == 0x7b || byte == 0x5b) {
      const open = at;
      at = skipSpace(at + 1, end);
      if (at < end && <u32>load<u8>(at) == byte + 2) at++; // {} or []
      else {
        if (depth == JSON_DEPTH_MAX) return fail(descriptor, ERROR_JSON_DEPTH, open);
        pushLevel(descriptor, depth++, u32(byte == 0x7b));
        if (byte == 0x7b && (at = skipName(descriptor, at, end)) == 0) return 0;
        continue;
      }
    } else {
      if (byte == 0x22) at = skipString(descriptor, at + 1, end);
      else if (byte == 0x2d || isDigit(byte)) at = scanNumber(descriptor, at, end);
      else at = skipLiteral(descriptor, at, end);
      if (at == 0) return 0;
    }
    // behind a value: close levels until a comma asks for the next one
    while (true) {
      if (depth == 0) return at;
      at = skipSpace(at, end);
      if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
      const isObject = levelIsObject(descriptor, depth - 1);
      const after = <u32>load<u8>(at);
      if (after == 0x2c) {
        at++;
        if (isObject && (at = skipName(descriptor, skipSpace(at, end), end)) == 0) return 0;
        break;
      }
      if (after != (isObject ? <u32>0x7d : <u32>0x5d)) return fail(descriptor, ERROR_JSON_UNEXPECTED, at);
      at++;
      depth--;
    }
  }
}

/**
 * Checks an array as a whole and counts its elements: a vector must know its length before its elements' bytes
 * are written behind it.
 *
 * @param at at `[`. @returns elements; -1: failed.
 */
export function countElements(descriptor: usize, at: usize, end: usize): i32 {
  at = skipSpace(at + 1, end);
  if (at < end && load<u8>(at) == 0x5d) return 0;
  let count = 0;
  while (true) {
    at = skipValue(descriptor, at, end);
    if (at == 0) return -1;
    count++;
    at = skipSpace(at, end);
    if (at >= end) return <i32>fail(descriptor, ERROR_JSON_TRUNCATED, end) - 1;
    const byte = <u32>load<u8>(at);
    if (byte == 0x5d) return count;
    if (byte != 0x2c) return <i32>fail(descriptor, ERROR_JSON_UNEXPECTED, at) - 1;
    at++;
  }
}
