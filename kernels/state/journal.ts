import {
  BEFORE_ENTRY_AT,
  BEFORE_LENGTH_AT,
  BEFORE_NEXT_AT,
  BEFORE_VALUE_AT,
  ENTRY_BEFORES_AT,
  ENTRY_FLAGS_AT,
  ENTRY_KEY_LENGTH_AT,
  ENTRY_NEXT_DUE_AT,
  ENTRY_TOLD_AT,
  ENTRY_UNFLUSHED,
  ENTRY_VALUE_AT,
  ENTRY_VALUE_LENGTH_AT,
  LOGGED_ENTRY_AT,
  LOGGED_FIRST_AT,
  LOGGED_LENGTH_AT,
  LOGGED_OVERHEAD,
  LOGGED_ROW_AT,
  LOGGED_TOLD_AT,
  LOGGED_VALUE_AT,
  STATE_CLOSING_AT,
  STATE_LOG_AT,
  STATE_LOG_ROOM_AT,
  STATE_LOG_USED_AT,
  STATE_OPEN_AT,
  STATE_PARITY_AT,
  STATE_PENDING_COUNT_AT,
  STATE_UNFLUSHED_AT,
  STATE_UNFLUSHED_BYTES_AT,
  VALUE_UNKNOWN,
} from "../abi/state";
import { copyValue, dropEntry, setValue } from "./entries";
import { stateTold, thinPending, unnotePending } from "./pending";
import { giveBlock, hold, letGo, takeBlock } from "./slab";

const LOG_BYTES_MIN: usize = 4032;

@inline
export function openBeforeAt(state: usize, entry: usize): usize {
  return entry + ENTRY_BEFORES_AT + (<usize>load<u32>(state, STATE_PARITY_AT) << 2);
}

@inline
export function closingBeforeAt(state: usize, entry: usize): usize {
  return entry + ENTRY_BEFORES_AT + (<usize>(load<u32>(state, STATE_PARITY_AT) ^ 1) << 2);
}

@inline
function bytesOf(length: i32): usize {
  return length > 0 ? <usize>length : 0;
}

/**
 * Notes what an entry has, before a row changes it.
 *
 * @param length of its value; VALUE_UNKNOWN: the key was not in memory.
 * @returns false: there is no room, and nothing is changed.
 */
export function journal(state: usize, entry: usize, length: i32, row: i32): bool {
  const bytes = bytesOf(length);
  const logged = roomInLog(state, LOGGED_OVERHEAD + ((bytes + 3) & ~3));
  if (!logged) return false;
  const value = <usize>load<u32>(entry, ENTRY_VALUE_AT);
  const beforeAt = openBeforeAt(state, entry);
  const isFirst = !load<u32>(beforeAt);
  if (isFirst) {
    const before = takeBlock(state, BEFORE_VALUE_AT + bytes);
    if (!before) return false;
    store<u32>(before, load<u32>(state, STATE_OPEN_AT), BEFORE_NEXT_AT);
    store<u32>(before, <u32>entry, BEFORE_ENTRY_AT);
    store<i32>(before, length, BEFORE_LENGTH_AT);
    copyValue(before + BEFORE_VALUE_AT, value, bytes);
    store<u32>(state, <u32>before, STATE_OPEN_AT);
    store<u32>(beforeAt, <u32>before);
  }
  const size = LOGGED_OVERHEAD + ((bytes + 3) & ~3);
  store<i32>(logged, row, LOGGED_ROW_AT);
  store<u32>(logged, <u32>entry, LOGGED_ENTRY_AT);
  store<i32>(logged, length, LOGGED_LENGTH_AT);
  store<i32>(logged, i32(isFirst), LOGGED_FIRST_AT);
  store<u32>(logged, load<u32>(entry, ENTRY_TOLD_AT), LOGGED_TOLD_AT);
  copyValue(logged + LOGGED_VALUE_AT, value, bytes);
  store<u32>(logged + size - 4, <u32>size);
  store<u32>(state, load<u32>(state, STATE_LOG_USED_AT) + <u32>size, STATE_LOG_USED_AT);
  return true;
}

function roomInLog(state: usize, bytes: usize): usize {
  const used = <usize>load<u32>(state, STATE_LOG_USED_AT);
  const log = <usize>load<u32>(state, STATE_LOG_AT);
  const room = <usize>load<u32>(state, STATE_LOG_ROOM_AT);
  if (used + bytes <= room) return log + used;
  const wider = max<usize>(max<usize>(room << 1, used + bytes), LOG_BYTES_MIN);
  const larger = hold(state, wider);
  if (!larger) return 0;
  if (log) {
    memory.copy(larger, log, used);
    letGo(state, log);
  }
  store<u32>(state, <u32>larger, STATE_LOG_AT);
  store<u32>(state, <u32>wider, STATE_LOG_ROOM_AT);
  return larger + used;
}

function restore(state: usize, entry: usize, length: i32, value: usize): void {
  if (length == VALUE_UNKNOWN) dropEntry(state, entry);
  else setValue(entry, value, length); // room never shrinks
}

/** Undoes what rows from `row` on have changed since the last `stateSettle`. */
export function stateUndoFrom(state: usize, row: i32): void {
  const log = <usize>load<u32>(state, STATE_LOG_AT);
  let used = <usize>load<u32>(state, STATE_LOG_USED_AT);
  while (used) {
    const logged = log + used - <usize>load<u32>(log + used - 4);
    if (load<i32>(logged, LOGGED_ROW_AT) < row) break;
    const entry = <usize>load<u32>(logged, LOGGED_ENTRY_AT);
    unnotePending(state, entry, load<u32>(logged, LOGGED_TOLD_AT));
    if (load<i32>(logged, LOGGED_FIRST_AT)) popOpen(state, entry);
    restore(state, entry, load<i32>(logged, LOGGED_LENGTH_AT), logged + LOGGED_VALUE_AT);
    used = logged - log;
  }
  store<u32>(state, <u32>used, STATE_LOG_USED_AT);
}

