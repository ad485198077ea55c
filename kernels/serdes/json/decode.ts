import {
  ERROR_JSON_FIELD_MISSING,
  ERROR_JSON_RANGE,
  ERROR_JSON_TRUNCATED,
  ERROR_JSON_TYPE,
  ERROR_JSON_UNEXPECTED,
} from "../../abi/errors";
import {
  FIELD_FLAGS_AT,
  FIELD_HAS_NULL_MARK,
  FIELD_HOLDS_AT,
  FIELD_IS_FINITE,
  FIELD_IS_INTEGRAL,
  FIELD_IS_NULLABLE,
  FIELD_IS_SAFE,
  FIELD_KIND_AT,
  FIELD_LEARNED_AT,
  FIELD_NULL_CLEAR_AT,
  FIELD_NULL_PLACE_AT,
  FIELD_NULL_SET_AT,
  FIELD_PATTERN_AT,
  FIELD_PATTERN_BYTES_AT,
  FIELD_PATTERN_MASK_AT,
  FIELD_PLACE_AT,
  FIELD_STRIDE_AT,
  FIELD_VALUE_CLEAR_AT,
  FIELD_VALUE_SET_AT,
  JSON_CLEAR_AT,
  JSON_F64_AT,
  JSON_I64_AT,
  JSON_NON_ASCII_AT,
  JSON_SET_AT,
  JSON_WRITTEN_AT,
  KIND_ARRAY,
  KIND_BOOL,
  KIND_BOX,
  KIND_F64,
  KIND_I32,
  KIND_I64,
  KIND_OBJECT,
  KIND_RAW,
  KIND_STRING,
  TABLE_BYTES_AT,
  TABLE_FIELDS_AT,
  TABLE_FLAGS_AT,
  TABLE_IS_WIDE,
  TABLE_LEARNED_AT,
  TABLE_VTABLE_AT,
  TABLE_VTABLE_BYTES_AT,
} from "../../abi/json-descriptor";
import { copy16 } from "../../memory/copy";
import { decodeName, hasLongPattern } from "./names";
import { decodeF64, decodeI64 } from "./number-decode";
import { fail, isDigit, skipSpace, stopsInAscii } from "./scan";
import { countElements, skipLiteral, skipValue } from "./skip";
import { decodeString } from "./string-decode";
import { hasRequired, linkTable, markPresent } from "./vtables";

// Objects, values and arrays call each other, and circular imports crash the compiler: so they share this file.
// Each function takes and returns addresses in the source, 0 being "failed"; where its bytes end in the target is
// left at JSON_WRITTEN_AT, always divisible by 4.

/**
 * Decodes one object into a FlatBuffers table at `row`, what it holds behind that.
 *
 * The fast path: the member that comes next is the one that came next the last time. Its `"name":` is compared as
 * 32 bytes at once, and a short ASCII string is copied while it is looked through.
 *
 * @param at at `{`. @param row divisible by 8. @returns behind `}`; 0: failed.
 */
