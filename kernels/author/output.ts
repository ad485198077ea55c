import {
  BATCH_BASE_OFFSET_SLOT,
  BATCH_ERROR_CODE_SLOT,
  BATCH_HEADERS_LENGTH_SLOT,
  BATCH_OFFSET_DELTA_SLOT,
  BATCH_POSITION_SLOT,
  BATCH_TABLE_AT,
  BATCH_TABLE_BASE_OFFSET_AT,
  BATCH_TABLE_ERRORS_AT,
  BATCH_TABLE_POSITION_AT,
  BATCH_TIMESTAMP_SLOT,
} from "../abi/batch";
import { ERROR_KERNEL_OUTPUT_TOO_LARGE, ERROR_MEMORY_FULL } from "../abi/errors";
import {
  OUTPUT_BYTES_FROM_AT,
  OUTPUT_CAPACITY_AT,
  OUTPUT_FIELDS_AT,
  OUTPUT_HEAD_BYTES,
  OUTPUT_ORIGINS_AT,
  OUTPUT_RECORDS_AT,
  OUTPUT_REFUSALS_AT,
  OUTPUT_REFUSAL_COUNT_AT,
  OUTPUT_REGION_AT,
  OUTPUT_ROOM_AT,
  OUTPUT_ROWS_MAX_AT,
  OUTPUT_USED_AT,
  REFUSAL_BYTES,
  REFUSAL_CODE_AT,
  REFUSAL_REASON_AT,
  REFUSAL_ROW_AT,
  RUN_BATCH_AT,
  RUN_COLUMNS_AT,
  RUN_OVERFLOW_AT,
} from "../abi/kernel-output";
import { BATCH_ROWS_MAX, KERNEL_OUTPUT_BYTES_MAX, PAD_BYTES } from "../abi/limits";
import { fieldAt } from "../batch";
import { closeBatch, columnAt, layOut, writeHead } from "../batch-layout";
import { allocate, release } from "../memory/allocator";
import { FIELDS_BYTES } from "./fields";
import { RUN, setWord, word } from "./run";

/** offset_delta to headers_length. */
const COLUMNS: i32 = 9;
/** Bytes of records that a new OUTPUT has room for. */
const BYTES_MIN: usize = 65536;

/**
 * Makes an OUTPUT for input batches of up to `rowsMax` rows.
 *
 * @returns its address. Errors: ERROR_MEMORY_FULL.
 */
export function outputNew(rowsMax: i32): i32 {
  assert(rowsMax > 0);
  assert(rowsMax <= BATCH_ROWS_MAX);
  const bytes = OUTPUT_HEAD_BYTES + <usize>rowsMax * REFUSAL_BYTES + FIELDS_BYTES;
  const output = allocate(bytes);
  if (!output) return -ERROR_MEMORY_FULL;
  memory.fill(output, 0, bytes);
  store<i32>(output, rowsMax, OUTPUT_ROWS_MAX_AT);
  store<u32>(output, <u32>(output + OUTPUT_HEAD_BYTES), OUTPUT_FIELDS_AT);
  store<u32>(output, <u32>(output + OUTPUT_HEAD_BYTES + FIELDS_BYTES), OUTPUT_REFUSALS_AT);
  return <i32>output;
}

export function outputFree(output: usize): void {
  const region = <usize>load<u32>(output, OUTPUT_REGION_AT);
  if (region) release(region);
  const origins = <usize>load<u32>(output, OUTPUT_ORIGINS_AT);
  if (origins) release(origins);
  release(output);
}

/** Empties the OUTPUT of the present run. @returns false: memory has reached its bound. */
export function beginOutput(): bool {
  if (!word(OUTPUT_REGION_AT) && !widen(word(OUTPUT_ROWS_MAX_AT), BYTES_MIN)) return false;
  placeColumns();
  clearOutput();
  return true;
}

