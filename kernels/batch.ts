import {
  BATCH_BYTES_SLOT,
  BATCH_ERRORS_SLOT,
  BATCH_ERROR_AT_SLOT,
  BATCH_ERROR_CODE_SLOT,
  BATCH_IDENTIFIER,
  BATCH_IDENTIFIER_AT,
  BATCH_ROWS_SLOT,
} from "./abi/batch";
import { BATCH_ROWS_MAX } from "./abi/limits";
import { SELECTION_KEPT_AT, SELECTION_ROOM_AT, SELECTION_ROWS_AT } from "./abi/selection";

/** Address of a Batch's table. Trips an assertion if there is no Batch at this address. */
export function tableOf(batch: usize): usize {
  assert((batch & 7) == 0);
  assert(load<u32>(batch, BATCH_IDENTIFIER_AT) == BATCH_IDENTIFIER);
  return batch + load<u32>(batch);
}

/** Address of a field of a FlatBuffers table; 0: it is absent. */
@inline
export function fieldAt(table: usize, slot: usize): usize {
  const vtable = table - load<i32>(table);
  if (slot >= <usize>load<u16>(vtable)) return 0;
  const offset = <usize>load<u16>(vtable + slot);
  return offset ? table + offset : 0;
}

/** Rows of the batch whose table this is. */
export function rowsOf(table: usize): i32 {
  const at = fieldAt(table, BATCH_ROWS_SLOT);
  const rows = at ? load<i32>(at) : 0;
  assert(rows >= 0);
  assert(rows <= BATCH_ROWS_MAX);
  return rows;
}

/** Address of a column's first element. The column must hold exactly `rows`. */
export function columnOf(table: usize, slot: usize, rows: i32): usize {
  const vector = vectorOf(table, slot);
  assert(load<i32>(vector) == rows);
  return vector + 4;
}

/** Address of the first byte of the batch's `bytes`. */
export function bytesOf(table: usize): usize {
  return vectorOf(table, BATCH_BYTES_SLOT) + 4;
}

function vectorOf(table: usize, slot: usize): usize {
  const at = fieldAt(table, slot);
  assert(at != 0);
  return at + load<u32>(at);
}

/** Writes a row's error and counts it; a row keeps its first error. */
export function refuseRow(table: usize, row: i32, code: i32, at: i32): void {
  const rows = rowsOf(table);
  assert(row < rows);
  const codeAt = columnOf(table, BATCH_ERROR_CODE_SLOT, rows) + (<usize>row << 1);
  if (load<u16>(codeAt)) return;
  store<u16>(codeAt, <u16>code);
  store<i32>(columnOf(table, BATCH_ERROR_AT_SLOT, rows) + (<usize>row << 2), at);
  const errors = fieldAt(table, BATCH_ERRORS_SLOT);
  assert(errors != 0);
  store<u32>(errors, load<u32>(errors) + 1);
}

/**
 * Selects all rows that have no error.
 *
 * @returns rows selected. Errors: none.
 */
export function selectRows(batch: usize, selection: usize): i32 {
  const table = tableOf(batch);
  const rows = rowsOf(table);
  const errors = fieldAt(table, BATCH_ERRORS_SLOT);
  assert(rows <= load<i32>(selection, SELECTION_ROOM_AT));
  const target = selection + SELECTION_ROWS_AT;
  let kept: usize = 0;
  if (!errors || load<u32>(errors) == 0) {
    for (let row = 0; row < rows; row++) store<u32>(target + (<usize>row << 2), row);
    kept = rows;
  } else {
    const codes = columnOf(table, BATCH_ERROR_CODE_SLOT, rows);
    for (let row = 0; row < rows; row++) {
      store<u32>(target + (kept << 2), row); // overwritten unless it stays
      kept += usize(load<u16>(codes + (<usize>row << 1)) == 0);
    }
  }
  store<u32>(selection, <u32>kept, SELECTION_KEPT_AT);
  return <i32>kept;
}
