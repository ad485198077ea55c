import { ERROR_JSON_FIELD_UNKNOWN, ERROR_JSON_TRUNCATED, ERROR_JSON_UNEXPECTED } from "../../abi/errors";
import {
  FIELD_NAME16_AT,
  FIELD_NAME16_MASK_AT,
  FIELD_NAME_AT,
  FIELD_NAME_BYTES_AT,
  FIELD_NEXT_AT,
  FIELD_PATTERN_AT,
  FIELD_PATTERN_MASK_AT,
  JSON_WRITTEN_AT,
  TABLE_FIELD_COUNT_AT,
  TABLE_FLAGS_AT,
  TABLE_IS_STRICT,
} from "../../abi/json-descriptor";
import { fail, skipSpace } from "./scan";
import { decodeString, skipString } from "./string-decode";

/** The second 16 bytes of a long `"name":`. */
@inline
export function hasLongPattern(field: usize, at: usize): bool {
  const differs = v128.and(
    v128.xor(v128.load(at, 16), v128.load(field, FIELD_PATTERN_AT + 16)),
    v128.load(field, FIELD_PATTERN_MASK_AT + 16),
  );
  return !v128.any_true(differs);
}

/**
 * Reads a member's name and colon; the field of that name, 0 where the schema has none, is left at JSON_WRITTEN_AT.
 *
 * @param at at the name's quote. @param target free room, for names with escapes.
 * @returns the address of the member's value; 0: failed.
 */
export function decodeName(descriptor: usize, table: usize, at: usize, end: usize, expected: usize, target: usize): usize {
  if (at >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
  if (load<u8>(at) != 0x22) return fail(descriptor, ERROR_JSON_UNEXPECTED, at);
  let name = at + 1;
  let next = skipString(descriptor, name, end);
  if (next == 0) return 0;
  let length = next - 1 - name;
  if (hasBackslash(name, length)) {
    decodeString(descriptor, name, end, target);
    name = target;
    length = <usize>load<u32>(descriptor, JSON_WRITTEN_AT) - target;
  }
  next = skipSpace(next, end);
  if (next >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
  if (load<u8>(next) != 0x3a) return fail(descriptor, ERROR_JSON_UNEXPECTED, next);
  next = skipSpace(next + 1, end);
  if (next >= end) return fail(descriptor, ERROR_JSON_TRUNCATED, end);
  const field = findField(descriptor, table, name, length, expected);
  if (field == 0 && load<u32>(table, TABLE_FLAGS_AT) & TABLE_IS_STRICT) {
    return fail(descriptor, ERROR_JSON_FIELD_UNKNOWN, at);
  }
  store<u32>(descriptor, <u32>field, JSON_WRITTEN_AT);
  return next;
}

function hasBackslash(at: usize, length: usize): bool {
  for (let index: usize = 0; index < length; index += 16) {
    const found = <u32>i8x16.bitmask(i8x16.eq(v128.load(at + index), i8x16.splat(0x5c)));
    if (found && index + <usize>ctz(found) < length) return true;
  }
  return false;
}

/** The field of this name, searched from the expected one on; 0: none. */
function findField(descriptor: usize, table: usize, name: usize, length: usize, expected: usize): usize {
  const first = v128.load(name);
  let field = expected;
  for (let left = load<u32>(table, TABLE_FIELD_COUNT_AT); left > 0; left--) {
    if (<usize>load<u32>(field, FIELD_NAME_BYTES_AT) == length) {
      const differs = v128.and(v128.xor(first, v128.load(field, FIELD_NAME16_AT)), v128.load(field, FIELD_NAME16_MASK_AT));
      if (!v128.any_true(differs)) {
        if (length <= 16) return field;
        if (memory.compare(name, descriptor + <usize>load<u32>(field, FIELD_NAME_AT), length) == 0) return field;
      }
    }
    field = descriptor + <usize>load<u32>(field, FIELD_NEXT_AT);
  }
  return 0;
}
