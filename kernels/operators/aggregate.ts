import {
  AGGREGATE_BYTES,
  AGGREGATE_CAPACITY_AT,
  AGGREGATE_COUNT,
  AGGREGATE_DONE,
  AGGREGATE_DROPPED_AT,
  AGGREGATE_FIELD_AT,
  AGGREGATE_FIRST,
  AGGREGATE_FULL,
  AGGREGATE_KIND_AT,
  AGGREGATE_LAST,
  AGGREGATE_MAX,
  AGGREGATE_MIN,
  AGGREGATE_MISS,
  AGGREGATE_PENDING,
  AGGREGATE_PENDING_MAX_AT,
  AGGREGATE_RECORDS_AT,
  AGGREGATE_REGION_AT,
  AGGREGATE_ROOM_AT,
  AGGREGATE_SOURCES_AT,
  AGGREGATE_STATUS_AT,
  AGGREGATE_SUM,
  AGGREGATE_VALUE_BYTES,
} from "../abi/aggregate";
import {
  BATCH_BASE_OFFSET_SLOT,
  BATCH_ERROR_CODE_SLOT,
  BATCH_HEADERS_AT_SLOT,
  BATCH_HEADERS_LENGTH_SLOT,
  BATCH_KEY_AT_SLOT,
  BATCH_KEY_LENGTH_SLOT,
  BATCH_OFFSET_DELTA_SLOT,
  BATCH_POSITION_DELTA_SLOT,
  BATCH_POSITION_SLOT,
  BATCH_TABLE_AT,
  BATCH_TABLE_BASE_OFFSET_AT,
  BATCH_TABLE_ERRORS_AT,
  BATCH_TABLE_POSITION_AT,
  BATCH_TIMESTAMP_SLOT,
  BATCH_VALUE_AT_SLOT,
  BATCH_VALUE_LENGTH_SLOT,
} from "../abi/batch";
import { ERROR_MEMORY_FULL } from "../abi/errors";
import { FIELD_F64, FIELD_I32, FIELD_I64, FIELD_TYPE_AT } from "../abi/field";
import { BATCH_ROWS_MAX, PAD_BYTES } from "../abi/limits";
import { SELECTION_KEPT_AT, SELECTION_ROOM_AT, SELECTION_ROWS_AT } from "../abi/selection";
import {
  ENTRY_KEY_AT,
  ENTRY_KEY_LENGTH_AT,
  ENTRY_TOLD_AT,
  ENTRY_VALUE_AT,
  ENTRY_VALUE_LENGTH_AT,
  PENDING_ENTRY_AT,
  PENDING_HEADERS_AT,
  PENDING_HEADERS_LENGTH_AT,
  STATE_COMPLETE_AT,
  STATE_PENDING_BYTES_AT,
  STATE_PENDING_COUNT_AT,
} from "../abi/state";
import { bytesOf, columnOf, fieldAt, rowsOf, tableOf } from "../batch";
import { closeBatch, columnAt, layOut, writeHead } from "../batch-layout";
import { addressOfField } from "../field";
import { allocate, release } from "../memory/allocator";
import { tablesOf } from "../rows";
import { copyBytes } from "../serdes/bytes";
import { findEntry, hashKey } from "../state/entries";
import { giveHeaders, keepHeaders, notePending, pendingAt, roomForPending } from "../state/pending";
import { addValue, changeValue } from "../state/table";

const VALUE: usize = memory.data(16, 16);

/**
 * Makes an AGGREGATE, whose kind and FIELD the host then writes, for batches of up to `rowsMax` rows.
 *
 * @returns its address. Errors: ERROR_MEMORY_FULL.
 */
export function aggregateNew(rowsMax: i32): i32 {
  assert(rowsMax > 0);
  assert(rowsMax <= BATCH_ROWS_MAX);
  const aggregate = allocate(AGGREGATE_BYTES + (<usize>rowsMax << 2));
  if (!aggregate) return -ERROR_MEMORY_FULL;
  memory.fill(aggregate, 0, AGGREGATE_BYTES);
  store<i32>(aggregate, rowsMax, AGGREGATE_CAPACITY_AT);
  store<u32>(aggregate, <u32>(aggregate + AGGREGATE_BYTES), AGGREGATE_SOURCES_AT);
  return <i32>aggregate;
}

