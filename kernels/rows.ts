import { ERROR_MEMORY_FULL } from "./abi/errors";
import { BATCH_ROWS_MAX, PAD_BYTES } from "./abi/limits";
import {
  ROWS_BUFFER_AT,
  ROWS_BYTES_AT,
  ROWS_CAPACITY_AT,
  ROWS_COUNT_AT,
  ROWS_IDENTIFIER,
  ROWS_IDENTIFIER_AT,
  ROWS_MAX_AT,
  ROWS_OF_BATCH_AT,
  ROWS_TABLES_AT,
  ROWS_TABLE_AT,
  ROWS_VECTOR_AT,
  ROWS_VTABLE_AT,
} from "./abi/rows";
import { allocate, release, roomOf } from "./memory/allocator";

/**
 * Makes a ROWS for batches of up to `rowsMax` rows.
 *
 * @returns its address. Errors: ERROR_MEMORY_FULL.
 */
export function rowsNew(rowsMax: i32): i32 {
  assert(rowsMax > 0);
  assert(rowsMax <= BATCH_ROWS_MAX);
  const bytes = ROWS_TABLES_AT + (<usize>rowsMax << 3);
  const rows = allocate(bytes);
  if (!rows) return -ERROR_MEMORY_FULL;
  memory.fill(rows, 0, bytes);
  store<i32>(rows, rowsMax, ROWS_MAX_AT);
  return <i32>rows;
}

export function rowsFree(rows: usize): void {
  const buffer = <usize>load<u32>(rows, ROWS_BUFFER_AT);
  if (buffer) release(buffer);
  release(rows);
}

/** Addresses of the tables of a Batch with this many rows, by row. */
export function tablesOf(rows: usize, rowsOfBatch: i32): usize {
  assert(load<i32>(rows, ROWS_OF_BATCH_AT) == rowsOfBatch); // they were decoded from this very batch
  return rows + ROWS_TABLES_AT;
}

/** Bytes that a row takes, with all that it holds. */
@inline
export function rowBytesOf(rows: usize, row: usize): i32 {
  return load<i32>(rows + ROWS_TABLES_AT + ((<usize>load<u32>(rows, ROWS_MAX_AT) + row) << 2));
}

/**
 * Begins the Rows of one batch: no row has a table, the vectors have room for `count`.
 *
 * @param bytes a guess at what the tables will take.
 * @returns address where the first table may go, 8-aligned; 0: memory has reached its bound.
 */
export function beginRows(rows: usize, rowsOfBatch: i32, count: i32, bytes: usize): usize {
  assert(rowsOfBatch <= load<i32>(rows, ROWS_MAX_AT));
  assert(count <= rowsOfBatch);
  memory.fill(rows + ROWS_TABLES_AT, 0, <usize>rowsOfBatch << 2);
  store<i32>(rows, rowsOfBatch, ROWS_OF_BATCH_AT);
  store<i32>(rows, 0, ROWS_COUNT_AT);
  store<i32>(rows, 0, ROWS_BYTES_AT);
  const head = headBytes(count);
  let buffer = <usize>load<u32>(rows, ROWS_BUFFER_AT);
  if (!buffer || <usize>load<u32>(rows, ROWS_CAPACITY_AT) < head + bytes + PAD_BYTES) {
    const larger = allocate(head + bytes + PAD_BYTES);
    if (!larger) return 0;
    if (buffer) release(buffer);
    buffer = larger;
    store<u32>(rows, <u32>buffer, ROWS_BUFFER_AT);
    store<u32>(rows, <u32>roomOf(buffer), ROWS_CAPACITY_AT);
  }
  return buffer + head;
}

/** First byte that the tables may not reach. */
@inline
export function endOfRows(rows: usize): usize {
  return <usize>load<u32>(rows, ROWS_BUFFER_AT) + <usize>load<u32>(rows, ROWS_CAPACITY_AT) - PAD_BYTES;
}

/**
 * Moves the Rows to a larger buffer: all that they hold is relative, but the addresses of the tables.
 *
 * @param used address up to which tables are written.
 * @returns by how much addresses have changed; 0: memory has reached its bound.
 */
export function growRows(rows: usize, used: usize, bytes: usize): i32 {
  const buffer = <usize>load<u32>(rows, ROWS_BUFFER_AT);
  const larger = allocate(((used - buffer) << 1) + bytes + PAD_BYTES);
  if (!larger) return 0;
  memory.copy(larger, buffer, used - buffer);
  const moved = <i32>(larger - buffer);
  const tables = rows + ROWS_TABLES_AT;
  const end = tables + (<usize>load<u32>(rows, ROWS_OF_BATCH_AT) << 2);
  for (let at = tables; at < end; at += 4) if (load<u32>(at)) store<u32>(at, load<u32>(at) + moved);
  release(buffer);
  store<u32>(rows, <u32>larger, ROWS_BUFFER_AT);
  store<u32>(rows, <u32>roomOf(larger), ROWS_CAPACITY_AT);
  return moved;
}

/** Says that a row's table stands at this address, and how many bytes it takes with all that it holds. */
@inline
export function placeRow(rows: usize, row: usize, table: usize, bytes: i32): void {
  const at = rows + ROWS_TABLES_AT + (row << 2);
  store<u32>(at, <u32>table);
  store<i32>(at + (<usize>load<u32>(rows, ROWS_MAX_AT) << 2), bytes);
}

/** Writes the head of the Rows FlatBuffer: root, vectors. @param end address behind the last table. */
export function finishRows(rows: usize, count: i32, end: usize): void {
  const buffer = <usize>load<u32>(rows, ROWS_BUFFER_AT);
  const vectors = buffer + ROWS_VECTOR_AT;
  const numbers = vectors + 4 + (<usize>count << 2);
  store<u32>(buffer, ROWS_TABLE_AT);
  store<u32>(buffer, ROWS_IDENTIFIER, ROWS_IDENTIFIER_AT);
  store<u64>(buffer, 0x0008_0004_000c_0008, ROWS_VTABLE_AT); // 8 bytes, table of 12, fields at 4 and 8
  store<i32>(buffer, ROWS_TABLE_AT - ROWS_VTABLE_AT, ROWS_TABLE_AT);
  store<u32>(buffer, ROWS_VECTOR_AT - ROWS_TABLE_AT - 4, ROWS_TABLE_AT + 4);
  store<u32>(buffer, <u32>(numbers - buffer) - ROWS_TABLE_AT - 8, ROWS_TABLE_AT + 8);
  let present: usize = 0;
  const rowsOfBatch = <usize>load<u32>(rows, ROWS_OF_BATCH_AT);
  for (let row: usize = 0; row < rowsOfBatch; row++) {
    const table = load<u32>(rows + ROWS_TABLES_AT + (row << 2));
    if (!table) continue;
    const element = vectors + 4 + (present << 2);
    store<u32>(element, table - <u32>element);
    store<u32>(numbers + 4 + (present << 2), <u32>row);
    present++;
  }
  assert(<i32>present <= count);
  store<u32>(vectors, <u32>present);
  store<u32>(numbers, <u32>present);
  store<u32>(rows, <u32>present, ROWS_COUNT_AT);
  store<u32>(rows, <u32>(end - buffer), ROWS_BYTES_AT);
}

/** Root, vtable, table, and the two vectors with room for `count` each. */
function headBytes(count: i32): usize {
  return (ROWS_VECTOR_AT + 8 + (<usize>count << 3) + 7) & ~7;
}
