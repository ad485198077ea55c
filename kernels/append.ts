import {
  BATCH_HEADERS_AT_SLOT,
  BATCH_HEADERS_LENGTH_SLOT,
  BATCH_KEY_AT_SLOT,
  BATCH_KEY_LENGTH_SLOT,
  BATCH_TIMESTAMP_SLOT,
  BATCH_VALUE_AT_SLOT,
  BATCH_VALUE_LENGTH_SLOT,
} from "./abi/batch";
import { ERROR_MEMORY_FULL, ERROR_RECORD_KEY_MISSING, ERROR_RECORD_TOO_LARGE } from "./abi/errors";
import { FIELD_STRING, FIELD_TYPE_AT } from "./abi/field";
import {
  FORM_DESCRIPTOR_AT,
  FORM_FIELD_AT,
  FORM_FROM_AT,
  FORM_FROM_BATCH,
  FORM_FROM_FIELD,
  FORM_FROM_JSON,
  FORM_HEADERS_AT,
  FORM_PART_BYTES,
} from "./abi/form";
import { SINK_SEALED_BYTES_MAX } from "./abi/limits";
import { RECORDS_AT } from "./abi/record-batch-v2";
import { SELECTION_KEPT_AT, SELECTION_ROWS_AT } from "./abi/selection";
import {
  BLOCK_BATCH_AT,
  BUILDER_BASE_TIMESTAMP_AT,
  BUILDER_BLOCK_AT,
  BUILDER_COUNT_AT,
  BUILDER_CURSOR_AT,
  BUILDER_END_AT,
  BUILDER_MAX_TIMESTAMP_AT,
  SINK_BATCH_BYTES_MAX_AT,
  SINK_COLUMN_AT,
  SINK_KEYS_REQUIRED_AT,
  SINK_LENGTH_GUESS_AT,
  SINK_OPEN_BYTES_AT,
  SINK_PARTITIONS_AT,
  SINK_RECORDS_MAX_AT,
  SINK_RECORD_BYTES_MAX_AT,
  SINK_REFUSED_AT,
  SINK_SEALED_BYTES_AT,
  SINK_STATUS_AT,
  SINK_STICKY_AT,
  SINK_VALUE_GUESS_AT,
} from "./abi/sink";
import { bytesOf, columnOf, refuseRow, rowsOf, tableOf } from "./batch";
import { copyWithoutSurrogates, fieldBytes, hasSurrogate } from "./field";
import { takeArena } from "./memory/arena";
import { partitionOfKey } from "./murmur2";
import { rowBytesOf, tablesOf } from "./rows";
import { copyBytes } from "./serdes/bytes";
import { jsonEncode, jsonEncodeBytesMax } from "./serdes/json/index";
import { builderOf, makeRoom, seal } from "./sink";
import { varintBytes, writeVarint, zigzag } from "./varint";

const KEY_SCRATCH: usize = memory.data(16, 16);
const VALUE_SCRATCH: usize = memory.data(16, 16);
/** A record without key, value and headers takes at most this, in bytes: its varints at their longest. */
const RECORD_OVERHEAD_MAX: usize = 48;

/**
 * Appends selected rows to the sink's open batches, in their order.
 *
 * @param form how a row becomes a record.
 * @param decoded ROWS with the decoded values, 0 if the form needs none.
 * @param from index in the selection to go on at.
 * @param byColumn 1: the host has written its choice of partitions where `sinkColumn` said; -1 there: by key.
 * @returns index in the selection up to which rows are done (appended, or refused with a code in the batch). Less
 * than the selection's length: take the finished batches and call again from there; SINK_STATUS_AT then holds 0 or
 * ERROR_MEMORY_FULL.
 */
