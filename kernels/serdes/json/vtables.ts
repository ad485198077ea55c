import {
  FIELD_BIT_AT,
  FIELD_ENTRY_BYTES,
  FIELD_FLAGS_AT,
  FIELD_HAS_NULL_MARK,
  FIELD_IS_REQUIRED,
  FIELD_NULL_BIT_AT,
  FIELD_NULL_PLACE_AT,
  FIELD_NULL_SLOT_AT,
  FIELD_PLACE_AT,
  FIELD_SLOT_AT,
  FIELD_VALUE_SET_AT,
  JSON_SET_AT,
  JSON_TABLES_AT,
  JSON_TABLE_COUNT_AT,
  JSON_WRITTEN_AT,
  TABLE_CACHE_AT,
  TABLE_CACHE_ENTRIES,
  TABLE_ENTRY_BYTES,
  TABLE_FIELDS_AT,
  TABLE_FIELD_COUNT_AT,
  TABLE_FLAGS_AT,
  TABLE_FULL_AT,
  TABLE_FULL_VTABLE_AT,
  TABLE_IS_WIDE,
  TABLE_LAST_MASK_AT,
  TABLE_LAST_VTABLE_AT,
  TABLE_REQUIRED_AT,
  TABLE_VTABLE_AT,
  TABLE_VTABLE_BYTES_AT,
} from "../../abi/json-descriptor";

/** No vtable is known for this mask: it stands where the vtable's address would. */
const NONE: u32 = 0;

/**
 * Begins a batch of rows at `target`: writes the vtable of each table type with all fields present, to be shared
 * by all rows that follow in rising addresses.
 *
 * @returns bytes written, a multiple of 8.
 */
export function beginVtables(descriptor: usize, target: usize): i32 {
  let at = target;
  const count = load<u32>(descriptor, JSON_TABLE_COUNT_AT);
  let table = descriptor + <usize>load<u32>(descriptor, JSON_TABLES_AT);
  for (let index: u32 = 0; index < count; index++, table += TABLE_ENTRY_BYTES) {
    if (!(load<u32>(table, TABLE_FLAGS_AT) & TABLE_IS_WIDE)) {
      const bytes = <usize>load<u32>(table, TABLE_VTABLE_BYTES_AT);
      writeVtable(descriptor, table, load<u64>(table, TABLE_FULL_AT), at);
      store<u32>(table, <u32>at, TABLE_FULL_VTABLE_AT);
      at += bytes;
    }
  }
  forgetVtables(descriptor);
  return <i32>(((at + 7) & ~7) - target);
}

/** Forgets the vtables behind rows: after a failure their bytes are written over. */
export function forgetVtables(descriptor: usize): void {
  const count = load<u32>(descriptor, JSON_TABLE_COUNT_AT);
  let table = descriptor + <usize>load<u32>(descriptor, JSON_TABLES_AT);
  for (let index: u32 = 0; index < count; index++, table += TABLE_ENTRY_BYTES) {
    store<u64>(table, load<u64>(table, TABLE_FULL_AT), TABLE_LAST_MASK_AT);
    store<u32>(table, load<u32>(table, TABLE_FULL_VTABLE_AT), TABLE_LAST_VTABLE_AT);
    memory.fill(table + TABLE_CACHE_AT, 0, TABLE_CACHE_ENTRIES << 4);
  }
}

/**
 * Finds the vtable of a table with these fields present, among those of this batch, or writes it at `target`.
 * The table's last mask and vtable then are these.
 *
 * @param target divisible by 4. @returns the address behind what was written, or `target`.
 */