/** Notes where the columns stand, offset_delta to headers_length: they are written for every record. */
function placeColumns(): void {
  for (let index = 0; index < COLUMNS; index++) {
    const slot = BATCH_OFFSET_DELTA_SLOT + (index << 1);
    const at = columnAt(<usize>word(OUTPUT_REGION_AT), slot, word(OUTPUT_CAPACITY_AT));
    setWord(RUN_COLUMNS_AT + (<usize>index << 2), <u32>at);
  }
}

@inline
function column(index: usize): usize {
  return <usize>word(RUN_COLUMNS_AT + (index << 2));
}

export function clearOutput(): void {
  setWord(OUTPUT_RECORDS_AT, 0);
  setWord(OUTPUT_REFUSAL_COUNT_AT, 0);
  store<u8>(bytesOfOutput(), 0); // the headers of all records that have none
  setWord(OUTPUT_USED_AT, 1);
}

@inline
function bytesOfOutput(): usize {
  return <usize>word(OUTPUT_REGION_AT) + <usize>word(OUTPUT_BYTES_FROM_AT);
}

/** Where the next record's `bytes` bytes go, padding behind them; 0: they do not fit, and the row is given up. */
@inline
export function roomForRecord(bytes: usize): usize {
  const used = <usize>word(OUTPUT_USED_AT);
  const from = <usize>word(OUTPUT_BYTES_FROM_AT);
  if (word(OUTPUT_RECORDS_AT) == word(OUTPUT_CAPACITY_AT) || from + used + bytes + PAD_BYTES > <usize>word(OUTPUT_ROOM_AT)) {
    if (!fit(bytes)) return 0;
  }
  return bytesOfOutput() + used;
}

function fit(bytes: usize): bool {
  const capacity = word(OUTPUT_CAPACITY_AT);
  const needed = <usize>word(OUTPUT_USED_AT) + bytes;
  let rows = capacity;
  if (word(OUTPUT_RECORDS_AT) == capacity) rows = min<u32>(capacity << 1, BATCH_ROWS_MAX);
  if (rows == word(OUTPUT_RECORDS_AT) || needed > <usize>KERNEL_OUTPUT_BYTES_MAX) {
    setWord(RUN_OVERFLOW_AT, ERROR_KERNEL_OUTPUT_TOO_LARGE);
    return false;
  }
  const room = <usize>word(OUTPUT_ROOM_AT) - <usize>word(OUTPUT_BYTES_FROM_AT) - PAD_BYTES;
  if (widen(rows, needed > room ? max(room << 1, needed) : room)) return true;
  setWord(RUN_OVERFLOW_AT, ERROR_MEMORY_FULL);
  return false;
}

/** Moves the OUTPUT to a larger region. @returns false: memory has reached its bound, and nothing is changed. */
function widen(rows: u32, bytes: usize): bool {
  const from = layOut(rows);
  const room = from + bytes + PAD_BYTES;
  const region = allocate(room);
  if (!region) return false;
  const before = word(OUTPUT_CAPACITY_AT);
  const origins = rows == before ? <usize>word(OUTPUT_ORIGINS_AT) : allocate(<usize>rows << 3);
  if (!origins) {
    release(region);
    return false;
  }
  writeHead(region, rows, from);
  const old = <usize>word(OUTPUT_REGION_AT);
  if (old) {
    copyColumns(region, rows, old, before);
    memory.copy(region + from, bytesOfOutput(), <usize>word(OUTPUT_USED_AT));
    release(old);
  }
  const oldOrigins = <usize>word(OUTPUT_ORIGINS_AT);
  if (oldOrigins && oldOrigins != origins) {
    const records = <usize>word(OUTPUT_RECORDS_AT) << 2;
    memory.copy(origins, oldOrigins, records);
    memory.copy(origins + (<usize>rows << 2), oldOrigins + (<usize>before << 2), records);
    release(oldOrigins);
  }
  setWord(OUTPUT_REGION_AT, <u32>region);
  setWord(OUTPUT_CAPACITY_AT, rows);
  setWord(OUTPUT_BYTES_FROM_AT, <u32>from);
  setWord(OUTPUT_ROOM_AT, <u32>room);
  setWord(OUTPUT_ORIGINS_AT, <u32>origins);
  placeColumns();
  return true;
}

