import {
  BATCH_BYTES_SLOT,
  BATCH_COLUMN_LEAD,
  BATCH_COLUMNS,
  BATCH_COLUMNS_AT,
  BATCH_ERROR_AT_SLOT,
  BATCH_ERROR_CODE_SLOT,
  BATCH_IDENTIFIER,
  BATCH_IDENTIFIER_AT,
  BATCH_OFFSET_DELTA_SLOT,
  BATCH_TABLE_AT,
  BATCH_TABLE_BASE_OFFSET_AT,
  BATCH_TABLE_BYTES,
  BATCH_TABLE_ROWS_AT,
  BATCH_TABLE_VECTORS_AT,
  BATCH_TIMESTAMP_SLOT,
  BATCH_VTABLE_AT,
  BATCH_VTABLE_BYTES,
} from "./abi/batch";

// How our own writers lay a Batch out in linear memory (drawn in abi/batch.ts): `decode`, and users' kernels.

/** Bytes that a column takes, what stands before its elements included. */
@inline
export function columnBytes(slot: i32, rowsMax: i32): usize {
  const size: usize = slot == BATCH_TIMESTAMP_SLOT ? 8 : slot == BATCH_ERROR_CODE_SLOT ? 2 : 4;
  return BATCH_COLUMN_LEAD + ((<usize>rowsMax * size + 7) & ~7);
}

/** From a Batch to the elements of its `bytes`: the columns stand before them. */
export function layOut(rowsMax: i32): usize {
  let at: usize = BATCH_COLUMNS_AT;
  for (let slot = BATCH_OFFSET_DELTA_SLOT; slot < BATCH_BYTES_SLOT; slot += 2) at += columnBytes(slot, rowsMax);
  return at + BATCH_COLUMN_LEAD;
}

/** Everything of a Batch that does not change from one `decode` to the next. */
export function writeHead(region: usize, rowsMax: i32, bytesAt: usize): void {
  memory.fill(region, 0, BATCH_COLUMNS_AT);
  store<u32>(region, BATCH_TABLE_AT);
  store<u32>(region, BATCH_IDENTIFIER, BATCH_IDENTIFIER_AT);
  const vtable = region + BATCH_VTABLE_AT;
  const table = region + BATCH_TABLE_AT;
  store<u16>(vtable, BATCH_VTABLE_BYTES);
  store<u16>(vtable, BATCH_TABLE_BYTES, 2);
  store<u16>(vtable, BATCH_TABLE_BASE_OFFSET_AT, 4);
  store<u16>(vtable, BATCH_TABLE_BASE_OFFSET_AT + 8, 6);
  store<u16>(vtable, BATCH_TABLE_BASE_OFFSET_AT + 16, 8);
  store<u16>(vtable, BATCH_TABLE_BASE_OFFSET_AT + 20, 10);
  store<i32>(table, BATCH_TABLE_AT - BATCH_VTABLE_AT);
  let column = region + BATCH_COLUMNS_AT;
  for (let index = 0; index <= BATCH_COLUMNS; index++) {
    const slot = BATCH_OFFSET_DELTA_SLOT + (index << 1);
    const at = BATCH_TABLE_VECTORS_AT + (index << 2);
    store<u16>(vtable + slot, <u16>at);
    store<u32>(table + at, <u32>(column + 4 - (table + at)));
    if (index < BATCH_COLUMNS) column += columnBytes(slot, rowsMax);
  }
  assert(column + BATCH_COLUMN_LEAD == region + bytesAt);
}

/** Address of a column's elements in a Batch laid out here: abi/batch.ts has the order of the columns. */
@inline
export function columnAt(region: usize, slot: i32, capacity: i32): usize {
  const isBehindTimestamps = i32(slot > BATCH_TIMESTAMP_SLOT);
  const isBehindCodes = i32(slot > BATCH_ERROR_CODE_SLOT);
  const narrow = ((slot - BATCH_OFFSET_DELTA_SLOT) >> 1) - isBehindTimestamps - isBehindCodes;
  return (
    region +
    BATCH_COLUMNS_AT +
    BATCH_COLUMN_LEAD +
    <usize>narrow * columnBytes(BATCH_OFFSET_DELTA_SLOT, capacity) +
    (isBehindTimestamps ? columnBytes(BATCH_TIMESTAMP_SLOT, capacity) : 0) +
    (isBehindCodes ? columnBytes(BATCH_ERROR_CODE_SLOT, capacity) : 0)
  );
}

/** Writes the number of rows into the table and every column. */
export function closeBatch(region: usize, rows: i32, capacity: i32): void {
  store<i32>(region + BATCH_TABLE_AT, rows, BATCH_TABLE_ROWS_AT);
  let column = region + BATCH_COLUMNS_AT;
  for (let slot = BATCH_OFFSET_DELTA_SLOT; slot <= BATCH_ERROR_AT_SLOT; slot += 2) {
    store<i32>(column, rows, 4);
    column += columnBytes(slot, capacity);
  }
}
