import {
  BATCH_ERROR_AT_SLOT,
  BATCH_ERROR_CODE_SLOT,
  BATCH_HEADERS_AT_SLOT,
  BATCH_HEADERS_LENGTH_SLOT,
  BATCH_KEY_AT_SLOT,
  BATCH_KEY_LENGTH_SLOT,
  BATCH_OFFSET_DELTA_SLOT,
  BATCH_POSITION_DELTA_SLOT,
  BATCH_TABLE_AT,
  BATCH_TABLE_BASE_OFFSET_AT,
  BATCH_TABLE_ERRORS_AT,
  BATCH_TABLE_POSITION_AT,
  BATCH_TIMESTAMP_SLOT,
  BATCH_VALUE_AT_SLOT,
  BATCH_VALUE_LENGTH_SLOT,
} from "./abi/batch";
import {
  ERROR_BATCH_COMPRESSED,
  ERROR_BATCH_COUNT,
  ERROR_BATCH_CRC,
  ERROR_BATCH_LENGTH,
  ERROR_BATCH_MAGIC,
  ERROR_BATCH_RECORD_LENGTH,
  ERROR_RECORD_KEY_LENGTH,
  ERROR_RECORD_VALUE_LENGTH,
  ERROR_RECORD_VARINT,
} from "./abi/errors";
import {
  INPUT_APPENDS_AT,
  INPUT_APPEND_TIME_AT,
  INPUT_BASE_OFFSET_AT,
  INPUT_BASE_TIMESTAMP_AT,
  INPUT_BYTES_AT,
  INPUT_CHECK_CRC_AT,
  INPUT_CURSOR_AT,
  INPUT_END_AT,
  INPUT_EXTRA_AT,
  INPUT_FAULT_AT,
  INPUT_FAULT_BASE_OFFSET_AT,
  INPUT_FAULT_CODE_AT,
  INPUT_FROM_OFFSET_AT,
  INPUT_LEFT_AT,
  INPUT_LOADED_AT,
  INPUT_PREVIOUS_AT,
  INPUT_REGION_AT,
  INPUT_ROWS_MAX_AT,
} from "./abi/input";
import {
  ATTRIBUTES_AT,
  ATTRIBUTE_CODEC_MASK,
  ATTRIBUTE_CONTROL,
  ATTRIBUTE_LOG_APPEND_TIME,
  BASE_TIMESTAMP_AT,
  CRC_AT,
  LENGTH_AT,
  LENGTH_MIN,
  LENGTH_OVERHEAD,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  RECORDS_AT,
  RECORD_COUNT_AT,
} from "./abi/record-batch-v2";
import { closeBatch, columnAt } from "./batch-layout";
import { crc32c } from "./crc32c";
import { headersFault } from "./headers";
import { sizeOfVarint, sizeOfVarlong, varintAt, varlongAt } from "./varint";

/**
 * Decodes the next rows of an INPUT into its Batch. Records below the input's fromOffset and control batches are
 * passed over. A record that cannot be read becomes a row with an error code; its neighbours are not harmed.
 *
 * @param rowsMax rows at most; the input's own bound holds as well.
 * @param position the first row's place in the task's input.
 * @returns rows; 0: nothing is left but perhaps a record batch that is cut off. Errors: ERROR_BATCH_*, once all
 * rows before it are delivered; the INPUT then says where.
 */
export function decode(input: usize, rowsMax: i32, position: i64): i32 {
  const region = <usize>load<u32>(input, INPUT_REGION_AT);
  assert(region != 0); // the host reserved room and wrote the records
  const capacity = load<i32>(input, INPUT_ROWS_MAX_AT);
  const limit = rowsMax < capacity ? rowsMax : capacity;
  assert(limit > 0);
  const table = region + BATCH_TABLE_AT;
  store<i64>(table, position, BATCH_TABLE_POSITION_AT);
  store<u32>(table, 0, BATCH_TABLE_ERRORS_AT);
  store<i32>(input, 0, INPUT_EXTRA_AT); // what was mended belonged to the batch before
  const loaded = load<i32>(input, INPUT_LOADED_AT);
  store<i32>(region + <usize>load<u32>(input, INPUT_BYTES_AT) - 4, loaded);
  memory.fill(columnAt(region, BATCH_ERROR_CODE_SLOT, capacity), 0, <usize>limit << 1);

  let rows = 0;
  while (rows < limit && load<i32>(input, INPUT_FAULT_CODE_AT) == 0) {
    if (load<i32>(input, INPUT_LEFT_AT) == 0 && !openRecordBatch(input)) break;
    rows = decodeRecords(input, region, rows, limit);
    if (load<i32>(input, INPUT_LEFT_AT) != 0) break; // full, or the next offset is too far for this Batch
    checkEnd(input);
  }
  closeBatch(region, rows, capacity);
  return rows ? rows : -load<i32>(input, INPUT_FAULT_CODE_AT);
}

