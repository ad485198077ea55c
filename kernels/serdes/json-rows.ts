import { BATCH_VALUE_AT_SLOT, BATCH_VALUE_LENGTH_SLOT } from "../abi/batch";
import { ERROR_MEMORY_FULL } from "../abi/errors";
import { JSON_TABLE_COUNT_AT } from "../abi/json-descriptor";
import { SELECTION_KEPT_AT, SELECTION_ROWS_AT } from "../abi/selection";
import { bytesOf, columnOf, refuseRow, rowsOf, tableOf } from "../batch";
import { beginRows, endOfRows, finishRows, growRows, placeRow } from "../rows";
import { jsonBegin, jsonDecode, jsonErrorAt, jsonRowBytesMax } from "./json/index";

/** What the shared vtables of one object type may take, in bytes, as a power of two. */
const VTABLE_ROOM_SHIFT: usize = 13;

/**
 * Decodes the JSON values of the selected rows. A row whose value is refused gets a code 300 to 399 in the batch
 * and leaves the selection; a null value stays in it, without table.
 *
 * @returns rows that stay selected. Errors: ERROR_MEMORY_FULL; rows not reached by then are still selected.
 */
export function rowsDecodeJson(rows: usize, batch: usize, selection: usize, descriptor: usize): i32 {
  const table = tableOf(batch);
  const rowsOfBatch = rowsOf(table);
  const bytes = bytesOf(table);
  const valuesAt = columnOf(table, BATCH_VALUE_AT_SLOT, rowsOfBatch);
  const valueLengths = columnOf(table, BATCH_VALUE_LENGTH_SLOT, rowsOfBatch);
  const count = load<i32>(selection, SELECTION_KEPT_AT);
  const selected = selection + SELECTION_ROWS_AT;
  const vtablesRoom = <usize>load<u32>(descriptor, JSON_TABLE_COUNT_AT) << VTABLE_ROOM_SHIFT;
  let at = beginRows(rows, rowsOfBatch, count, vtablesRoom);
  if (!at) return -ERROR_MEMORY_FULL;
  at += jsonBegin(descriptor, at);
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
    const room = <usize>jsonRowBytesMax(descriptor, length);
    if (at + room > end) {
      const moved = growRows(rows, at, room + vtablesRoom);
      if (!moved) break;
      at += moved;
      at += jsonBegin(descriptor, at); // the descriptor knows its vtables by address
      end = endOfRows(rows);
    }
    const written = jsonDecode(descriptor, bytes + <usize>load<u32>(valuesAt + (row << 2)), length, at);
    if (written < 0) {
      refuseRow(table, <i32>row, -written, jsonErrorAt(descriptor));
      continue;
    }
    placeRow(rows, row, at, written);
    at += written;
    kept++;
  }
  finishRows(rows, count, at);
  if (index == <usize>count) {
    store<u32>(selection, <u32>kept, SELECTION_KEPT_AT);
    return <i32>kept;
  }
  memory.copy(selected + (kept << 2), selected + (index << 2), (<usize>count - index) << 2);
  store<u32>(selection, <u32>(kept + <usize>count - index), SELECTION_KEPT_AT);
  return -ERROR_MEMORY_FULL;
}
