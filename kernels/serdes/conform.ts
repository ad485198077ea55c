import {
  BATCH_KEY_AT_SLOT,
  BATCH_KEY_LENGTH_SLOT,
  BATCH_VALUE_AT_SLOT,
  BATCH_VALUE_LENGTH_SLOT,
} from "../abi/batch";
import { ERROR_RECORD_SERDE_LENGTH } from "../abi/errors";
import { FIELD_STRING } from "../abi/field";
import { INPUT_REGION_AT } from "../abi/input";
import { SELECTION_KEPT_AT, SELECTION_ROWS_AT } from "../abi/selection";
import { bytesOf, columnOf, refuseRow, rowsOf, tableOf } from "../batch";
import { inputExtend } from "../input";
import { plainBytes } from "./plain-rows";
import { isUtf8, mendedBytes, mendUtf8 } from "./string";

/**
 * Makes the keys (or values) of the selected rows what they are after their serde has read and written them: a
 * number of the wrong length is refused with ERROR_RECORD_SERDE_LENGTH and leaves the selection, a string that is
 * not UTF-8 is mended in bytes appended to the batch's. For keys and values that pass through undecoded.
 *
 * @param input INPUT that holds the batch. @param ofKeys 1: keys, 0: values. @param type as in rowsDecodePlain.
 * @returns rows that stay selected. Errors: ERROR_MEMORY_FULL, and nothing is changed.
 */
export function conform(input: usize, selection: usize, ofKeys: i32, type: i32): i32 {
  if (type == FIELD_STRING) {
    const broken = bytesToMend(input, selection, ofKeys);
    if (broken) {
      const target = inputExtend(input, broken);
      if (target < 0) return target;
      mendRows(input, selection, ofKeys, target);
    }
    return load<i32>(selection, SELECTION_KEPT_AT);
  }
  const table = tableOf(load<u32>(input, INPUT_REGION_AT));
  const rows = rowsOf(table);
  const lengths = columnOf(table, ofKeys ? BATCH_KEY_LENGTH_SLOT : BATCH_VALUE_LENGTH_SLOT, rows);
  const places = columnOf(table, ofKeys ? BATCH_KEY_AT_SLOT : BATCH_VALUE_AT_SLOT, rows);
  const selected = selection + SELECTION_ROWS_AT;
  const count = load<i32>(selection, SELECTION_KEPT_AT);
  const expected = plainBytes(type);
  let kept: usize = 0;
  for (let index = 0; index < count; index++) {
    const row = load<u32>(selected + (<usize>index << 2));
    store<u32>(selected + (kept << 2), row); // overwritten unless it stays
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0 || length == expected) kept++;
    else refuseRow(table, row, ERROR_RECORD_SERDE_LENGTH, load<i32>(places + (<usize>row << 2)));
  }
  store<u32>(selection, <u32>kept, SELECTION_KEPT_AT);
  return <i32>kept;
}

/** Bytes that the mended strings of all selected rows will take; 0: there is nothing to mend. */
function bytesToMend(input: usize, selection: usize, ofKeys: i32): i32 {
  const table = tableOf(load<u32>(input, INPUT_REGION_AT));
  const rows = rowsOf(table);
  const bytes = bytesOf(table);
  const places = columnOf(table, ofKeys ? BATCH_KEY_AT_SLOT : BATCH_VALUE_AT_SLOT, rows);
  const lengths = columnOf(table, ofKeys ? BATCH_KEY_LENGTH_SLOT : BATCH_VALUE_LENGTH_SLOT, rows);
  const count = load<i32>(selection, SELECTION_KEPT_AT);
  let total = 0;
  for (let index = 0; index < count; index++) {
    const row = <usize>load<u32>(selection + SELECTION_ROWS_AT + (<usize>index << 2));
    assert(row < <usize>rows);
    const length = load<i32>(lengths + (row << 2));
    const source = bytes + <usize>load<u32>(places + (row << 2));
    if (length > 0 && !isUtf8(source, length)) total += mendedBytes(source, length);
  }
  return total;
}

/** @param target where in the batch's bytes the mended strings go. */
function mendRows(input: usize, selection: usize, ofKeys: i32, target: i32): void {
  const table = tableOf(load<u32>(input, INPUT_REGION_AT)); // it may have moved
  const rows = rowsOf(table);
  const bytes = bytesOf(table);
  const places = columnOf(table, ofKeys ? BATCH_KEY_AT_SLOT : BATCH_VALUE_AT_SLOT, rows);
  const lengths = columnOf(table, ofKeys ? BATCH_KEY_LENGTH_SLOT : BATCH_VALUE_LENGTH_SLOT, rows);
  const count = load<i32>(selection, SELECTION_KEPT_AT);
  let to = target;
  for (let index = 0; index < count; index++) {
    const row = <usize>load<u32>(selection + SELECTION_ROWS_AT + (<usize>index << 2));
    const length = load<i32>(lengths + (row << 2));
    const source = bytes + <usize>load<u32>(places + (row << 2));
    if (length <= 0 || isUtf8(source, length)) continue;
    const written = mendUtf8(source, length, bytes + <usize>to);
    store<i32>(places + (row << 2), to);
    store<i32>(lengths + (row << 2), written);
    to += written;
  }
}