export function sinkAppend(
  sink: usize,
  form: usize,
  batch: usize,
  selection: usize,
  decoded: usize,
  from: i32,
  byColumn: i32,
): i32 {
  assert(from >= 0);
  assert(from <= load<i32>(selection, SELECTION_KEPT_AT));
  store<i32>(sink, 0, SINK_STATUS_AT);
  store<i32>(sink, 0, SINK_REFUSED_AT);
  const keyFrom = load<i32>(form, FORM_FROM_AT);
  const valueFrom = load<i32>(form + FORM_PART_BYTES, FORM_FROM_AT);
  assert(keyFrom != FORM_FROM_JSON); // a JSON key is the host's to write
  assert(decoded != 0 || (keyFrom == FORM_FROM_BATCH && valueFrom == FORM_FROM_BATCH));
  if (keyFrom == FORM_FROM_BATCH && valueFrom == FORM_FROM_BATCH) {
    return appendRows(sink, form, batch, selection, decoded, from, byColumn, FORM_FROM_BATCH, FORM_FROM_BATCH);
  }
  if (keyFrom == FORM_FROM_BATCH && valueFrom == FORM_FROM_JSON) {
    return appendRows(sink, form, batch, selection, decoded, from, byColumn, FORM_FROM_BATCH, FORM_FROM_JSON);
  }
  return appendRows(sink, form, batch, selection, decoded, from, byColumn, keyFrom, valueFrom);
}