export function aggregateFree(aggregate: usize): void {
  const region = <usize>load<u32>(aggregate, AGGREGATE_REGION_AT);
  if (region) release(region);
  release(aggregate);
}

/**
 * Selects the rows whose key is not in memory, so that the host loads all of them at once.
 *
 * @returns rows selected. Errors: none.
 */
export function aggregateMissing(state: usize, batch: usize, selection: usize, target: usize): i32 {
  const table = tableOf(batch);
  const rows = rowsOf(table);
  const bytes = bytesOf(table);
  const keysAt = columnOf(table, BATCH_KEY_AT_SLOT, rows);
  const keyLengths = columnOf(table, BATCH_KEY_LENGTH_SLOT, rows);
  const valueLengths = columnOf(table, BATCH_VALUE_LENGTH_SLOT, rows);
  const kept = load<i32>(selection, SELECTION_KEPT_AT);
  assert(kept <= load<i32>(target, SELECTION_ROOM_AT));
  let missing: usize = 0;
  for (let index = 0; index < kept; index++) {
    const row = <usize>load<u32>(selection + SELECTION_ROWS_AT + (<usize>index << 2));
    const length = load<i32>(keyLengths + (row << 2));
    if (length < 0 || load<i32>(valueLengths + (row << 2)) < 0) continue;
    const key = bytes + <usize>load<u32>(keysAt + (row << 2));
    if (findEntry(state, key, length, hashKey(key, length))) continue;
    store<u32>(target + SELECTION_ROWS_AT + (missing << 2), <u32>row);
    missing++;
  }
  store<u32>(target, <u32>missing, SELECTION_KEPT_AT);
  return <i32>missing;
}

/**
 * KGroupedStream#count, and aggregates of one field, over selected rows in their order: changes the STATE, and makes a
 * Batch with one record for each change (key; the new aggregate, 8 bytes; the larger of both timestamps; the row's
 * headers). A row without key or value changes nothing, as in Kafka Streams, nor does one whose field is null.
 *
 * @param decoded ROWS with the field; of a count: those of the values, whose nulls are not counted, or 0.
 * @param from index in the selection to go on at.
 * @returns index up to which rows are done. Errors: ERROR_MEMORY_FULL, and nothing is changed.
 */
