import {
  BATCH_HEADERS_AT_SLOT,
  BATCH_HEADERS_LENGTH_SLOT,
  BATCH_KEY_AT_SLOT,
  BATCH_KEY_LENGTH_SLOT,
  BATCH_OFFSET_DELTA_SLOT,
  BATCH_POSITION_DELTA_SLOT,
  BATCH_TIMESTAMP_SLOT,
  BATCH_VALUE_AT_SLOT,
  BATCH_VALUE_LENGTH_SLOT,
} from "../abi/batch";
import { ERROR_KERNEL_OUTPUT_TOO_LARGE, ERROR_MEMORY_FULL } from "../abi/errors";
import {
  FORM_BATCH,
  FORM_ROWS,
  OUTPUT_DESCRIPTOR_AT,
  OUTPUT_FIELDS_AT,
  OUTPUT_HEAD_BYTES,
  OUTPUT_ROWS_MAX_AT,
  RUN_BATCH_AT,
  RUN_BEGAN_AT,
  RUN_BYTES_AT,
  RUN_DESCRIPTOR_AT,
  RUN_FORM_AT,
  RUN_FROM_AT,
  RUN_FUEL_AT,
  RUN_HEADERS_AT,
  RUN_HEADERS_LENGTHS_AT,
  RUN_INDEX_AT,
  RUN_KEPT_AT,
  RUN_KEYS_AT,
  RUN_KEY_LENGTHS_AT,
  RUN_OFFSETS_AT,
  RUN_OVERFLOW_AT,
  RUN_POSITIONS_AT,
  RUN_ROW_FUEL_AT,
  RUN_SELECTION_AT,
  RUN_SOURCE_AT,
  RUN_TABLES_AT,
  RUN_TIMESTAMPS_AT,
  RUN_TRAP_AT,
  RUN_TRAP_TEXT_AT,
  RUN_UNTIL_AT,
  RUN_VALUES_AT,
  RUN_VALUE_LENGTHS_AT,
} from "../abi/kernel-output";
import { SELECTION_KEPT_AT, SELECTION_ROWS_AT } from "../abi/selection";
import { bytesOf, columnOf, rowsOf, tableOf } from "../batch";
import { tablesOf } from "../rows";
import { readRow } from "./batch";
import { FROM_NONE, closeSource, openSource, undoSource } from "./emitter";
import { FIELDS_BYTES } from "./fields";
import { addRefusal, beginOutput, clearOutput, finishOutput } from "./output";
import { RUN, setWord, word } from "./run";
import { forgetScratch } from "./scratch";

// What the build calls around a user's function (host/kernel-build/entry.ts): beginRun, then for each row
// nextRow, the function, endRow; or for all rows beginBatch, the function, endBatch; then endRun.

/** Where RUN stands: the host reads there why a kernel trapped. */
export function runAt(): i32 {
  return <i32>RUN;
}

/**
 * Begins a run over the selected rows, from an index in the selection on.
 *
 * @param decoded ROWS with the decoded values, and `descriptor` their JSON descriptor; 0: none.
 * @param fuel what one row may burn.
 * @returns false: memory has reached its bound.
 */
export function beginRun(
  output: usize,
  batch: usize,
  selection: usize,
  decoded: usize,
  descriptor: usize,
  from: i32,
  fuel: i64,
): bool {
  const table = tableOf(batch);
  const rows = rowsOf(table);
  const kept = load<i32>(selection, SELECTION_KEPT_AT);
  memory.copy(RUN, output, OUTPUT_HEAD_BYTES);
  assert(rows <= <i32>word(OUTPUT_ROWS_MAX_AT));
  assert(from >= 0);
  assert(from <= kept);
  if (word(OUTPUT_DESCRIPTOR_AT) != <u32>descriptor) {
    memory.fill(<usize>word(OUTPUT_FIELDS_AT), 0, FIELDS_BYTES);
    setWord(OUTPUT_DESCRIPTOR_AT, <u32>descriptor);
  }
  setWord(RUN_BATCH_AT, <u32>table);
  setWord(RUN_BYTES_AT, <u32>bytesOf(table));
  setWord(RUN_SELECTION_AT, <u32>selection);
  setWord(RUN_KEPT_AT, kept);
  setWord(RUN_TABLES_AT, decoded ? <u32>tablesOf(decoded, rows) : 0);
  setWord(RUN_DESCRIPTOR_AT, <u32>descriptor);
  setWord(RUN_BEGAN_AT, from);
  setWord(RUN_INDEX_AT, from);
  setWord(RUN_UNTIL_AT, kept);
  setWord(RUN_FROM_AT, FROM_NONE);
  setWord(RUN_OVERFLOW_AT, 0);
  setWord(RUN_TRAP_AT, 0);
  setWord(RUN_TRAP_TEXT_AT, 0);
  setWord(RUN_TIMESTAMPS_AT, <u32>columnOf(table, BATCH_TIMESTAMP_SLOT, rows));
  setWord(RUN_KEYS_AT, <u32>columnOf(table, BATCH_KEY_AT_SLOT, rows));
  setWord(RUN_KEY_LENGTHS_AT, <u32>columnOf(table, BATCH_KEY_LENGTH_SLOT, rows));
  setWord(RUN_VALUES_AT, <u32>columnOf(table, BATCH_VALUE_AT_SLOT, rows));
  setWord(RUN_VALUE_LENGTHS_AT, <u32>columnOf(table, BATCH_VALUE_LENGTH_SLOT, rows));
  setWord(RUN_HEADERS_AT, <u32>columnOf(table, BATCH_HEADERS_AT_SLOT, rows));
  setWord(RUN_HEADERS_LENGTHS_AT, <u32>columnOf(table, BATCH_HEADERS_LENGTH_SLOT, rows));
  setWord(RUN_OFFSETS_AT, <u32>columnOf(table, BATCH_OFFSET_DELTA_SLOT, rows));
  setWord(RUN_POSITIONS_AT, <u32>columnOf(table, BATCH_POSITION_DELTA_SLOT, rows));
  store<i64>(RUN, fuel, RUN_ROW_FUEL_AT);
  for (let index = from; index < kept; index++) {
    assert(load<u32>(selection + SELECTION_ROWS_AT + (<usize>index << 2)) < <u32>rows);
  }
  return beginOutput();
}

