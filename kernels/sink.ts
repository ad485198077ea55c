import { ERROR_MEMORY_FULL } from "./abi/errors";
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, PAD_BYTES, PARTITIONS_MAX } from "./abi/limits";
import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  CRC_AT,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  LENGTH_OVERHEAD,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORDS_AT,
  RECORD_COUNT_AT,
} from "./abi/record-batch-v2";
import {
  BLOCK_BATCH_AT,
  BLOCK_BYTES_AT,
  BLOCK_NEXT_AT,
  BLOCK_PARTITION_AT,
  BLOCK_RECORDS_AT,
  BUILDER_BASE_TIMESTAMP_AT,
  BUILDER_BLOCK_AT,
  BUILDER_BYTES,
  BUILDER_COUNT_AT,
  BUILDER_CURSOR_AT,
  BUILDER_END_AT,
  BUILDER_MAX_TIMESTAMP_AT,
  BUILDER_ROOM_HINT_AT,
  SINK_BATCH_BYTES_MAX_AT,
  SINK_BUILDERS_AT,
  SINK_COLUMN_AT,
  SINK_COLUMN_ROOM_AT,
  SINK_KEYS_REQUIRED_AT,
  SINK_LAST_AT,
  SINK_LENGTH_GUESS_AT,
  SINK_OPEN_BYTES_AT,
  SINK_PARTITIONS_AT,
  SINK_RECORDS_MAX_AT,
  SINK_RECORD_BYTES_MAX_AT,
  SINK_SEALED_AT,
  SINK_SEALED_BYTES_AT,
  SINK_STICKY_AT,
  SINK_VALUE_GUESS_AT,
} from "./abi/sink";
import { crc32c } from "./crc32c";
import { allocate, release, roomOf } from "./memory/allocator";

/** Room of a builder's first block, in bytes. */
const ROOM_MIN: usize = 16384;
/** Bytes of the first record's length: right from 64 to 8191 bytes. */
const LENGTH_BYTES_GUESS: i32 = 2;

/**
 * Makes a SINK for one topic.
 *
 * @returns its address. Errors: ERROR_MEMORY_FULL.
 */
export function sinkNew(
  partitions: i32,
  batchBytesMax: i32,
  recordsMax: i32,
  recordBytesMax: i32,
  keysRequired: i32,
): i32 {
  assert(partitions > 0);
  assert(partitions <= PARTITIONS_MAX);
  assert(batchBytesMax > RECORDS_AT);
  assert(batchBytesMax <= BATCH_BYTES_MAX);
  assert(recordsMax > 0);
  assert(recordsMax <= BATCH_RECORDS_MAX);
  const bytes = SINK_BUILDERS_AT + partitions * BUILDER_BYTES;
  const sink = allocate(bytes);
  if (!sink) return -ERROR_MEMORY_FULL;
  memory.fill(sink, 0, bytes);
  store<i32>(sink, partitions, SINK_PARTITIONS_AT);
  store<i32>(sink, batchBytesMax, SINK_BATCH_BYTES_MAX_AT);
  store<i32>(sink, recordsMax, SINK_RECORDS_MAX_AT);
  store<i32>(sink, recordBytesMax, SINK_RECORD_BYTES_MAX_AT);
  store<i32>(sink, keysRequired, SINK_KEYS_REQUIRED_AT);
  store<i32>(sink, LENGTH_BYTES_GUESS, SINK_LENGTH_GUESS_AT);
  store<i32>(sink, LENGTH_BYTES_GUESS, SINK_VALUE_GUESS_AT);
  return <i32>sink;
}

export function sinkFree(sink: usize): void {
  sinkDrop(sink);
  const column = <usize>load<u32>(sink, SINK_COLUMN_AT);
  if (column) release(column);
  release(sink);
}

/**
 * Room for the host's choice of partitions, one i32 for each row of a batch.
 *
 * @returns its address. Errors: ERROR_MEMORY_FULL.
 */