/** The open generation's last BEFORE is this entry's: they are undone in the order that they were made in. */
function popOpen(state: usize, entry: usize): void {
  const before = <usize>load<u32>(state, STATE_OPEN_AT);
  assert(<usize>load<u32>(before, BEFORE_ENTRY_AT) == entry);
  store<u32>(state, load<u32>(before, BEFORE_NEXT_AT), STATE_OPEN_AT);
  store<u32>(openBeforeAt(state, entry), 0);
  giveBefore(state, before);
}

function giveBefore(state: usize, before: usize): void {
  giveBlock(state, before, BEFORE_VALUE_AT + bytesOf(load<i32>(before, BEFORE_LENGTH_AT)));
}

/** The batch is over: what it has changed stays, unless the transaction is rolled back. */
export function stateSettle(state: usize): void {
  store<u32>(state, 0, STATE_LOG_USED_AT);
  thinPending(state);
}

/** The open generation closes, and another one opens. */
export function stateCut(state: usize): void {
  assert(load<u32>(state, STATE_CLOSING_AT) == 0); // one transaction ends at a time
  assert(load<u32>(state, STATE_LOG_USED_AT) == 0); // and none within a batch
  assert(load<u32>(state, STATE_PENDING_COUNT_AT) == 0); // a commit holds what record caches have kept back
  store<u32>(state, load<u32>(state, STATE_OPEN_AT), STATE_CLOSING_AT);
  store<u32>(state, 0, STATE_OPEN_AT);
  store<u32>(state, load<u32>(state, STATE_PARITY_AT) ^ 1, STATE_PARITY_AT);
}

/** The closing generation is final: its entries are due to be flushed. */
export function stateCommit(state: usize): void {
  let due = load<u32>(state, STATE_UNFLUSHED_AT);
  let dueBytes = load<u32>(state, STATE_UNFLUSHED_BYTES_AT);
  for (let before = <usize>load<u32>(state, STATE_CLOSING_AT); before; ) {
    const next = <usize>load<u32>(before, BEFORE_NEXT_AT);
    const entry = <usize>load<u32>(before, BEFORE_ENTRY_AT);
    store<u32>(closingBeforeAt(state, entry), 0);
    giveBefore(state, before);
    const flags = load<u32>(entry, ENTRY_FLAGS_AT);
    if (!(flags & ENTRY_UNFLUSHED)) {
      store<u32>(entry, flags | ENTRY_UNFLUSHED, ENTRY_FLAGS_AT);
      store<u32>(entry, due, ENTRY_NEXT_DUE_AT);
      due = <u32>entry;
      dueBytes += load<u32>(entry, ENTRY_KEY_LENGTH_AT) + <u32>bytesOf(load<i32>(entry, ENTRY_VALUE_LENGTH_AT));
    }
    before = next;
  }
  store<u32>(state, 0, STATE_CLOSING_AT);
  store<u32>(state, due, STATE_UNFLUSHED_AT);
  store<u32>(state, dueBytes, STATE_UNFLUSHED_BYTES_AT);
}

/** What was due is in the backend. */
export function stateFlushed(state: usize): void {
  for (let entry = <usize>load<u32>(state, STATE_UNFLUSHED_AT); entry; ) {
    const next = <usize>load<u32>(entry, ENTRY_NEXT_DUE_AT);
    store<u32>(entry, load<u32>(entry, ENTRY_FLAGS_AT) & ~ENTRY_UNFLUSHED, ENTRY_FLAGS_AT);
    store<u32>(entry, 0, ENTRY_NEXT_DUE_AT);
    entry = next;
  }
  store<u32>(state, 0, STATE_UNFLUSHED_AT);
  store<u32>(state, 0, STATE_UNFLUSHED_BYTES_AT);
}

/** Undoes all that is not committed. */
export function stateRollback(state: usize): void {
  stateTold(state);
  stateSettle(state);
  undo(state, STATE_OPEN_AT, openBeforeAt);
  undo(state, STATE_CLOSING_AT, closingBeforeAt);
}

function undo(state: usize, headAt: usize, beforeAt: (state: usize, entry: usize) => usize): void {
  for (let before = <usize>load<u32>(state + headAt); before; ) {
    const next = <usize>load<u32>(before, BEFORE_NEXT_AT);
    const entry = <usize>load<u32>(before, BEFORE_ENTRY_AT);
    store<u32>(beforeAt(state, entry), 0);
    restore(state, entry, load<i32>(before, BEFORE_LENGTH_AT), before + BEFORE_VALUE_AT);
    giveBefore(state, before);
    before = next;
  }
  store<u32>(state + headAt, 0);
}

/** Gives all of the journals back, and restores nothing. */
export function endJournals(state: usize): void {
  endGeneration(state, STATE_OPEN_AT);
  endGeneration(state, STATE_CLOSING_AT);
  const log = <usize>load<u32>(state, STATE_LOG_AT);
  if (log) letGo(state, log);
  store<u32>(state, 0, STATE_LOG_AT);
  store<u32>(state, 0, STATE_LOG_ROOM_AT);
  stateSettle(state);
}

function endGeneration(state: usize, headAt: usize): void {
  for (let before = <usize>load<u32>(state + headAt); before; ) {
    const next = <usize>load<u32>(before, BEFORE_NEXT_AT);
    giveBefore(state, before);
    before = next;
  }
  store<u32>(state + headAt, 0);
}
