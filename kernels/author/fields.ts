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
  KIND_OBJECT,
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
 *     | key    | FIELD        | stride |     FIELD as in abi/field.ts; stride: bytes of an array's element
 *     +--------+--------------+--------+
 */
export const FIELDS_BYTES: usize = 4096;
const ENTRY_BYTES_LOG: usize = 5;
const ENTRIES_MASK: u32 = 127;
const ENTRY_FIELD: usize = 4;
const ENTRY_STRIDE: usize = 28;

/** In place of a KIND: of any type; an array of elements of that KIND. */
export const OF_ANY: u32 = 9;
export const ARRAY_OF: u32 = 10;

/** Address of a field in the present row, read as `wanted` (a KIND, or one of the above); 0: null or absent. */
@inline
export function placeOf(name: string, wanted: u32): usize {
  const entry = entryOf(name, wanted);
  const table = <usize>word(RUN_TABLE_AT);
  if (!table) return 0;
  if (load<u32>(entry, ENTRY_FIELD + FIELD_DEPTH_AT) == 1) {
    return fieldAt(table, <usize>load<u16>(entry, ENTRY_FIELD + FIELD_SLOTS_AT));
  }
  return addressOfField(entry + ENTRY_FIELD, table);
}

/** Bytes of one element of an array that `placeOf` found. */
@inline
export function strideOf(name: string, wanted: u32): usize {
  return <usize>load<u32>(entryOf(name, wanted), ENTRY_STRIDE);
}

@inline
function entryOf(name: string, wanted: u32): usize {
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
  const kind = load<u32>(field, FIELD_KIND_AT);
  if (wanted == OF_ANY) return;
  if (wanted < ARRAY_OF) {
    if (kind != wanted) stop(TRAP_FIELD_TYPE, changetype<usize>(name));
    return;
  }
  const element = descriptor + <usize>load<u32>(field, FIELD_HOLDS_AT);
  if (kind != KIND_ARRAY || load<u32>(element, FIELD_KIND_AT) != wanted - ARRAY_OF) {
    stop(TRAP_FIELD_TYPE, changetype<usize>(name));
  }
  store<u32>(entry, load<u32>(element, FIELD_STRIDE_AT), ENTRY_STRIDE);
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