/** Reads the header of the next record batch that has records to deliver. @returns false: there is none. */
function openRecordBatch(input: usize): bool {
  const base = <usize>load<u32>(input, INPUT_REGION_AT) + <usize>load<u32>(input, INPUT_BYTES_AT);
  const loaded = <usize>load<u32>(input, INPUT_LOADED_AT);
  while (true) {
    const cursor = <usize>load<u32>(input, INPUT_END_AT); // the end of the one before
    const at = base + cursor;
    if (<i32>(loaded - cursor) < LENGTH_OVERHEAD + LENGTH_MIN) return false; // cut off, or the end
    const length = <i32>bswap(load<u32>(at, LENGTH_AT));
    if (length < LENGTH_MIN) return fault(input, ERROR_BATCH_LENGTH, cursor, at);
    if (<usize>length > loaded - cursor - LENGTH_OVERHEAD) return false; // cut off
    if (load<u8>(at, MAGIC_AT) != MAGIC_V2) return fault(input, ERROR_BATCH_MAGIC, cursor, at);
    if (length < RECORDS_AT - LENGTH_OVERHEAD) return fault(input, ERROR_BATCH_LENGTH, cursor, at);
    if (load<i32>(input, INPUT_CHECK_CRC_AT)) {
      const crc = crc32c(at + ATTRIBUTES_AT, <usize>length + LENGTH_OVERHEAD - ATTRIBUTES_AT);
      if (crc != bswap(load<u32>(at, CRC_AT))) return fault(input, ERROR_BATCH_CRC, cursor, at);
    }
    const attributes = <i32>bswap(load<u16>(at, ATTRIBUTES_AT));
    const count = <i32>bswap(load<u32>(at, RECORD_COUNT_AT));
    if (!(attributes & ATTRIBUTE_CONTROL)) {
      if (attributes & ATTRIBUTE_CODEC_MASK) return fault(input, ERROR_BATCH_COMPRESSED, cursor, at);
      if (count < 0) return fault(input, ERROR_BATCH_COUNT, cursor, at);
      if (count == 0 && length > RECORDS_AT - LENGTH_OVERHEAD) return fault(input, ERROR_BATCH_COUNT, cursor, at);
    }
    const end = cursor + LENGTH_OVERHEAD + length;
    store<u32>(input, <u32>end, INPUT_END_AT);
    store<u32>(input, <u32>end, INPUT_CURSOR_AT);
    if (attributes & ATTRIBUTE_CONTROL || count == 0) continue;
    store<u32>(input, <u32>(cursor + RECORDS_AT), INPUT_CURSOR_AT);
    store<i32>(input, count, INPUT_LEFT_AT);
    store<i64>(input, bswap(load<i64>(at)), INPUT_BASE_OFFSET_AT);
    store<i64>(input, bswap(load<i64>(at, BASE_TIMESTAMP_AT)), INPUT_BASE_TIMESTAMP_AT);
    store<i64>(input, bswap(load<i64>(at, MAX_TIMESTAMP_AT)), INPUT_APPEND_TIME_AT);
    store<i32>(input, i32((attributes & ATTRIBUTE_LOG_APPEND_TIME) != 0), INPUT_APPENDS_AT);
    store<i32>(input, -1, INPUT_PREVIOUS_AT);
    return true;
  }
}

/** Decoding ends here. `cursor`: where, in bytes; `recordBatch`: address of the record batch. */
function fault(input: usize, code: i32, cursor: usize, recordBatch: usize): bool {
  store<i32>(input, code, INPUT_FAULT_CODE_AT);
  store<u32>(input, <u32>cursor, INPUT_FAULT_AT);
  store<i64>(input, bswap(load<i64>(recordBatch)), INPUT_FAULT_BASE_OFFSET_AT);
  return false;
}

/** A fault among the records: the rest of the record batch cannot be told apart. */
function faultInside(input: usize, code: i32, at: usize): void {
  store<i32>(input, code, INPUT_FAULT_CODE_AT);
  store<u32>(input, <u32>at, INPUT_FAULT_AT);
  store<i64>(input, load<i64>(input, INPUT_BASE_OFFSET_AT), INPUT_FAULT_BASE_OFFSET_AT);
  store<i32>(input, 0, INPUT_LEFT_AT);
}