/** Goes to the next row. @returns false: there is none, or no room for what comes of it. */
export function nextRow(): bool {
  const index = <i32>word(RUN_INDEX_AT);
  if (word(RUN_OVERFLOW_AT) || index == <i32>word(RUN_KEPT_AT)) return false;
  setWord(RUN_FORM_AT, FORM_ROWS);
  forgetScratch();
  store<i64>(RUN, load<i64>(RUN, RUN_ROW_FUEL_AT), RUN_FUEL_AT);
  readRow(index);
  openSource(index);
  return true;
}

/** The row is done; where it did not fit, the run ends before it, or the row is refused if it is the first. */
export function endRow(): void {
  const overflow = word(RUN_OVERFLOW_AT);
  const index = <i32>word(RUN_INDEX_AT);
  if (overflow) {
    undoSource();
    if (overflow == ERROR_MEMORY_FULL || index != <i32>word(RUN_BEGAN_AT)) return;
    setWord(RUN_OVERFLOW_AT, 0);
    addRefusal(word(RUN_SOURCE_AT), ERROR_KERNEL_OUTPUT_TOO_LARGE, 0);
  } else closeSource();
  setWord(RUN_INDEX_AT, index + 1);
}

/** Begins with all rows. @returns false: they are done, or there is no memory for what comes of one. */
export function beginBatch(): bool {
  const rows = word(RUN_UNTIL_AT) - word(RUN_INDEX_AT);
  if (word(RUN_OVERFLOW_AT) || rows == 0) return false;
  setWord(RUN_FORM_AT, FORM_BATCH);
  setWord(RUN_FROM_AT, FROM_NONE);
  forgetScratch();
  store<i64>(RUN, load<i64>(RUN, RUN_ROW_FUEL_AT) * <i64>rows, RUN_FUEL_AT);
  readRow(word(RUN_INDEX_AT));
  return true;
}

/** The rows are done; where what came of them did not fit, half of them are tried, down to one. */
export function endBatch(): void {
  if (<i32>word(RUN_FROM_AT) != FROM_NONE) closeSource();
  const index = word(RUN_INDEX_AT);
  const rows = word(RUN_UNTIL_AT) - index;
  const overflow = word(RUN_OVERFLOW_AT);
  if (overflow) {
    clearOutput();
    if (rows > 1) setWord(RUN_UNTIL_AT, index + (rows >>> 1));
    if (rows > 1 || overflow != ERROR_MEMORY_FULL) setWord(RUN_OVERFLOW_AT, 0);
    if (rows > 1 || overflow == ERROR_MEMORY_FULL) return;
    addRefusal(load<u32>(<usize>word(RUN_SELECTION_AT) + SELECTION_ROWS_AT + (<usize>index << 2)), overflow, 0);
  }
  setWord(RUN_INDEX_AT, word(RUN_UNTIL_AT));
}

/**
 * Ends the run: the OUTPUT's region is a Batch.
 *
 * @returns index in the selection up to which rows are done: call again from there. Errors: ERROR_MEMORY_FULL, if that
 * is none.
 */
export function endRun(output: usize): i32 {
  finishOutput();
  memory.copy(output, RUN, OUTPUT_HEAD_BYTES);
  const index = word(RUN_INDEX_AT);
  return word(RUN_OVERFLOW_AT) == ERROR_MEMORY_FULL && index == word(RUN_BEGAN_AT) ? -ERROR_MEMORY_FULL : <i32>index;
}

/** A kernel over rows, or a batch, without memory to begin with. */
export function noRun(): i32 {
  return -ERROR_MEMORY_FULL;
}