export function sinkColumn(sink: usize, rows: i32): i32 {
  const present = <usize>load<u32>(sink, SINK_COLUMN_AT);
  if (present && load<i32>(sink, SINK_COLUMN_ROOM_AT) >= rows) return <i32>present;
  const column = allocate(<usize>rows << 2);
  if (!column) return -ERROR_MEMORY_FULL;
  if (present) release(present);
  store<u32>(sink, <u32>column, SINK_COLUMN_AT);
  store<i32>(sink, rows, SINK_COLUMN_ROOM_AT);
  return <i32>column;
}

/** Seals every open batch. Errors: none. */
export function sinkSeal(sink: usize): void {
  const partitions = load<u32>(sink, SINK_PARTITIONS_AT);
  for (let partition: u32 = 0; partition < partitions; partition++) {
    if (load<u32>(builderOf(sink, partition), BUILDER_COUNT_AT)) seal(sink, partition);
  }
}

/** The oldest finished batch, as the address of its BLOCK; 0: there is none. */
export function sinkNext(sink: usize): i32 {
  return load<i32>(sink, SINK_SEALED_AT);
}

/** The host has copied the batch that `sinkNext` shows: its memory is free again. */
export function sinkDone(sink: usize): void {
  const block = <usize>load<u32>(sink, SINK_SEALED_AT);
  assert(block != 0);
  const next = load<u32>(block, BLOCK_NEXT_AT);
  store<u32>(sink, next, SINK_SEALED_AT);
  if (!next) store<u32>(sink, 0, SINK_LAST_AT);
  store<u32>(sink, load<u32>(sink, SINK_SEALED_BYTES_AT) - load<u32>(block, BLOCK_BYTES_AT), SINK_SEALED_BYTES_AT);
  release(block);
}

/** Forgets all batches, open and finished. */
export function sinkDrop(sink: usize): void {
  while (load<u32>(sink, SINK_SEALED_AT)) sinkDone(sink);
  const partitions = load<u32>(sink, SINK_PARTITIONS_AT);
  for (let partition: u32 = 0; partition < partitions; partition++) {
    const builder = builderOf(sink, partition);
    const block = <usize>load<u32>(builder, BUILDER_BLOCK_AT);
    if (block) release(block);
    store<u32>(builder, 0, BUILDER_BLOCK_AT);
    store<u32>(builder, 0, BUILDER_END_AT);
    store<u32>(builder, 0, BUILDER_CURSOR_AT);
    store<u32>(builder, 0, BUILDER_COUNT_AT);
  }
  store<u32>(sink, 0, SINK_OPEN_BYTES_AT);
}

@inline
export function builderOf(sink: usize, partition: u32): usize {
  return sink + SINK_BUILDERS_AT + <usize>partition * BUILDER_BYTES;
}

/**
 * Makes sure that `bytes` more fit behind the builder's cursor, and padding after them.
 *
 * @returns false: memory has reached its bound; the builder is as it was.
 */
export function makeRoom(builder: usize, bytes: usize): bool {
  const block = <usize>load<u32>(builder, BUILDER_BLOCK_AT);
  if (!block) return openBlock(builder, bytes);
  const used = <usize>load<u32>(builder, BUILDER_CURSOR_AT) - block;
  const larger = allocate((used << 1) + bytes + PAD_BYTES);
  if (!larger) return false;
  memory.copy(larger, block, used);
  release(block);
  placeBlock(builder, larger, used);
  return true;
}

function openBlock(builder: usize, bytes: usize): bool {
  const hint = <usize>load<u32>(builder, BUILDER_ROOM_HINT_AT);
  let room: usize = BLOCK_BATCH_AT + RECORDS_AT + PAD_BYTES + bytes;
  if (room < ROOM_MIN) room = ROOM_MIN;
  if (room < hint) room = hint;
  const block = allocate(room);
  if (!block) return false;
  placeBlock(builder, block, BLOCK_BATCH_AT + RECORDS_AT);
  return true;
}