/** After the last of a record batch's records: as many bytes as it said. */
function checkEnd(input: usize): void {
  if (load<i32>(input, INPUT_FAULT_CODE_AT)) return;
  const cursor = load<u32>(input, INPUT_CURSOR_AT);
  if (cursor != load<u32>(input, INPUT_END_AT)) faultInside(input, ERROR_BATCH_COUNT, cursor);
}

/**
 * The loop over the records of the open record batch. The fast path only learns whether a record is sound;
 * `badRecord` looks again for what is wrong with one that is not.
 *
 * @returns rows in the Batch.
 */
function decodeRecords(input: usize, region: usize, firstRow: i32, limit: i32): i32 {
  const capacity = load<i32>(input, INPUT_ROWS_MAX_AT);
  const offsets = columnAt(region, BATCH_OFFSET_DELTA_SLOT, capacity);
  const positions = columnAt(region, BATCH_POSITION_DELTA_SLOT, capacity);
  const timestamps = columnAt(region, BATCH_TIMESTAMP_SLOT, capacity);
  const keysAt = columnAt(region, BATCH_KEY_AT_SLOT, capacity);
  const keyLengths = columnAt(region, BATCH_KEY_LENGTH_SLOT, capacity);
  const valuesAt = columnAt(region, BATCH_VALUE_AT_SLOT, capacity);
  const valueLengths = columnAt(region, BATCH_VALUE_LENGTH_SLOT, capacity);
  const headersAt = columnAt(region, BATCH_HEADERS_AT_SLOT, capacity);
  const headersLengths = columnAt(region, BATCH_HEADERS_LENGTH_SLOT, capacity);
  const base = region + <usize>load<u32>(input, INPUT_BYTES_AT);
  const end = base + <usize>load<u32>(input, INPUT_END_AT);
  const appends = load<i32>(input, INPUT_APPENDS_AT) != 0;
  const baseTimestamp = appends ? load<i64>(input, INPUT_APPEND_TIME_AT) : load<i64>(input, INPUT_BASE_TIMESTAMP_AT);
  const baseOffset = load<i64>(input, INPUT_BASE_OFFSET_AT);
  const fromDelta = load<i64>(input, INPUT_FROM_OFFSET_AT) - baseOffset;
  let batchOffset = load<i64>(region + BATCH_TABLE_AT, BATCH_TABLE_BASE_OFFSET_AT);
  let previous = load<i32>(input, INPUT_PREVIOUS_AT);
  let left = load<i32>(input, INPUT_LEFT_AT);
  let cursor = base + <usize>load<u32>(input, INPUT_CURSOR_AT);
  let row = firstRow;

  for (; left > 0 && row < limit; left--) {
    let size = sizeOfVarint(cursor);
    const body = cursor + size;
    const length = varintAt(cursor, size);
    if (size == 0 || length < 0 || body > end || <usize>length > end - body) {
      faultInside(input, ERROR_BATCH_RECORD_LENGTH, cursor - base);
      return row;
    }
    const next = body + <usize>length;

    let sound = false;
    let at = body + 1; // the attributes of a record are unused
    let timestampDelta: i64 = 0;
    let delta: i32 = 0;
    let keyAt: usize = 0;
    let keyLength: i32 = 0;
    let valueAt: usize = 0;
    let valueLength: i32 = 0;
    do {
      size = sizeOfVarlong(at);
      if (size == 0) break;
      timestampDelta = varlongAt(at, size);
      at += size;
      size = sizeOfVarint(at);
      if (size == 0) break;
      delta = varintAt(at, size);
      at += size;
      size = sizeOfVarint(at);
      if (size == 0) break;
      keyLength = varintAt(at, size);
      keyAt = at += size;
      if (at >= next) break;
      if (keyLength > 0) {
        if (<usize>keyLength >= next - at) break;
        at += keyLength;
      }
      size = sizeOfVarint(at);
      if (size == 0) break;
      valueLength = varintAt(at, size);
      valueAt = at += size;
      if (at >= next) break;
      if (valueLength > 0) {
        if (<usize>valueLength >= next - at) break;
        at += valueLength;
      }
      // one zero byte: no headers
      sound = (load<u8>(at) == 0 && at + 1 == next) || headersFault(at, next) == 0;
    } while (false);
    if (!sound) delta = deltaOf(body, next, previous);

    if (<i64>delta < fromDelta) {
      cursor = next;
      previous = delta;
      continue;
    }
    if (row == 0) {
      batchOffset = baseOffset + <i64>delta;
      store<i64>(region + BATCH_TABLE_AT, batchOffset, BATCH_TABLE_BASE_OFFSET_AT);
    }
    const rowDelta = baseOffset + <i64>delta - batchOffset;
    if (rowDelta != <i64>(<i32>rowDelta)) break; // too far from the first row: it begins the next Batch
    previous = delta;
    cursor = next;
    const column = <usize>row << 2;
    store<i32>(offsets + column, <i32>rowDelta);
    store<i32>(positions + column, row);
    store<i64>(timestamps + (column << 1), appends ? baseTimestamp : baseTimestamp + timestampDelta);
    store<u32>(keysAt + column, <u32>(keyAt - base));
    store<i32>(keyLengths + column, keyLength < 0 ? -1 : keyLength);
    store<u32>(valuesAt + column, <u32>(valueAt - base));
    store<i32>(valueLengths + column, valueLength < 0 ? -1 : valueLength);
    store<u32>(headersAt + column, <u32>(at - base));
    store<i32>(headersLengths + column, <i32>(next - at));
    if (!sound) badRecord(region, capacity, row, base, body, next);
    row++;
  }
  store<i32>(input, left, INPUT_LEFT_AT);
  store<i32>(input, previous, INPUT_PREVIOUS_AT);
  store<u32>(input, <u32>(cursor - base), INPUT_CURSOR_AT);
  return row;
}