export function decodeObject(descriptor: usize, table: usize, at: usize, end: usize, row: usize): usize {
  if (load<u32>(table, TABLE_FLAGS_AT) & TABLE_IS_WIDE) return decodeWideObject(descriptor, table, at, end, row);
  let target = row + <usize>load<u32>(table, TABLE_BYTES_AT);
  let expected = descriptor + <usize>load<u32>(table, TABLE_LEARNED_AT);
  let learnAt = table + TABLE_LEARNED_AT;
  let mask: u64 = 0;
  while (true) {
    let next = at + 1; // behind `{` or a comma
    if (load<u8>(next) <= 0x20) next = skipSpace(next, end);
    const name = v128.load(next);
    const differs = v128.and(
      v128.xor(name, v128.load(expected, FIELD_PATTERN_AT)),
      v128.load(expected, FIELD_PATTERN_MASK_AT),
    );
    const patternBytes = <usize>load<u32>(expected, FIELD_PATTERN_BYTES_AT);
    if (!v128.any_true(differs) && (patternBytes <= 16 || hasLongPattern(expected, next))) {
      next += patternBytes;
      if (load<u8>(next) <= 0x20) next = skipSpace(next, end);
      learnAt = expected + FIELD_LEARNED_AT;
      if (load<u32>(expected, FIELD_KIND_AT) == KIND_STRING && load<u8>(next) == 0x22) {
        const content = v128.load(next, 1);
        v128.store(target, content, 4);
        let length = <usize>ctz(stopsInAscii(content)); // 32: none
        if (length < 16 && load<u8>(next + length, 1) == 0x22) at = next + length + 2;
        else {
          at = decodeString(descriptor, next + 1, end, target + 4);
          if (at == 0) return 0;
          length = <usize>load<u32>(descriptor, JSON_WRITTEN_AT) - target - 4;
        }
        const place = row + <usize>load<u32>(expected, FIELD_PLACE_AT);
        store<u32>(place, <u32>(target - place));
        store<u32>(target, <u32>length);
        store<u32>(target + length, 0, 4); // terminator and padding
        target = (target + length + 8) & ~3;
        mask = (mask & ~load<u64>(expected, FIELD_VALUE_CLEAR_AT)) | load<u64>(expected, FIELD_VALUE_SET_AT);
      } else {
        at = decodeValue(descriptor, expected, row, next, end, target);
        if (at == 0) return 0;
        mask = (mask & ~load<u64>(descriptor, JSON_CLEAR_AT)) | load<u64>(descriptor, JSON_SET_AT);
        target = load<u32>(descriptor, JSON_WRITTEN_AT);
      }
      expected = descriptor + <usize>load<u32>(expected, FIELD_LEARNED_AT);
    } else {
      if (load<u8>(at) == 0x7b && next < end && load<u8>(next) == 0x7d) {
        at = next + 1;
        break;
      }
      const value = decodeName(descriptor, table, next, end, expected, target);
      if (value == 0) return 0;
      const field = <usize>load<u32>(descriptor, JSON_WRITTEN_AT);
      if (field == 0) {
        at = skipValue(descriptor, value, end);
        if (at == 0) return 0;
      } else {
        at = decodeValue(descriptor, field, row, value, end, target);
        if (at == 0) return 0;
        mask = (mask & ~load<u64>(descriptor, JSON_CLEAR_AT)) | load<u64>(descriptor, JSON_SET_AT);
        target = load<u32>(descriptor, JSON_WRITTEN_AT);
        store<u32>(learnAt, <u32>(field - descriptor)); // learn the order of this data
        learnAt = field + FIELD_LEARNED_AT;
        expected = descriptor + <usize>load<u32>(learnAt);
      }
    }
    if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
    let byte = <u32>load<u8>(at);
    if (byte == 0x2c) continue;
    if (byte <= 0x20) {
      at = skipSpace(at, end);
      if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
      byte = load<u8>(at);
      if (byte == 0x2c) continue;
    }
    if (byte != 0x7d) return fail(descriptor, ERROR_JSON_UNEXPECTED, at);
    at++;
    break;
  }
  return linkTable(descriptor, table, row, mask, target) ? at : fail(descriptor, ERROR_JSON_FIELD_MISSING, at - 1);
}

/**
 * Decodes the value of a known field into its place. The presence bits that follow from it are left at JSON_SET_AT
 * and JSON_CLEAR_AT.
 *
 * @param at at the value's first byte. @param target where strings, vectors and tables go.
 */
function decodeValue(descriptor: usize, field: usize, row: usize, at: usize, end: usize, target: usize): usize {
  if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
  if (load<u8>(at) == 0x6e && load<u32>(field, FIELD_KIND_AT) != KIND_RAW) {
    const next = skipLiteral(descriptor, at, end);
    if (next == 0) return 0;
    const flags = load<u32>(field, FIELD_FLAGS_AT);
    if (!(flags & FIELD_IS_NULLABLE)) return fail(descriptor, ERROR_JSON_TYPE, at);
    if (flags & FIELD_HAS_NULL_MARK) store<u8>(row + <usize>load<u32>(field, FIELD_NULL_PLACE_AT), 1);
    store<u64>(descriptor, load<u64>(field, FIELD_NULL_SET_AT), JSON_SET_AT);
    store<u64>(descriptor, load<u64>(field, FIELD_NULL_CLEAR_AT), JSON_CLEAR_AT);
    store<u32>(descriptor, <u32>target, JSON_WRITTEN_AT);
    return next;
  }
  const next = decodeAt(descriptor, field, row + <usize>load<u32>(field, FIELD_PLACE_AT), at, end, target);
  store<u64>(descriptor, load<u64>(field, FIELD_VALUE_SET_AT), JSON_SET_AT);
  store<u64>(descriptor, load<u64>(field, FIELD_VALUE_CLEAR_AT), JSON_CLEAR_AT);
  return next;
}

