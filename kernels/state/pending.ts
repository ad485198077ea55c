import {
  ENTRY_KEY_LENGTH_AT,
  ENTRY_TOLD_AT,
  ENTRY_VALUE_LENGTH_AT,
  PENDING_BYTES,
  PENDING_ENTRY_AT,
  PENDING_HEADERS_AT,
  PENDING_HEADERS_LENGTH_AT,
  STATE_PENDING_AT,
  STATE_PENDING_BYTES_AT,
  STATE_PENDING_COUNT_AT,
  STATE_PENDING_LIVE_AT,
  STATE_PENDING_ROOM_AT,
} from "../abi/state";
import { giveBlock, hold, letGo, takeBlock } from "./slab";

/** What an entry takes in Kafka Streams' record caches beside key, value and headers; a value without its timestamp. */
const OVERHEAD: usize = 100;
const STAMP_BYTES: usize = 8;
const ROOM_MIN: u32 = 256;
/** Outdated ones that may stay. */
const OUTDATED_MAX: u32 = 1024;

@inline
export function pendingAt(state: usize, number: u32): usize {
  return <usize>load<u32>(state, STATE_PENDING_AT) + <usize>(number - 1) * PENDING_BYTES;
}

@inline
function sizeOf(pending: usize): u32 {
  const entry = <usize>load<u32>(pending, PENDING_ENTRY_AT);
  const value = <usize>load<i32>(entry, ENTRY_VALUE_LENGTH_AT) - STAMP_BYTES;
  const headers = <usize>load<u32>(pending, PENDING_HEADERS_LENGTH_AT);
  return <u32>(<usize>load<u32>(entry, ENTRY_KEY_LENGTH_AT) + value + headers + OVERHEAD);
}

function count(state: usize, pending: usize, sign: i32): void {
  store<u32>(state, load<u32>(state, STATE_PENDING_BYTES_AT) + sign * sizeOf(pending), STATE_PENDING_BYTES_AT);
  store<u32>(state, load<u32>(state, STATE_PENDING_LIVE_AT) + sign, STATE_PENDING_LIVE_AT);
}

/** Makes room for one more. @returns false: there is none. */
export function roomForPending(state: usize): bool {
  const used = load<u32>(state, STATE_PENDING_COUNT_AT);
  const room = load<u32>(state, STATE_PENDING_ROOM_AT);
  if (used < room) return true;
  const wider = max<u32>(room << 1, ROOM_MIN);
  const larger = hold(state, <usize>wider * PENDING_BYTES);
  if (!larger) return false;
  const present = <usize>load<u32>(state, STATE_PENDING_AT);
  if (present) {
    memory.copy(larger, present, <usize>used * PENDING_BYTES);
    letGo(state, present);
  }
  store<u32>(state, <u32>larger, STATE_PENDING_AT);
  store<u32>(state, wider, STATE_PENDING_ROOM_AT);
  return true;
}

/** A copy of a record's headers. @returns its address, 0: there is no room. */
export function keepHeaders(state: usize, headers: usize, length: usize): usize {
  const block = takeBlock(state, length);
  if (block) memory.copy(block, headers, length);
  return block;
}

export function giveHeaders(state: usize, headers: usize, length: usize): void {
  if (headers) giveBlock(state, headers, length);
}

/**
 * The entry has changed, and it is told later: of several changes the last one. There is room for it.
 *
 * @param headers from `keepHeaders`; 0: none
 */
export function notePending(state: usize, entry: usize, headers: usize, headersLength: usize): void {
  const before = load<u32>(entry, ENTRY_TOLD_AT);
  if (before) count(state, pendingAt(state, before), -1);
  const number = load<u32>(state, STATE_PENDING_COUNT_AT) + 1;
  const pending = pendingAt(state, number);
  store<u32>(pending, <u32>entry, PENDING_ENTRY_AT);
  store<u32>(pending, <u32>headers, PENDING_HEADERS_AT);
  store<u32>(pending, <u32>headersLength, PENDING_HEADERS_LENGTH_AT);
  store<u32>(state, number, STATE_PENDING_COUNT_AT);
  store<u32>(entry, number, ENTRY_TOLD_AT);
  count(state, pending, 1);
}

/** Undoes the last `notePending`, before the entry's value is undone. @param before what the entry named */
export function unnotePending(state: usize, entry: usize, before: u32): void {
  const number = load<u32>(entry, ENTRY_TOLD_AT);
  if (number == before) return; // a change that was not noted
  assert(number == load<u32>(state, STATE_PENDING_COUNT_AT));
  const pending = pendingAt(state, number);
  count(state, pending, -1);
  giveHeaders(state, <usize>load<u32>(pending, PENDING_HEADERS_AT), <usize>load<u32>(pending, PENDING_HEADERS_LENGTH_AT));
  store<u32>(state, number - 1, STATE_PENDING_COUNT_AT);
  store<u32>(entry, before, ENTRY_TOLD_AT);
  if (before) count(state, pendingAt(state, before), 1);
}

/** Between batches: outdated ones go, if they are most. */
export function thinPending(state: usize): void {
  const used = load<u32>(state, STATE_PENDING_COUNT_AT);
  if (used <= (load<u32>(state, STATE_PENDING_LIVE_AT) << 1) + OUTDATED_MAX) return;
  let kept: u32 = 0;
  for (let number: u32 = 1; number <= used; number++) {
    const pending = pendingAt(state, number);
    const entry = <usize>load<u32>(pending, PENDING_ENTRY_AT);
    const headers = <usize>load<u32>(pending, PENDING_HEADERS_AT);
    const length = <usize>load<u32>(pending, PENDING_HEADERS_LENGTH_AT);
    if (load<u32>(entry, ENTRY_TOLD_AT) != number) {
      giveHeaders(state, headers, length);
      continue;
    }
    const target = pendingAt(state, ++kept);
    store<u32>(target, <u32>entry, PENDING_ENTRY_AT);
    store<u32>(target, <u32>headers, PENDING_HEADERS_AT);
    store<u32>(target, <u32>length, PENDING_HEADERS_LENGTH_AT);
    store<u32>(entry, kept, ENTRY_TOLD_AT);
  }
  store<u32>(state, kept, STATE_PENDING_COUNT_AT);
}

/** All of it is told, or worth nothing any more. */
export function stateTold(state: usize): void {
  const used = load<u32>(state, STATE_PENDING_COUNT_AT);
  for (let number: u32 = 1; number <= used; number++) {
    const pending = pendingAt(state, number);
    const headers = <usize>load<u32>(pending, PENDING_HEADERS_AT);
    giveHeaders(state, headers, <usize>load<u32>(pending, PENDING_HEADERS_LENGTH_AT));
    store<u32>(<usize>load<u32>(pending, PENDING_ENTRY_AT), 0, ENTRY_TOLD_AT);
  }
  store<u32>(state, 0, STATE_PENDING_COUNT_AT);
  store<u32>(state, 0, STATE_PENDING_LIVE_AT);
  store<u32>(state, 0, STATE_PENDING_BYTES_AT);
}

/** The same, and gives its memory back. */
export function endPending(state: usize): void {
  stateTold(state);
  const pending = <usize>load<u32>(state, STATE_PENDING_AT);
  if (pending) letGo(state, pending);
  store<u32>(state, 0, STATE_PENDING_AT);
  store<u32>(state, 0, STATE_PENDING_ROOM_AT);
}