/** Offset delta of an unsound record: its own where that can be read, else that of the record before, plus 1. */
function deltaOf(body: usize, next: usize, previous: i32): i32 {
  const stampSize = sizeOfVarlong(body + 1);
  const at = body + 1 + stampSize;
  const size = sizeOfVarint(at);
  return stampSize != 0 && size != 0 && at + size <= next ? varintAt(at, size) : previous + 1;
}

/** Gives a row that cannot be read its code and position; its columns become null, its value the whole record. */
function badRecord(region: usize, capacity: i32, row: i32, base: usize, body: usize, next: usize): void {
  const found = recordFault(body, next);
  assert(found != 0); // the fast path found it unsound
  const column = <usize>row << 2;
  store<u32>(columnAt(region, BATCH_KEY_AT_SLOT, capacity) + column, <u32>(body - base));
  store<i32>(columnAt(region, BATCH_KEY_LENGTH_SLOT, capacity) + column, -1);
  store<u32>(columnAt(region, BATCH_VALUE_AT_SLOT, capacity) + column, <u32>(body - base));
  store<i32>(columnAt(region, BATCH_VALUE_LENGTH_SLOT, capacity) + column, <i32>(next - body));
  store<u32>(columnAt(region, BATCH_HEADERS_AT_SLOT, capacity) + column, <u32>(body - base));
  store<i32>(columnAt(region, BATCH_HEADERS_LENGTH_SLOT, capacity) + column, -1);
  store<u16>(columnAt(region, BATCH_ERROR_CODE_SLOT, capacity) + (column >> 1), <u16>(found & 0xffff));
  store<u32>(columnAt(region, BATCH_ERROR_AT_SLOT, capacity) + column, <u32>(body - base) + <u32>(found >>> 32));
  const errors = region + BATCH_TABLE_AT + BATCH_TABLE_ERRORS_AT;
  store<u32>(errors, load<u32>(errors) + 1);
}

/** What is wrong with a record: the code, and in the upper 32 bits where, from its body. 0: nothing. */
function recordFault(body: usize, next: usize): i64 {
  let size = sizeOfVarlong(body + 1);
  let at = body + 1 + size;
  if (size == 0 || at > next) return <i64>ERROR_RECORD_VARINT | (<i64>i32(body < next) << 32);
  for (let field = 0; field < 3; field++) {
    const start = at;
    size = sizeOfVarint(at);
    at += size;
    if (size == 0 || at > next) return <i64>ERROR_RECORD_VARINT | (<i64>(start - body) << 32);
    const length = varintAt(start, size);
    if (field == 0 || length < 0) continue; // the offset delta; null
    if (<usize>length > next - at) {
      const code = field == 1 ? ERROR_RECORD_KEY_LENGTH : ERROR_RECORD_VALUE_LENGTH;
      return <i64>code | (<i64>(start - body) << 32);
    }
    at += length;
  }
  const headers = headersFault(at, next);
  return headers ? headers + (<i64>(at - body) << 32) : 0;
}