/** Decodes a value that is not null as what `field` is, into `place`. */
function decodeAt(descriptor: usize, field: usize, place: usize, at: usize, end: usize, target: usize): usize {
  const byte = <u32>load<u8>(at);
  switch (load<u32>(field, FIELD_KIND_AT)) {
    case KIND_STRING: {
      if (byte != 0x22) break;
      const next = decodeString(descriptor, at + 1, end, target + 4);
      if (next) finishString(descriptor, place, target);
      return next;
    }
    case KIND_I64:
    case KIND_I32:
    case KIND_F64:
      if (byte != 0x2d && !isDigit(byte)) break;
      store<u32>(descriptor, <u32>target, JSON_WRITTEN_AT);
      return decodeNumber(descriptor, field, place, at, end);
    case KIND_BOOL:
      if (byte != 0x74 && byte != 0x66) break;
      store<u8>(place, u8(byte == 0x74));
      store<u32>(descriptor, <u32>target, JSON_WRITTEN_AT);
      return skipLiteral(descriptor, at, end);
    case KIND_OBJECT: {
      if (byte != 0x7b) break;
      const table = (target + 7) & ~7;
      store<u32>(place, <u32>(table - place));
      return decodeObject(descriptor, descriptor + <usize>load<u32>(field, FIELD_HOLDS_AT), at, end, table);
    }
    case KIND_ARRAY:
      if (byte != 0x5b) break;
      return decodeArray(descriptor, descriptor + <usize>load<u32>(field, FIELD_HOLDS_AT), place, at, end, target);
    case KIND_BOX: {
      const table = (target + 7) & ~7;
      store<u32>(place, <u32>(table - place));
      return decodeBox(descriptor, descriptor + <usize>load<u32>(field, FIELD_HOLDS_AT), at, end, table);
    }
    case KIND_RAW:
      return decodeRaw(descriptor, place, at, end, target);
    default:
      break;
  }
  // what is no JSON at all is reported as that
  const next = skipValue(descriptor, at, end);
  return next ? fail(descriptor, ERROR_JSON_TYPE, at) : 0;
}

/** Links and ends the string whose content stands at target + 4, up to JSON_WRITTEN_AT. */
function finishString(descriptor: usize, place: usize, target: usize): void {
  const contentEnd = <usize>load<u32>(descriptor, JSON_WRITTEN_AT);
  store<u32>(place, <u32>(target - place));
  store<u32>(target, <u32>(contentEnd - target - 4));
  store<u32>(contentEnd, 0);
  store<u32>(descriptor, <u32>((contentEnd + 4) & ~3), JSON_WRITTEN_AT);
}

/** Any JSON, kept as its text, white space and all. */
function decodeRaw(descriptor: usize, place: usize, at: usize, end: usize, target: usize): usize {
  const next = skipValue(descriptor, at, end);
  if (next == 0) return 0;
  let high: u32 = 0;
  for (let from = at; from < next; from += 16) high |= <u32>i8x16.bitmask(v128.load(from));
  if (high) store<u32>(descriptor, 1, JSON_NON_ASCII_AT);
  copy16(target + 4, at, next - at);
  store<u32>(descriptor, <u32>(target + 4 + (next - at)), JSON_WRITTEN_AT);
  finishString(descriptor, place, target);
  return next;
}

function decodeNumber(descriptor: usize, field: usize, place: usize, at: usize, end: usize): usize {
  const kind = load<u32>(field, FIELD_KIND_AT);
  if (kind == KIND_F64) {
    const next = decodeF64(descriptor, at, end);
    if (next == 0) return 0;
    const number = load<f64>(descriptor, JSON_F64_AT);
    const flags = load<u32>(field, FIELD_FLAGS_AT);
    if (flags & FIELD_IS_INTEGRAL && trunc(number) != number) return fail(descriptor, ERROR_JSON_RANGE, at);
    if (flags & FIELD_IS_SAFE && abs(number) > 9007199254740991) return fail(descriptor, ERROR_JSON_RANGE, at);
    if (flags & FIELD_IS_FINITE && abs(number) == Infinity) return fail(descriptor, ERROR_JSON_RANGE, at);
    store<f64>(place, number);
    return next;
  }
  const next = decodeI64(descriptor, at, end);
  if (next == 0) return 0;
  const number = load<i64>(descriptor, JSON_I64_AT);
  if (kind == KIND_I64) store<i64>(place, number);
  else {
    if (<i64>(<i32>number) != number) return fail(descriptor, ERROR_JSON_RANGE, at);
    store<i32>(place, <i32>number);
  }
  return next;
}