/** The loop of `sinkAppend`, compiled once for each of its calls above. */
@inline
function appendRows(
  sink: usize,
  form: usize,
  batch: usize,
  selection: usize,
  decoded: usize,
  from: i32,
  byColumn: i32,
  keyFrom: i32,
  valueFrom: i32,
): i32 {
  const table = tableOf(batch);
  const rows = rowsOf(table);
  const bytes = bytesOf(table);
  const timestamps = columnOf(table, BATCH_TIMESTAMP_SLOT, rows);
  const keysAt = columnOf(table, BATCH_KEY_AT_SLOT, rows);
  const keyLengths = columnOf(table, BATCH_KEY_LENGTH_SLOT, rows);
  const valuesAt = columnOf(table, BATCH_VALUE_AT_SLOT, rows);
  const valueLengths = columnOf(table, BATCH_VALUE_LENGTH_SLOT, rows);
  const headersAt = columnOf(table, BATCH_HEADERS_AT_SLOT, rows);
  const headersLengths = columnOf(table, BATCH_HEADERS_LENGTH_SLOT, rows);
  const partitions = load<u32>(sink, SINK_PARTITIONS_AT);
  const batchBytesMax = <usize>load<u32>(sink, SINK_BATCH_BYTES_MAX_AT);
  const recordsMax = load<u32>(sink, SINK_RECORDS_MAX_AT);
  const recordBytesMax = <usize>load<u32>(sink, SINK_RECORD_BYTES_MAX_AT);
  const keysRequired = load<i32>(sink, SINK_KEYS_REQUIRED_AT) != 0;
  const column = byColumn ? <usize>load<u32>(sink, SINK_COLUMN_AT) : 0;
  const tables = decoded ? tablesOf(decoded, rows) : 0;
  const descriptor = <usize>load<u32>(form + FORM_PART_BYTES, FORM_DESCRIPTOR_AT);
  const hasHeaders = load<i32>(form, FORM_HEADERS_AT) != 0;
  const kept = load<i32>(selection, SELECTION_KEPT_AT);
  const keyIsText = keyFrom == FORM_FROM_FIELD && load<i32>(form + FORM_FIELD_AT, FIELD_TYPE_AT) == FIELD_STRING;
  let appended: u32 = 0;
  let index = from;

  while (index < kept) {
    const row = <usize>load<u32>(selection + SELECTION_ROWS_AT + (<usize>index << 2));
    assert(row < <usize>rows);
    const timestamp = load<i64>(timestamps + (row << 3));
    const rowTable = tables ? <usize>load<u32>(tables + (row << 2)) : 0;

    let key: usize;
    let keyLength: i32;
    if (keyFrom == FORM_FROM_FIELD) {
      const part = fieldBytes(form + FORM_FIELD_AT, rowTable, KEY_SCRATCH);
      key = <usize>part;
      keyLength = <i32>(part >> 32);
      if (keyIsText && keyLength > 0 && hasSurrogate(key, keyLength)) {
        const mended = takeArena(keyLength);
        if (!mended) {
          store<i32>(sink, ERROR_MEMORY_FULL, SINK_STATUS_AT);
          break;
        }
        keyLength = copyWithoutSurrogates(key, keyLength, mended);
        key = mended;
      }
    } else {
      key = bytes + <usize>load<u32>(keysAt + (row << 2));
      keyLength = load<i32>(keyLengths + (row << 2));
    }
    if (keysRequired && keyLength < 0) {
      refuse(sink, table, row, ERROR_RECORD_KEY_MISSING, 0);
      index++;
      continue;
    }
    let value: usize = 0;
    let valueLength: i32;
    if (valueFrom == FORM_FROM_JSON) {
      valueLength = rowTable ? 0 : -1;
    } else if (valueFrom == FORM_FROM_FIELD) {
      const part = fieldBytes(form + FORM_PART_BYTES + FORM_FIELD_AT, rowTable, VALUE_SCRATCH);
      value = <usize>part;
      valueLength = <i32>(part >> 32);
    } else {
      value = bytes + <usize>load<u32>(valuesAt + (row << 2));
      valueLength = load<i32>(valueLengths + (row << 2));
    }
    const headers = bytes + <usize>load<u32>(headersAt + (row << 2));
    const headersLength: usize = hasHeaders ? <usize>load<u32>(headersLengths + (row << 2)) : 1;

    const chosen: i32 = column ? load<i32>(column + (row << 2)) : -1;
    const partition = chosen >= 0 ? <u32>chosen : partitionOf(sink, key, keyLength, partitions);
    assert(partition < partitions);
    const builder = builderOf(sink, partition);

    let room = RECORD_OVERHEAD_MAX + headersLength;
    if (keyLength > 0) room += keyLength;
    if (valueLength > 0) room += valueLength;
    if (valueFrom == FORM_FROM_JSON && rowTable) room += jsonEncodeBytesMax(descriptor, rowBytesOf(decoded, row));
    let start = <usize>load<u32>(builder, BUILDER_CURSOR_AT);
    if (start + room > <usize>load<u32>(builder, BUILDER_END_AT)) {
      if (!makeRoom(builder, room)) {
        store<i32>(sink, ERROR_MEMORY_FULL, SINK_STATUS_AT);
        break;
      }
      start = <usize>load<u32>(builder, BUILDER_CURSOR_AT);
    }
    const count = load<u32>(builder, BUILDER_COUNT_AT);
    if (count == 0) {
      store<i64>(builder, timestamp, BUILDER_BASE_TIMESTAMP_AT);
      store<i64>(builder, timestamp, BUILDER_MAX_TIMESTAMP_AT);
    }

    const lengthGuess = <usize>load<u32>(sink, SINK_LENGTH_GUESS_AT);
    let at = start + lengthGuess;
    store<u8>(at, 0); // attributes
    at = writeVarint(at + 1, zigzag(timestamp - load<i64>(builder, BUILDER_BASE_TIMESTAMP_AT)));
    at = writeVarint(at, <u64>count << 1);
    at = writeBytes(at, key, keyLength);
    if (valueFrom == FORM_FROM_JSON && rowTable) at = writeJson(sink, descriptor, rowTable, at);
    else at = writeBytes(at, value, valueLength);
    at = writeHeaders(at, headers, headersLength);
    const recordBytes = writeLength(sink, start, lengthGuess, at - start - lengthGuess);

    const tooLarge = recordBytes > recordBytesMax;
    if (tooLarge && count == 0) {
      refuse(sink, table, row, ERROR_RECORD_TOO_LARGE, <i32>recordBytes);
      index++;
      continue;
    }
    const batchStart = <usize>load<u32>(builder, BUILDER_BLOCK_AT) + BLOCK_BATCH_AT;
    // A record is measured where it is first in its batch: its deltas are shortest there, wherever it stands in its input.
    if (count > 0 && (tooLarge || count == recordsMax || start + recordBytes - batchStart > batchBytesMax)) {
      seal(sink, partition); // this row begins the next batch: once more, with deltas from there
      if (load<u32>(sink, SINK_SEALED_BYTES_AT) > <u32>SINK_SEALED_BYTES_MAX) break;
      continue;
    }
    if (timestamp > load<i64>(builder, BUILDER_MAX_TIMESTAMP_AT)) {
      store<i64>(builder, timestamp, BUILDER_MAX_TIMESTAMP_AT);
    }
    store<u32>(builder, <u32>(start + recordBytes), BUILDER_CURSOR_AT);
    store<u32>(builder, count + 1, BUILDER_COUNT_AT);
    appended += <u32>recordBytes + (count ? 0 : RECORDS_AT);
    index++;
  }
  store<u32>(sink, load<u32>(sink, SINK_OPEN_BYTES_AT) + appended, SINK_OPEN_BYTES_AT);
  return index;
}