function placeBlock(builder: usize, block: usize, used: usize): void {
  store<u32>(builder, <u32>block, BUILDER_BLOCK_AT);
  store<u32>(builder, <u32>(block + roomOf(block) - PAD_BYTES), BUILDER_END_AT);
  store<u32>(builder, <u32>(block + used), BUILDER_CURSOR_AT);
}

/** Finishes the open batch of a partition: header, CRC, and into the list for the host. */
export function seal(sink: usize, partition: u32): void {
  const builder = builderOf(sink, partition);
  const block = <usize>load<u32>(builder, BUILDER_BLOCK_AT);
  const count = load<u32>(builder, BUILDER_COUNT_AT);
  assert(block != 0);
  assert(count > 0);
  const batch = block + BLOCK_BATCH_AT;
  const bytes = <u32>(<usize>load<u32>(builder, BUILDER_CURSOR_AT) - batch);
  writeHeader(batch, bytes, count, builder);

  store<u32>(block, 0, BLOCK_NEXT_AT);
  store<u32>(block, partition, BLOCK_PARTITION_AT);
  store<u32>(block, bytes, BLOCK_BYTES_AT);
  store<u32>(block, count, BLOCK_RECORDS_AT);
  const last = <usize>load<u32>(sink, SINK_LAST_AT);
  if (last) store<u32>(last, <u32>block, BLOCK_NEXT_AT);
  else store<u32>(sink, <u32>block, SINK_SEALED_AT);
  store<u32>(sink, <u32>block, SINK_LAST_AT);
  store<u32>(sink, load<u32>(sink, SINK_SEALED_BYTES_AT) + bytes, SINK_SEALED_BYTES_AT);
  store<u32>(sink, load<u32>(sink, SINK_OPEN_BYTES_AT) - bytes, SINK_OPEN_BYTES_AT);

  store<u32>(builder, 0, BUILDER_BLOCK_AT);
  store<u32>(builder, 0, BUILDER_END_AT);
  store<u32>(builder, 0, BUILDER_CURSOR_AT);
  store<u32>(builder, 0, BUILDER_COUNT_AT);
  store<u32>(builder, bytes + (bytes >>> 4), BUILDER_ROOM_HINT_AT);
  if (partition == load<u32>(sink, SINK_STICKY_AT)) {
    store<u32>(sink, (partition + 1) % load<u32>(sink, SINK_PARTITIONS_AT), SINK_STICKY_AT);
  }
}

/** Writes a batch's header over its records: offsets from 0, no producer. */
function writeHeader(batch: usize, bytes: u32, count: u32, builder: usize): void {
  store<i64>(batch, 0);
  store<u32>(batch, bswap<u32>(bytes - LENGTH_OVERHEAD), LENGTH_AT);
  store<i32>(batch, -1, LEADER_EPOCH_AT);
  store<u8>(batch, MAGIC_V2, MAGIC_AT);
  store<u16>(batch, 0, ATTRIBUTES_AT);
  store<u32>(batch, bswap<u32>(count - 1), LAST_OFFSET_DELTA_AT);
  store<i64>(batch, bswap(load<i64>(builder, BUILDER_BASE_TIMESTAMP_AT)), BASE_TIMESTAMP_AT);
  store<i64>(batch, bswap(load<i64>(builder, BUILDER_MAX_TIMESTAMP_AT)), MAX_TIMESTAMP_AT);
  store<i64>(batch, -1, PRODUCER_ID_AT);
  store<i16>(batch, -1, PRODUCER_EPOCH_AT);
  store<i32>(batch, -1, BASE_SEQUENCE_AT);
  store<u32>(batch, bswap<u32>(count), RECORD_COUNT_AT);
  store<u32>(batch, bswap<u32>(crc32c(batch + ATTRIBUTES_AT, bytes - ATTRIBUTES_AT)), CRC_AT);
}