/** A table with one field whose value is the JSON value itself; null leaves it absent. */
export function decodeBox(descriptor: usize, table: usize, at: usize, end: usize, row: usize): usize {
  const field = descriptor + <usize>load<u32>(table, TABLE_FIELDS_AT);
  const next = decodeValue(descriptor, field, row, at, end, row + <usize>load<u32>(table, TABLE_BYTES_AT));
  if (next == 0) return 0;
  const mask = load<u64>(descriptor, JSON_SET_AT);
  const target = <usize>load<u32>(descriptor, JSON_WRITTEN_AT);
  return linkTable(descriptor, table, row, mask, target) ? next : fail(descriptor, ERROR_JSON_FIELD_MISSING, at);
}

/**
 * A vector: scalars one after the other; else offsets, whose number has to be known before the first of what they
 * point to is written.
 */
function decodeArray(descriptor: usize, element: usize, place: usize, at: usize, end: usize, target: usize): usize {
  const kind = load<u32>(element, FIELD_KIND_AT);
  const stride = <usize>load<u32>(element, FIELD_STRIDE_AT);
  const isScalar = kind == KIND_I64 || kind == KIND_F64 || kind == KIND_I32 || kind == KIND_BOOL;
  const vector = stride == 8 ? ((target + 11) & ~7) - 4 : target; // 8-byte elements stand at multiples of 8
  store<u32>(place, <u32>(vector - place));
  let slot = vector + 4;
  let written = slot;
  if (!isScalar) {
    const count = countElements(descriptor, at, end);
    if (count < 0) return 0;
    written += <usize>count << 2;
  }
  at = skipSpace(at + 1, end);
  let count: u32 = 0;
  if (at < end && load<u8>(at) == 0x5d) at++;
  else
    while (true) {
      at = skipSpace(at, end);
      if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
      at = decodeAt(descriptor, element, slot, at, end, written);
      if (at == 0) return 0;
      if (!isScalar) written = load<u32>(descriptor, JSON_WRITTEN_AT);
      slot += stride;
      count++;
      at = skipSpace(at, end);
      if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
      const byte = <u32>load<u8>(at++);
      if (byte == 0x5d) break;
      if (byte != 0x2c) return fail(descriptor, ERROR_JSON_UNEXPECTED, at - 1);
    }
  if (isScalar) written = (slot + 3) & ~3;
  store<u32>(vector, count);
  store<u32>(descriptor, <u32>written, JSON_WRITTEN_AT);
  return at;
}

/**
 * An object with more fields than a mask has bits: slower, no prediction. The table has a vtable of its own right
 * behind it, in which the entries of absent fields are 0.
 */
function decodeWideObject(descriptor: usize, table: usize, at: usize, end: usize, row: usize): usize {
  const vtable = row + <usize>load<u32>(table, TABLE_BYTES_AT);
  const vtableBytes = <usize>load<u32>(table, TABLE_VTABLE_BYTES_AT);
  memory.fill(vtable, 0, vtableBytes);
  store<u32>(vtable, load<u32>(descriptor + <usize>load<u32>(table, TABLE_VTABLE_AT))); // both sizes
  store<i32>(row, <i32>(row - vtable));
  let target = vtable + vtableBytes;
  let expected = descriptor + <usize>load<u32>(table, TABLE_LEARNED_AT);
  let learnAt = table + TABLE_LEARNED_AT;
  at = skipSpace(at + 1, end);
  if (at < end && load<u8>(at) == 0x7d) at++;
  else
    while (true) {
      at = skipSpace(at, end);
      at = decodeName(descriptor, table, at, end, expected, target);
      if (at == 0) return 0;
      const field = <usize>load<u32>(descriptor, JSON_WRITTEN_AT);
      if (field == 0) at = skipValue(descriptor, at, end);
      else {
        at = decodeValue(descriptor, field, row, at, end, target);
        if (at == 0) return 0;
        target = load<u32>(descriptor, JSON_WRITTEN_AT);
        markPresent(descriptor, field, vtable);
        store<u32>(learnAt, <u32>(field - descriptor));
        learnAt = field + FIELD_LEARNED_AT;
        expected = descriptor + <usize>load<u32>(learnAt);
      }
      if (at == 0) return 0;
      at = skipSpace(at, end);
      if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
      const byte = <u32>load<u8>(at++);
      if (byte == 0x7d) break;
      if (byte != 0x2c) return fail(descriptor, ERROR_JSON_UNEXPECTED, at - 1);
    }
  if (!hasRequired(descriptor, table, vtable)) return fail(descriptor, ERROR_JSON_FIELD_MISSING, at - 1);
  store<u32>(descriptor, <u32>target, JSON_WRITTEN_AT);
  return at;
}
