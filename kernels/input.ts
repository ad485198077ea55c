import { ERROR_MEMORY_FULL } from "./abi/errors";
import {
  INPUT_BYTES,
  INPUT_BYTES_AT,
  INPUT_CAPACITY_AT,
  INPUT_CHECK_CRC_AT,
  INPUT_CURSOR_AT,
  INPUT_END_AT,
  INPUT_EXTRA_AT,
  INPUT_FAULT_CODE_AT,
  INPUT_FROM_OFFSET_AT,
  INPUT_LEFT_AT,
  INPUT_LOADED_AT,
  INPUT_REGION_AT,
  INPUT_ROWS_MAX_AT,
} from "./abi/input";
import { BATCH_ROWS_MAX, INPUT_BYTES_MAX, PAD_BYTES } from "./abi/limits";
import { layOut, writeHead } from "./batch-layout";
import { allocate, release, roomOf } from "./memory/allocator";

/**
 * Makes an INPUT for batches of up to `rowsMax` rows.
 *
 * @returns its address. Errors: ERROR_MEMORY_FULL.
 */
export function inputNew(rowsMax: i32, checkCrc: i32): i32 {
  assert(rowsMax > 0);
  assert(rowsMax <= BATCH_ROWS_MAX);
  const input = allocate(INPUT_BYTES);
  if (!input) return -ERROR_MEMORY_FULL;
  memory.fill(input, 0, INPUT_BYTES);
  store<i32>(input, rowsMax, INPUT_ROWS_MAX_AT);
  store<i32>(input, checkCrc, INPUT_CHECK_CRC_AT);
  return <i32>input;
}

export function inputFree(input: usize): void {
  const region = <usize>load<u32>(input, INPUT_REGION_AT);
  if (region) release(region);
  release(input);
}

/**
 * Makes room for `bytes` fetched bytes; what the input held is gone, its Batch included.
 *
 * @returns where the host writes them. Errors: ERROR_MEMORY_FULL, and the input then holds nothing.
 */
export function inputReserve(input: usize, bytes: i32, fromOffset: i64): i32 {
  assert(bytes >= 0);
  assert(bytes <= INPUT_BYTES_MAX);
  const bytesAt = layOut(load<i32>(input, INPUT_ROWS_MAX_AT));
  const region = fit(input, bytesAt + <usize>bytes + PAD_BYTES);
  store<i32>(input, 0, INPUT_LOADED_AT);
  store<i32>(input, 0, INPUT_EXTRA_AT);
  store<i32>(input, 0, INPUT_CURSOR_AT);
  store<i32>(input, 0, INPUT_END_AT);
  store<i32>(input, 0, INPUT_LEFT_AT);
  store<i32>(input, 0, INPUT_FAULT_CODE_AT);
  if (!region) return -ERROR_MEMORY_FULL;
  store<u32>(input, <u32>bytesAt, INPUT_BYTES_AT);
  store<i32>(input, bytes, INPUT_LOADED_AT);
  store<i64>(input, fromOffset, INPUT_FROM_OFFSET_AT);
  writeHead(region, load<i32>(input, INPUT_ROWS_MAX_AT), bytesAt);
  store<i32>(region + bytesAt - 4, bytes);
  memory.fill(region + bytesAt + bytes, 0, PAD_BYTES);
  return <i32>(region + bytesAt);
}

/**
 * Makes room for `bytes` more at the end of the Batch's `bytes`, for the present batch only. The region may move.
 *
 * @returns where they go, in `bytes`. Errors: ERROR_MEMORY_FULL, and nothing is changed.
 */
export function inputExtend(input: usize, bytes: i32): i32 {
  assert(bytes > 0);
  const bytesAt = <usize>load<u32>(input, INPUT_BYTES_AT);
  const used = load<i32>(input, INPUT_LOADED_AT) + load<i32>(input, INPUT_EXTRA_AT);
  const region = <usize>load<u32>(input, INPUT_REGION_AT);
  const needed = bytesAt + <usize>(used + bytes) + PAD_BYTES;
  let larger = region;
  if (roomOf(region) < needed) {
    larger = allocate(needed + (needed >>> 2));
    if (!larger) return -ERROR_MEMORY_FULL;
    memory.copy(larger, region, bytesAt + <usize>used);
    release(region);
    store<u32>(input, <u32>larger, INPUT_REGION_AT);
    store<u32>(input, <u32>roomOf(larger), INPUT_CAPACITY_AT);
  }
  store<i32>(input, load<i32>(input, INPUT_EXTRA_AT) + bytes, INPUT_EXTRA_AT);
  store<i32>(larger + bytesAt - 4, used + bytes); // the length of `bytes`
  memory.fill(larger + bytesAt + <usize>(used + bytes), 0, PAD_BYTES);
  return used;
}

/** A region of at least `bytes`, the present one if it is large enough: 0 if memory is full. */
function fit(input: usize, bytes: usize): usize {
  const present = <usize>load<u32>(input, INPUT_REGION_AT);
  if (present) {
    if (roomOf(present) >= bytes) return present;
    release(present);
  }
  const region = allocate(bytes);
  store<u32>(input, <u32>region, INPUT_REGION_AT);
  store<u32>(input, region ? <u32>roomOf(region) : 0, INPUT_CAPACITY_AT);
  return region;
}