export function findVtable(descriptor: usize, table: usize, mask: u64, target: usize): usize {
  let vtable: u32 = NONE;
  if (mask == load<u64>(table, TABLE_FULL_AT)) vtable = load<u32>(table, TABLE_FULL_VTABLE_AT);
  else {
    const entry = table + TABLE_CACHE_AT + (<usize>((mask * 0x9e3779b97f4a7c15) >>> 61) << 4);
    if (load<u64>(entry) == mask) vtable = load<u32>(entry, 8);
    if (vtable == NONE) {
      vtable = <u32>target;
      writeVtable(descriptor, table, mask, target);
      target += <usize>load<u32>(table, TABLE_VTABLE_BYTES_AT);
      store<u64>(entry, mask);
      store<u32>(entry, vtable, 8);
    }
  }
  store<u64>(table, mask, TABLE_LAST_MASK_AT);
  store<u32>(table, vtable, TABLE_LAST_VTABLE_AT);
  return target;
}

function writeVtable(descriptor: usize, table: usize, mask: u64, target: usize): void {
  memory.copy(
    target,
    descriptor + <usize>load<u32>(table, TABLE_VTABLE_AT),
    <usize>load<u32>(table, TABLE_VTABLE_BYTES_AT),
  );
  const fields = load<u32>(table, TABLE_FIELD_COUNT_AT);
  let field = descriptor + <usize>load<u32>(table, TABLE_FIELDS_AT);
  for (let index: u32 = 0; index < fields; index++, field += FIELD_ENTRY_BYTES) {
    if (!((mask >>> load<u32>(field, FIELD_BIT_AT)) & 1)) {
      store<u16>(target + <usize>load<u32>(field, FIELD_SLOT_AT), 0);
    }
    if (!(load<u32>(field, FIELD_FLAGS_AT) & FIELD_HAS_NULL_MARK)) continue;
    if (!((mask >>> load<u32>(field, FIELD_NULL_BIT_AT)) & 1)) {
      store<u16>(target + <usize>load<u32>(field, FIELD_NULL_SLOT_AT), 0);
    }
  }
}

/** Points a table to the vtable for its present fields. @returns false: a required field is missing. */
@inline
export function linkTable(descriptor: usize, table: usize, row: usize, mask: u64, target: usize): bool {
  if (mask != load<u64>(table, TABLE_LAST_MASK_AT)) {
    const required = load<u64>(table, TABLE_REQUIRED_AT);
    if ((mask & required) != required) return false;
    target = findVtable(descriptor, table, mask, target);
  }
  store<i32>(row, <i32>(row - <usize>load<u32>(table, TABLE_LAST_VTABLE_AT)));
  store<u32>(descriptor, <u32>target, JSON_WRITTEN_AT);
  return true;
}

/** The vtable's entries of a wide table's field: its value, its null mark, or neither. */
export function markPresent(descriptor: usize, field: usize, vtable: usize): void {
  const isValue = load<u64>(descriptor, JSON_SET_AT) == load<u64>(field, FIELD_VALUE_SET_AT);
  const place = isValue ? load<u32>(field, FIELD_PLACE_AT) : 0;
  store<u16>(vtable + <usize>load<u32>(field, FIELD_SLOT_AT), <u16>place);
  if (!(load<u32>(field, FIELD_FLAGS_AT) & FIELD_HAS_NULL_MARK)) return;
  const nullPlace = isValue ? 0 : load<u32>(field, FIELD_NULL_PLACE_AT);
  store<u16>(vtable + <usize>load<u32>(field, FIELD_NULL_SLOT_AT), <u16>nullPlace);
}

export function hasRequired(descriptor: usize, table: usize, vtable: usize): bool {
  let field = descriptor + <usize>load<u32>(table, TABLE_FIELDS_AT);
  for (let left = load<u32>(table, TABLE_FIELD_COUNT_AT); left > 0; left--, field += FIELD_ENTRY_BYTES) {
    const flags = load<u32>(field, FIELD_FLAGS_AT);
    if (!(flags & FIELD_IS_REQUIRED)) continue;
    if (load<u16>(vtable + <usize>load<u32>(field, FIELD_SLOT_AT))) continue;
    if (flags & FIELD_HAS_NULL_MARK && load<u16>(vtable + <usize>load<u32>(field, FIELD_NULL_SLOT_AT))) continue;
    return false;
  }
  return true;
}