export function aggregateRows(
  state: usize,
  aggregate: usize,
  batch: usize,
  selection: usize,
  decoded: usize,
  from: i32,
): i32 {
  const table = tableOf(batch);
  const rows = rowsOf(table);
  const bytes = bytesOf(table);
  const timestamps = columnOf(table, BATCH_TIMESTAMP_SLOT, rows);
  const keysAt = columnOf(table, BATCH_KEY_AT_SLOT, rows);
  const keyLengths = columnOf(table, BATCH_KEY_LENGTH_SLOT, rows);
  const valueLengths = columnOf(table, BATCH_VALUE_LENGTH_SLOT, rows);
  const headersAt = columnOf(table, BATCH_HEADERS_AT_SLOT, rows);
  const headersLengths = columnOf(table, BATCH_HEADERS_LENGTH_SLOT, rows);
  const offsets = columnOf(table, BATCH_OFFSET_DELTA_SLOT, rows);
  const positions = columnOf(table, BATCH_POSITION_DELTA_SLOT, rows);
  const kept = load<i32>(selection, SELECTION_KEPT_AT);
  assert(from >= 0);
  assert(from <= kept);
  const kind = load<i32>(aggregate, AGGREGATE_KIND_AT);
  const tables = decoded ? tablesOf(decoded, rows) : 0;
  assert(kind == AGGREGATE_COUNT || tables != 0);
  const pendingMax = load<u32>(aggregate, AGGREGATE_PENDING_MAX_AT);
  const capacity = load<i32>(aggregate, AGGREGATE_CAPACITY_AT);
  assert(kept - from <= capacity);

  let needed: usize = 1;
  for (let index = from; index < kept; index++) {
    const row = <usize>load<u32>(selection + SELECTION_ROWS_AT + (<usize>index << 2));
    assert(row < <usize>rows);
    const length = load<i32>(keyLengths + (row << 2));
    needed += 8 + <usize>load<u32>(headersLengths + (row << 2)) + (length > 0 ? <usize>length : 0);
  }
  const region = roomForRegion(aggregate, capacity, needed);
  if (!region) return -ERROR_MEMORY_FULL;
  const target = region + layOut(capacity);
  const targetTimestamps = columnAt(region, BATCH_TIMESTAMP_SLOT, capacity);
  const targetKeys = columnAt(region, BATCH_KEY_AT_SLOT, capacity);
  const targetKeyLengths = columnAt(region, BATCH_KEY_LENGTH_SLOT, capacity);
  const targetValues = columnAt(region, BATCH_VALUE_AT_SLOT, capacity);
  const targetValueLengths = columnAt(region, BATCH_VALUE_LENGTH_SLOT, capacity);
  const targetHeaders = columnAt(region, BATCH_HEADERS_AT_SLOT, capacity);
  const targetHeadersLengths = columnAt(region, BATCH_HEADERS_LENGTH_SLOT, capacity);
  const targetOffsets = columnAt(region, BATCH_OFFSET_DELTA_SLOT, capacity);
  const targetPositions = columnAt(region, BATCH_POSITION_DELTA_SLOT, capacity);
  const sources = <usize>load<u32>(aggregate, AGGREGATE_SOURCES_AT);
  const isComplete = load<i32>(state, STATE_COMPLETE_AT) != 0;
  store<u8>(target, 0); // the headers of all records that have none
  let used: usize = 1;
  let records: usize = 0;
  let dropped = 0;
  let status: i32 = AGGREGATE_DONE;
  let index = from;

  for (; index < kept; index++) {
    const row = <usize>load<u32>(selection + SELECTION_ROWS_AT + (<usize>index << 2));
    const length = load<i32>(keyLengths + (row << 2));
    let isNull = length < 0 || load<i32>(valueLengths + (row << 2)) < 0;
    let field: usize = 0;
    if (tables) {
      const rowTable = <usize>load<u32>(tables + (row << 2));
      if (!rowTable) isNull = true;
      else if (kind != AGGREGATE_COUNT) field = addressOfField(aggregate + AGGREGATE_FIELD_AT, rowTable);
    }
    if (isNull || (kind != AGGREGATE_COUNT && !field)) {
      dropped++;
      continue;
    }
    const key = bytes + <usize>load<u32>(keysAt + (row << 2));
    const hash = hashKey(key, length);
    const entry = findEntry(state, key, length, hash);
    if (!entry && !isComplete) {
      status = AGGREGATE_MISS;
      break;
    }
    const old = entry && load<i32>(entry, ENTRY_VALUE_LENGTH_AT) >= 0 ? <usize>load<u32>(entry, ENTRY_VALUE_AT) : 0;
    if (old) assert(load<i32>(entry, ENTRY_VALUE_LENGTH_AT) == AGGREGATE_VALUE_BYTES);
    let timestamp = load<i64>(timestamps + (row << 3));
    if (old) timestamp = max<i64>(timestamp, bswap(load<i64>(old)));
    const next = nextOf(kind, aggregate + AGGREGATE_FIELD_AT, field, old);
    store<i64>(VALUE, bswap(timestamp));
    store<i64>(VALUE, bswap(next), 8);
    const headersLength = <usize>load<u32>(headersLengths + (row << 2));
    const headersFrom = bytes + <usize>load<u32>(headersAt + (row << 2));
    let headers: usize = 0;
    let fits = true;
    if (pendingMax) {
      fits = roomForPending(state);
      if (fits && headersLength > 1) {
        headers = keepHeaders(state, headersFrom, headersLength);
        fits = headers != 0;
      }
    }
    if (fits) {
      fits = entry
        ? changeValue(state, entry, VALUE, AGGREGATE_VALUE_BYTES, <i32>row)
        : addValue(state, key, length, hash, VALUE, AGGREGATE_VALUE_BYTES, <i32>row);
      if (!fits) giveHeaders(state, headers, headersLength);
    }
    if (!fits) {
      status = AGGREGATE_FULL;
      break;
    }
    if (pendingMax) {
      notePending(state, entry ? entry : findEntry(state, key, length, hash), headers, headersLength);
      if (load<u32>(state, STATE_PENDING_BYTES_AT) <= pendingMax) continue;
      index++;
      status = AGGREGATE_PENDING;
      break;
    }

    const at = records << 2;
    store<i64>(targetTimestamps + (at << 1), timestamp);
    store<u32>(targetKeys + at, <u32>used);
    store<i32>(targetKeyLengths + at, length);
    copyBytes(target + used, key, length);
    used += <usize>length;
    store<u32>(targetValues + at, <u32>used);
    store<i32>(targetValueLengths + at, 8);
    store<i64>(target + used, bswap(next));
    used += 8;
    store<u32>(targetHeadersLengths + at, <u32>headersLength);
    if (headersLength > 1) {
      store<u32>(targetHeaders + at, <u32>used);
      copyBytes(target + used, headersFrom, headersLength);
      used += headersLength;
    } else store<u32>(targetHeaders + at, 0);
    store<u32>(targetOffsets + at, load<u32>(offsets + (row << 2)));
    store<u32>(targetPositions + at, load<u32>(positions + (row << 2)));
    store<u32>(sources + at, <u32>row);
    records++;
  }
  store<i32>(aggregate, status, AGGREGATE_STATUS_AT);
  store<i32>(aggregate, dropped, AGGREGATE_DROPPED_AT);
  store<u32>(aggregate, <u32>records, AGGREGATE_RECORDS_AT);
  const offset = fieldAt(table, BATCH_BASE_OFFSET_SLOT);
  const position = fieldAt(table, BATCH_POSITION_SLOT);
  const place = position ? load<i64>(position) : 0;
  finish(region, capacity, <i32>records, target, used, offset ? load<i64>(offset) : 0, place);
  return index;
}

