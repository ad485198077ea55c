import {
  FIELD_HOLDS_AT,
  FIELD_KIND_AT,
  FIELD_NAME_AT,
  FIELD_NAME_BYTES_AT,
  FIELD_ENTRY_BYTES,
  FIELD_SLOT_AT,
  FIELD_STRIDE_AT,
  JSON_ROOT_AT,
  KIND_ARRAY,
  KIND_BOOL,
  KIND_F64,
  KIND_I32,
  KIND_I64,
  KIND_OBJECT,
  KIND_STRING,
  TABLE_FIELD_COUNT_AT,
  TABLE_FIELDS_AT,
} from "../abi/json-descriptor";
import { FIELD_DEPTH_AT, FIELD_SLOTS_AT } from "../abi/field";
import {
  OUTPUT_FIELDS_AT,
  RUN_DESCRIPTOR_AT,
  RUN_TABLE_AT,
  TRAP_FIELD_COUNT,
  TRAP_FIELD_TYPE,
  TRAP_FIELD_UNKNOWN,
  TRAP_NO_ROWS,
} from "../abi/kernel-output";
import { FIELD_DEPTH_MAX, KERNEL_FIELDS_MAX } from "../abi/limits";
import { fieldAt } from "../batch";
import { addressOfField } from "../field";
import { constantOf, utf8Bytes, utf8Of } from "./constants";
import { stop, word } from "./run";

/**
 * The fields that a kernel has asked for by name, in a table of 128 entries with open addressing: a name is a constant
 * string, so its address (divisible by 16) and the type that it is read as are the key.
 *
 *     0        4              28
 *     +--------+--------------+--------+
 *     | key    | FIELD        | stride |     FIELD as in abi/field.ts, its type a KIND: that of an array's element where
 *     +--------+--------------+--------+     one is asked for; stride: bytes of that
 */
export const FIELDS_BYTES: usize = 4096;
const ENTRY_BYTES_LOG: usize = 5;
const ENTRIES_MASK: u32 = 127;
const ENTRY_FIELD: usize = 4;
const ENTRY_STRIDE: usize = 28;

/** In place of a KIND: of any type; a number of any type; arrays by what they hold. */
export const OF_ANY: u32 = 9;
export const OF_NUMBER: u32 = 10;
export const ARRAY_OF_TEXT: u32 = 11;
export const ARRAY_OF_BOOL: u32 = 12;
export const ARRAY_OF_NUMBER: u32 = 13;

/** Address of a field in the present row, read as `wanted` (a KIND, or one of the above); 0: null or absent. */
@inline
export function placeOf(name: string, wanted: u32): usize {
  return placeIn(entryOf(name, wanted));
}

@inline
export function placeIn(entry: usize): usize {
  const table = <usize>word(RUN_TABLE_AT);
  if (!table) return 0;
  if (load<u32>(entry, ENTRY_FIELD + FIELD_DEPTH_AT) == 1) {
    return fieldAt(table, <usize>load<u16>(entry, ENTRY_FIELD + FIELD_SLOTS_AT));
  }
  return addressOfField(entry + ENTRY_FIELD, table);
}

/** Bytes of one element of an array. */
@inline
export function strideOf(entry: usize): usize {
  return <usize>load<u32>(entry, ENTRY_STRIDE);
}

/** A number that stands in a field (an array's element) of this entry, whatever its type. */
@inline
export function f64At(entry: usize, place: usize): f64 {
  return load<u32>(entry, ENTRY_FIELD) == KIND_F64 ? load<f64>(place) : <f64>integerAt(entry, place);
}

/** The same as an integer: a fraction is cut off, and what lies beyond 64 bits is brought within. */
@inline
export function i64At(entry: usize, place: usize): i64 {
  return load<u32>(entry, ENTRY_FIELD) == KIND_F64 ? truncated(load<f64>(place)) : integerAt(entry, place);
}

@inline
function truncated(number: f64): i64 {
  if (number != number) return 0;
  if (number >= 9223372036854775808.0) return i64.MAX_VALUE;
  return number <= -9223372036854775808.0 ? i64.MIN_VALUE : <i64>number;
}

@inline
function integerAt(entry: usize, place: usize): i64 {
  return load<u32>(entry, ENTRY_FIELD) == KIND_I64 ? load<i64>(place) : <i64>load<i32>(place);
}