function copyColumns(target: usize, rows: u32, source: usize, before: u32): void {
  const records = <usize>word(OUTPUT_RECORDS_AT);
  for (let slot = BATCH_OFFSET_DELTA_SLOT; slot <= BATCH_HEADERS_LENGTH_SLOT; slot += 2) {
    const bytes = slot == BATCH_TIMESTAMP_SLOT ? records << 3 : records << 2;
    memory.copy(columnAt(target, slot, rows), columnAt(source, slot, before), bytes);
  }
}

/** Says where a record stands: key, value and headers by their places in `bytes`, and what it came from. */
@inline
export function placeRecord(
  timestamp: i64,
  keyAt: u32,
  keyLength: i32,
  valueAt: u32,
  valueLength: i32,
  headersAt: u32,
  headersLength: i32,
  offset: u32,
  position: u32,
  source: u32,
  ordinal: u32,
): void {
  const record = word(OUTPUT_RECORDS_AT);
  const at = <usize>record << 2;
  store<u32>(column(0) + at, offset);
  store<u32>(column(1) + at, position);
  store<i64>(column(2) + (at << 1), timestamp);
  store<u32>(column(3) + at, keyAt);
  store<i32>(column(4) + at, keyLength);
  store<u32>(column(5) + at, valueAt);
  store<i32>(column(6) + at, valueLength);
  store<u32>(column(7) + at, headersAt);
  store<i32>(column(8) + at, headersLength);
  const origins = <usize>word(OUTPUT_ORIGINS_AT);
  store<u32>(origins + at, source);
  store<u32>(origins + (<usize>word(OUTPUT_CAPACITY_AT) << 2) + at, ordinal);
  setWord(OUTPUT_RECORDS_AT, record + 1);
}

/** Notes that a row is refused. */
export function addRefusal(row: u32, code: u32, reason: u32): void {
  const count = word(OUTPUT_REFUSAL_COUNT_AT);
  assert(count < word(OUTPUT_ROWS_MAX_AT));
  const at = <usize>word(OUTPUT_REFUSALS_AT) + <usize>count * REFUSAL_BYTES;
  store<u32>(at, row, REFUSAL_ROW_AT);
  store<u32>(at, code, REFUSAL_CODE_AT);
  store<u32>(at, reason, REFUSAL_REASON_AT);
  setWord(OUTPUT_REFUSAL_COUNT_AT, count + 1);
}

/** Makes the region a Batch. */
export function finishOutput(): void {
  const region = <usize>word(OUTPUT_REGION_AT);
  const records = word(OUTPUT_RECORDS_AT);
  const capacity = word(OUTPUT_CAPACITY_AT);
  const used = <usize>word(OUTPUT_USED_AT);
  const bytes = bytesOfOutput();
  const batch = <usize>word(RUN_BATCH_AT);
  const offset = fieldAt(batch, BATCH_BASE_OFFSET_SLOT);
  const position = fieldAt(batch, BATCH_POSITION_SLOT);
  store<i64>(region + BATCH_TABLE_AT, offset ? load<i64>(offset) : 0, BATCH_TABLE_BASE_OFFSET_AT);
  store<i64>(region + BATCH_TABLE_AT, position ? load<i64>(position) : 0, BATCH_TABLE_POSITION_AT);
  store<u32>(region + BATCH_TABLE_AT, 0, BATCH_TABLE_ERRORS_AT);
  memory.fill(columnAt(region, BATCH_ERROR_CODE_SLOT, capacity), 0, <usize>records << 1);
  closeBatch(region, records, capacity);
  store<u32>(bytes - 4, <u32>used);
  memory.fill(bytes + used, 0, PAD_BYTES);
}