/**
 * What waits in a record cache, as a Batch: a record for each key, in the order of the last changes, with the headers of
 * the record that made them. Nothing is told yet: see `stateTold`.
 *
 * @param from how many PENDINGs were looked at before.
 * @returns how many are looked at: all of them, or as many as records fit. Errors: ERROR_MEMORY_FULL.
 */
export function aggregatePending(state: usize, aggregate: usize, from: i32): i32 {
  const count = <i32>load<u32>(state, STATE_PENDING_COUNT_AT);
  const capacity = load<i32>(aggregate, AGGREGATE_CAPACITY_AT);
  assert(from >= 0);
  assert(from <= count);
  let needed: usize = 1;
  let records = 0;
  let end = from;
  for (; end < count && records < capacity; end++) {
    const pending = pendingAt(state, end + 1);
    const entry = <usize>load<u32>(pending, PENDING_ENTRY_AT);
    if (<i32>load<u32>(entry, ENTRY_TOLD_AT) != end + 1) continue;
    needed += 8 + <usize>load<u32>(entry, ENTRY_KEY_LENGTH_AT) + <usize>load<u32>(pending, PENDING_HEADERS_LENGTH_AT);
    records++;
  }
  const region = roomForRegion(aggregate, capacity, needed);
  if (!region) return -ERROR_MEMORY_FULL;
  const target = region + layOut(capacity);
  store<u8>(target, 0); // the headers of all records that have none
  let used: usize = 1;
  let at: usize = 0;
  for (let index = from; index < end; index++) {
    const pending = pendingAt(state, index + 1);
    const entry = <usize>load<u32>(pending, PENDING_ENTRY_AT);
    if (<i32>load<u32>(entry, ENTRY_TOLD_AT) != index + 1) continue;
    const value = <usize>load<u32>(entry, ENTRY_VALUE_AT);
    const length = <usize>load<u32>(entry, ENTRY_KEY_LENGTH_AT);
    const headers = <usize>load<u32>(pending, PENDING_HEADERS_AT);
    const headersLength = <usize>load<u32>(pending, PENDING_HEADERS_LENGTH_AT);
    store<i64>(columnAt(region, BATCH_TIMESTAMP_SLOT, capacity) + (at << 1), bswap(load<i64>(value)));
    store<u32>(columnAt(region, BATCH_KEY_AT_SLOT, capacity) + at, <u32>used);
    store<u32>(columnAt(region, BATCH_KEY_LENGTH_SLOT, capacity) + at, <u32>length);
    memory.copy(target + used, entry + ENTRY_KEY_AT, length);
    used += length;
    store<u32>(columnAt(region, BATCH_VALUE_AT_SLOT, capacity) + at, <u32>used);
    store<u32>(columnAt(region, BATCH_VALUE_LENGTH_SLOT, capacity) + at, 8);
    store<i64>(target + used, load<i64>(value, 8));
    used += 8;
    store<u32>(columnAt(region, BATCH_HEADERS_AT_SLOT, capacity) + at, headers ? <u32>used : 0);
    store<u32>(columnAt(region, BATCH_HEADERS_LENGTH_SLOT, capacity) + at, <u32>headersLength);
    if (headers) {
      memory.copy(target + used, headers, headersLength);
      used += headersLength;
    }
    store<u32>(columnAt(region, BATCH_OFFSET_DELTA_SLOT, capacity) + at, 0);
    store<u32>(columnAt(region, BATCH_POSITION_DELTA_SLOT, capacity) + at, 0);
    at += 4;
  }
  store<u32>(aggregate, <u32>records, AGGREGATE_RECORDS_AT);
  finish(region, capacity, records, target, used, 0, 0);
  return end;
}