/** What is known of a field that is read as `wanted`. */
@inline
export function entryOf(name: string, wanted: u32): usize {
  const key = <u32>changetype<usize>(name) | wanted;
  const entry = <usize>word(OUTPUT_FIELDS_AT) + (<usize>((key ^ (key >>> 4)) & ENTRIES_MASK) << ENTRY_BYTES_LOG);
  return load<u32>(entry) == key ? entry : findEntry(name, wanted);
}

function findEntry(name: string, wanted: u32): usize {
  const key = <u32>changetype<usize>(name) | wanted;
  const fields = <usize>word(OUTPUT_FIELDS_AT);
  let slot = (key ^ (key >>> 4)) & ENTRIES_MASK;
  for (let tried = 0; tried < KERNEL_FIELDS_MAX; tried++) {
    const entry = fields + (<usize>slot << ENTRY_BYTES_LOG);
    const found = load<u32>(entry);
    if (found == key) return entry;
    if (found == 0) {
      resolve(name, wanted, entry);
      store<u32>(entry, key);
      return entry;
    }
    slot = (slot + 1) & ENTRIES_MASK;
  }
  stop(TRAP_FIELD_COUNT, changetype<usize>(name));
  return 0;
}

/** Finds a name in the descriptor: the whole of it first, else what stands before a dot, and then within that. */
function resolve(name: string, wanted: u32, entry: usize): void {
  assert((changetype<usize>(name) & 15) == 0);
  const descriptor = <usize>word(RUN_DESCRIPTOR_AT);
  if (!descriptor) stop(TRAP_NO_ROWS, changetype<usize>(name));
  const constant = constantOf(name);
  const end = utf8Of(constant) + utf8Bytes(constant);
  let at = utf8Of(constant);
  let table = descriptor + <usize>load<u32>(descriptor, JSON_ROOT_AT);
  let depth: usize = 0;
  while (true) {
    let field = fieldNamed(descriptor, table, at, end - at);
    let part = end;
    if (!field) {
      part = at;
      while (part < end && !field) {
        if (load<u8>(part) == 0x2e) {
          field = fieldNamed(descriptor, table, at, part - at);
          if (field && load<u32>(field, FIELD_KIND_AT) != KIND_OBJECT) field = 0;
        }
        part++;
      }
    }
    if (!field || depth == <usize>FIELD_DEPTH_MAX) stop(TRAP_FIELD_UNKNOWN, changetype<usize>(name));
    store<u16>(entry + ENTRY_FIELD + FIELD_SLOTS_AT + (depth << 1), <u16>load<u32>(field, FIELD_SLOT_AT));
    depth++;
    if (part == end) {
      settle(descriptor, field, name, wanted, entry);
      store<u32>(entry, <u32>depth, ENTRY_FIELD + FIELD_DEPTH_AT);
      return;
    }
    at = part;
    table = descriptor + <usize>load<u32>(field, FIELD_HOLDS_AT);
  }
}

function settle(descriptor: usize, field: usize, name: string, wanted: u32, entry: usize): void {
  let kind = load<u32>(field, FIELD_KIND_AT);
  let fits = kind == wanted || wanted == OF_ANY || (wanted == OF_NUMBER && isNumber(kind));
  if (wanted >= ARRAY_OF_TEXT && kind == KIND_ARRAY) {
    const element = descriptor + <usize>load<u32>(field, FIELD_HOLDS_AT);
    kind = load<u32>(element, FIELD_KIND_AT);
    fits =
      wanted == ARRAY_OF_NUMBER ? isNumber(kind) : kind == <u32>(wanted == ARRAY_OF_TEXT ? KIND_STRING : KIND_BOOL);
    store<u32>(entry, load<u32>(element, FIELD_STRIDE_AT), ENTRY_STRIDE);
  }
  if (!fits) stop(TRAP_FIELD_TYPE, changetype<usize>(name));
  store<u32>(entry, kind, ENTRY_FIELD);
}

@inline
function isNumber(kind: u32): bool {
  return kind == KIND_F64 || kind == KIND_I64 || kind == KIND_I32;
}

function fieldNamed(descriptor: usize, table: usize, name: usize, bytes: usize): usize {
  let field = descriptor + <usize>load<u32>(table, TABLE_FIELDS_AT);
  for (let left = load<u32>(table, TABLE_FIELD_COUNT_AT); left > 0; left--) {
    const same = <usize>load<u32>(field, FIELD_NAME_BYTES_AT) == bytes;
    if (same && memory.compare(name, descriptor + <usize>load<u32>(field, FIELD_NAME_AT), bytes) == 0) return field;
    field += FIELD_ENTRY_BYTES;
  }
  return 0;
}
