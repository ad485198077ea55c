import {
  BEFORE_ENTRY_AT,
  BEFORE_NEXT_AT,
  CHANGE_KEY_AT,
  CHANGE_KEY_LENGTH_AT,
  CHANGE_VALUE_LENGTH_AT,
  ENTRY_KEY_AT,
  ENTRY_KEY_LENGTH_AT,
  ENTRY_NEXT_DUE_AT,
  ENTRY_VALUE_AT,
  ENTRY_VALUE_LENGTH_AT,
  FOUND_LENGTH_AT,
  FOUND_VALUE_AT,
  STATE_CLOSING_AT,
  STATE_OPEN_AT,
  STATE_UNFLUSHED_AT,
  WRITTEN_AT_AT,
  WRITTEN_LENGTH_AT,
  WRITTEN_NEXT_AT,
} from "../abi/state";
import { takeArena } from "../memory/arena";
import { copyValue } from "./entries";
import { stateCommittedOf } from "./table";

const WRITTEN: usize = memory.data(12, 8);

/** Up to 7 bytes past both are touched: behind a key in an ENTRY is its padding. */
@inline
function copyKey(target: usize, source: usize, length: usize): void {
  for (let at: usize = 0; at < length; at += 8) store<u64>(target + at, load<u64>(source + at));
}

@inline
function sizeOf(entry: usize, valueLength: i32): usize {
  return CHANGE_KEY_AT + <usize>load<u32>(entry, ENTRY_KEY_LENGTH_AT) + (valueLength > 0 ? <usize>valueLength : 0);
}

/** @returns where it ends. */
@inline
function writeChange(at: usize, entry: usize, value: usize, valueLength: i32): usize {
  const keyLength = <usize>load<u32>(entry, ENTRY_KEY_LENGTH_AT);
  store<u32>(at, <u32>keyLength, CHANGE_KEY_LENGTH_AT);
  store<i32>(at, valueLength, CHANGE_VALUE_LENGTH_AT);
  copyKey(at + CHANGE_KEY_AT, entry + ENTRY_KEY_AT, keyLength);
  copyValue(at + CHANGE_KEY_AT + keyLength, value, valueLength > 0 ? <usize>valueLength : 0);
  return at + sizeOf(entry, valueLength);
}

function written(at: usize, end: usize, next: usize): usize {
  store<u32>(WRITTEN, <u32>(end - at), WRITTEN_LENGTH_AT);
  store<u32>(WRITTEN, <u32>at, WRITTEN_AT_AT);
  store<u32>(WRITTEN, <u32>next, WRITTEN_NEXT_AT);
  return WRITTEN;
}

/**
 * Writes down the CHANGES of the closing generation: right behind `stateCut`, while no other has changed anything.
 *
 * @returns WRITTEN; 0: memory has reached its bound.
 */
export function stateChanges(state: usize): usize {
  assert(load<u32>(state, STATE_OPEN_AT) == 0);
  let bytes: usize = 0;
  for (let before = <usize>load<u32>(state, STATE_CLOSING_AT); before; before = <usize>load<u32>(before, BEFORE_NEXT_AT)) {
    const entry = <usize>load<u32>(before, BEFORE_ENTRY_AT);
    bytes += sizeOf(entry, load<i32>(entry, ENTRY_VALUE_LENGTH_AT));
  }
  const target = takeArena(bytes);
  if (!target) return 0;
  let at = target;
  for (let before = <usize>load<u32>(state, STATE_CLOSING_AT); before; before = <usize>load<u32>(before, BEFORE_NEXT_AT)) {
    const entry = <usize>load<u32>(before, BEFORE_ENTRY_AT);
    at = writeChange(at, entry, <usize>load<u32>(entry, ENTRY_VALUE_AT), load<i32>(entry, ENTRY_VALUE_LENGTH_AT));
  }
  return written(target, at, 0);
}

/**
 * Writes down entries that are due, as of the last commit.
 *
 * @param from the ENTRY to begin with, 0: the first.
 * @param bytesMax of them, though one is always written.
 * @returns WRITTEN; 0: memory has reached its bound.
 */
export function stateDue(state: usize, from: usize, bytesMax: u32): usize {
  const first = from ? from : <usize>load<u32>(state, STATE_UNFLUSHED_AT);
  if (!first) return written(0, 0, 0);
  const room = max<usize>(<usize>bytesMax, sizeOf(first, load<i32>(stateCommittedOf(state, first), FOUND_LENGTH_AT)));
  const target = takeArena(room);
  if (!target) return 0;
  let at = target;
  let entry = first;
  for (; entry; entry = <usize>load<u32>(entry, ENTRY_NEXT_DUE_AT)) {
    const found = stateCommittedOf(state, entry);
    const length = load<i32>(found, FOUND_LENGTH_AT);
    if (at + sizeOf(entry, length) > target + room) break;
    at = writeChange(at, entry, <usize>load<u32>(found, FOUND_VALUE_AT), length);
  }
  return written(target, at, entry);
}