/** The aggregate of a group with one more row. @param old the group's value in the store, 0: it has none. */
@inline
function nextOf(kind: i32, field: usize, at: usize, old: usize): i64 {
  if (kind == AGGREGATE_COUNT) return old ? bswap(load<i64>(old, 8)) + 1 : 1;
  const type = load<i32>(field, FIELD_TYPE_AT);
  assert(type == FIELD_I32 || type == FIELD_I64 || type == FIELD_F64);
  const value = type == FIELD_I32 ? <i64>load<i32>(at) : load<i64>(at);
  if (!old || kind == AGGREGATE_LAST) return value;
  const before = bswap(load<i64>(old, 8));
  if (kind == AGGREGATE_FIRST) return before;
  if (type == FIELD_F64) {
    const a = reinterpret<f64>(before);
    const b = reinterpret<f64>(value);
    return reinterpret<i64>(kind == AGGREGATE_SUM ? a + b : kind == AGGREGATE_MIN ? min(a, b) : max(a, b));
  }
  assert(kind == AGGREGATE_SUM || kind == AGGREGATE_MIN || kind == AGGREGATE_MAX);
  return kind == AGGREGATE_SUM ? before + value : kind == AGGREGATE_MIN ? min(before, value) : max(before, value);
}

function roomForRegion(aggregate: usize, capacity: i32, bytes: usize): usize {
  const from = layOut(capacity);
  const needed = from + bytes + PAD_BYTES;
  const region = <usize>load<u32>(aggregate, AGGREGATE_REGION_AT);
  if (region && <usize>load<u32>(aggregate, AGGREGATE_ROOM_AT) >= needed) return region;
  const room = needed + (bytes >> 1);
  const larger = allocate(room);
  if (!larger) return 0;
  if (region) release(region);
  writeHead(larger, capacity, from);
  store<u32>(aggregate, <u32>larger, AGGREGATE_REGION_AT);
  store<u32>(aggregate, <u32>room, AGGREGATE_ROOM_AT);
  return larger;
}

/** Makes the region a Batch. */
function finish(
  region: usize,
  capacity: i32,
  records: i32,
  bytes: usize,
  used: usize,
  baseOffset: i64,
  position: i64,
): void {
  store<i64>(region + BATCH_TABLE_AT, baseOffset, BATCH_TABLE_BASE_OFFSET_AT);
  store<i64>(region + BATCH_TABLE_AT, position, BATCH_TABLE_POSITION_AT);
  store<u32>(region + BATCH_TABLE_AT, 0, BATCH_TABLE_ERRORS_AT);
  memory.fill(columnAt(region, BATCH_ERROR_CODE_SLOT, capacity), 0, <usize>records << 1);
  closeBatch(region, records, capacity);
  store<u32>(bytes - 4, <u32>used);
  memory.fill(bytes + used, 0, PAD_BYTES);
}