function refuse(sink: usize, table: usize, row: usize, code: i32, at: i32): void {
  refuseRow(table, <i32>row, code, at);
  store<i32>(sink, load<i32>(sink, SINK_REFUSED_AT) + 1, SINK_REFUSED_AT);
}

/** Where the host has chosen no partition: Kafka's choice by key; without key, one until its batch is sealed. */
@inline
function partitionOf(sink: usize, key: usize, keyLength: i32, partitions: u32): u32 {
  if (partitions == 1) return 0;
  return keyLength < 0 ? load<u32>(sink, SINK_STICKY_AT) : partitionOfKey(key, keyLength, partitions);
}

/** Length and bytes, as in a record; -1 is null. */
@inline
function writeBytes(target: usize, source: usize, length: i32): usize {
  if (length < 0) {
    store<u8>(target, 1);
    return target + 1;
  }
  const at = writeVarint(target, <u64>length << 1);
  if (length <= 16) v128.store(at, v128.load(source));
  else copyBytes(at, source, length);
  return at + length;
}

/** A row as JSON with its length, whose varint is guessed to be as long as the last one: else the JSON moves. */
@inline
function writeJson(sink: usize, descriptor: usize, table: usize, target: usize): usize {
  const guess = <usize>load<u32>(sink, SINK_VALUE_GUESS_AT);
  const length = <usize>jsonEncode(descriptor, table, target + guess);
  const lengthBytes = varintBytes(<u64>length << 1);
  if (lengthBytes != guess) {
    memory.copy(target + lengthBytes, target + guess, length);
    store<u32>(sink, <u32>lengthBytes, SINK_VALUE_GUESS_AT);
  }
  return writeVarint(target, <u64>length << 1) + length;
}

/** Headers as a record holds them, their number first. */
@inline
function writeHeaders(target: usize, headers: usize, length: usize): usize {
  if (length == 1) store<u8>(target, 0);
  else copyBytes(target, headers, length);
  return target + length;
}

/** Writes the length of the record before it, for which `guess` bytes were left. @returns bytes of the record. */
@inline
function writeLength(sink: usize, start: usize, guess: usize, length: usize): usize {
  const lengthBytes = varintBytes(<u64>length << 1);
  if (lengthBytes != guess) {
    memory.copy(start + lengthBytes, start + guess, length);
    store<u32>(sink, <u32>lengthBytes, SINK_LENGTH_GUESS_AT);
  }
  writeVarint(start, <u64>length << 1);
  return lengthBytes + length;
}
