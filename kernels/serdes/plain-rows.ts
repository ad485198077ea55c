import { BATCH_VALUE_AT_SLOT, BATCH_VALUE_LENGTH_SLOT } from "../abi/batch";
import { ERROR_MEMORY_FULL, ERROR_RECORD_SERDE_LENGTH } from "../abi/errors";
import { FIELD_F64, FIELD_I32, FIELD_I64, FIELD_STRING } from "../abi/field";
import { SELECTION_KEPT_AT, SELECTION_ROWS_AT } from "../abi/selection";
import { bytesOf, columnOf, refuseRow, rowsOf, tableOf } from "../batch";
import { beginRows, endOfRows, finishRows, growRows, placeRow } from "../rows";
import { F64_BYTES, readF64 } from "./f64";
import { I32_BYTES, readI32 } from "./i32";
import { I64_BYTES, readI64 } from "./i64";
import { mendUtf8 } from "./string";

/** A vtable with one field, and the table it describes: 4 bytes of soffset, then the field at 4 or, 8 bytes long, at 8. */
const VTABLE_BYTES: usize = 8;
const TABLE_ROOM: usize = 32;

/** Bytes that a number of this type has in Kafka's encoding. */
export function plainBytes(type: i32): i32 {
  if (type == FIELD_I32) return I32_BYTES;
  if (type == FIELD_I64) return I64_BYTES;
  assert(type == FIELD_F64);
  return F64_BYTES;
}

/**
 * Decodes the values of a plain serde (type: FIELD_STRING, FIELD_I32, FIELD_I64 or FIELD_F64) into tables with one
 * field, id 0. A number whose length is not its type's gets ERROR_RECORD_SERDE_LENGTH in the batch and leaves the
 * selection; a null value stays in it, without table.
 *
 * @returns rows that stay selected. Errors: ERROR_MEMORY_FULL; rows not reached by then are still selected.
 */
export function rowsDecodePlain(rows: usize, batch: usize, selection: usize, type: i32): i32 {
  const table = tableOf(batch);
  const rowsOfBatch = rowsOf(table);
  const bytes = bytesOf(table);
  const valuesAt = columnOf(table, BATCH_VALUE_AT_SLOT, rowsOfBatch);
  const valueLengths = columnOf(table, BATCH_VALUE_LENGTH_SLOT, rowsOfBatch);
  const count = load<i32>(selection, SELECTION_KEPT_AT);
  const selected = selection + SELECTION_ROWS_AT;
  let at = beginRows(rows, rowsOfBatch, count, VTABLE_BYTES);
  if (!at) return -ERROR_MEMORY_FULL;
  const isWide = type == FIELD_I64 || type == FIELD_F64;
  store<u64>(at, isWide ? 0x0008_0010_0006 : 0x0004_0008_0006); // 6 bytes, table of 16 or 8, field at 8 or 4
  const vtable = at - <usize>load<u32>(rows); // its place in the buffer, which may move
  at += VTABLE_BYTES;
  let end = endOfRows(rows);

  let kept: usize = 0;
  let index: usize = 0;
  for (; index < <usize>count; index++) {
    const row = <usize>load<u32>(selected + (index << 2));
    assert(row < <usize>rowsOfBatch);
    store<u32>(selected + (kept << 2), <u32>row); // overwritten unless it stays
    const length = load<i32>(valueLengths + (row << 2));
    if (length < 0) {
      kept++;
      continue;
    }
    const valueAt = load<u32>(valuesAt + (row << 2));
    if (type != FIELD_STRING && length != plainBytes(type)) {
      refuseRow(table, <i32>row, ERROR_RECORD_SERDE_LENGTH, valueAt);
      continue;
    }
    const room = TABLE_ROOM + 3 * <usize>length;
    if (at + room > end) {
      const moved = growRows(rows, at, room);
      if (!moved) break;
      at += moved;
      end = endOfRows(rows);
    }
    const written = writeRow(at, load<u32>(rows) + vtable, type, bytes + <usize>valueAt, length);
    placeRow(rows, row, at, written);
    at += written;
    kept++;
  }
  finishRows(rows, count, at);
  memory.copy(selected + (kept << 2), selected + (index << 2), (<usize>count - index) << 2);
  kept += <usize>count - index;
  store<u32>(selection, <u32>kept, SELECTION_KEPT_AT);
  return index == <usize>count ? <i32>kept : -ERROR_MEMORY_FULL;
}

/** One table with its value. @returns bytes written, a multiple of 8. */
function writeRow(at: usize, vtable: usize, type: i32, value: usize, length: i32): i32 {
  store<i32>(at, <i32>(at - vtable));
  if (type == FIELD_I32) {
    store<i32>(at, readI32(value), 4);
    return 8;
  }
  if (type == FIELD_I64 || type == FIELD_F64) {
    if (type == FIELD_I64) store<i64>(at, readI64(value), 8);
    else store<f64>(at, readF64(value), 8);
    return 16;
  }
  assert(type == FIELD_STRING);
  store<u32>(at, 4, 4); // from the field to the string behind it
  const written = mendUtf8(value, length, at + 12);
  store<i32>(at, written, 8);
  store<u64>(at + 12 + <usize>written, 0); // the terminator, and padding
  return (12 + written + 1 + 7) & ~7;
}
