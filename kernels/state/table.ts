import { ERROR_MEMORY_FULL } from "../abi/errors";
import {
  BEFORE_LENGTH_AT,
  BEFORE_VALUE_AT,
  ENTRY_FLAGS_AT,
  ENTRY_REFERENCED,
  ENTRY_VALUE_AT,
  ENTRY_VALUE_LENGTH_AT,
  FOUND_LENGTH_AT,
  FOUND_VALUE_AT,
  STATE_BYTES,
  STATE_BYTES_MAX_AT,
  STATE_COMPLETE_AT,
  STATE_UNFLUSHED_AT,
  STATE_UNFLUSHED_BYTES_AT,
  VALUE_ABSENT,
  VALUE_UNKNOWN,
} from "../abi/state";
import { allocate, release } from "../memory/allocator";
import { takeArena } from "../memory/arena";
import { addEntry, beginBuckets, dropEntry, endEntries, findEntry, hashKey, makeValueRoom, setValue } from "./entries";
import { closingBeforeAt, endJournals, journal, openBeforeAt } from "./journal";
import { endPending } from "./pending";
import { dropChunks } from "./slab";

const FOUND: usize = memory.data(8, 8);

/**
 * Makes a STATE that takes at most `bytesMax` bytes beside its own head.
 *
 * @param complete 1: a key that is not in memory is nowhere.
 * @returns its address. Errors: ERROR_MEMORY_FULL.
 */
export function stateNew(bytesMax: i32, complete: i32): i32 {
  assert(bytesMax > 0);
  const state = allocate(STATE_BYTES);
  if (!state) return -ERROR_MEMORY_FULL;
  memory.fill(state, 0, STATE_BYTES);
  store<i32>(state, bytesMax, STATE_BYTES_MAX_AT);
  store<i32>(state, complete, STATE_COMPLETE_AT);
  if (beginBuckets(state)) return <i32>state;
  release(state);
  return -ERROR_MEMORY_FULL;
}

export function stateFree(state: usize): void {
  empty(state);
  release(state);
}

/** Forgets all that is in memory. @returns 0. Errors: ERROR_MEMORY_FULL, and the STATE may only be freed. */
export function stateReset(state: usize): i32 {
  empty(state);
  return beginBuckets(state) ? 0 : -ERROR_MEMORY_FULL;
}

function empty(state: usize): void {
  endPending(state);
  endJournals(state);
  endEntries(state);
  dropChunks(state);
  store<u32>(state, 0, STATE_UNFLUSHED_AT);
  store<u32>(state, 0, STATE_UNFLUSHED_BYTES_AT);
}

/** Room for a key and a value that the host gives to the next call. @returns 0: memory has reached its bound. */
export function stateStage(bytes: i32): usize {
  return takeArena(<usize>bytes);
}

function found(length: i32, at: usize): usize {
  store<i32>(FOUND, length, FOUND_LENGTH_AT);
  store<u32>(FOUND, <u32>at, FOUND_VALUE_AT);
  return FOUND;
}

/** The present value of a key. @returns FOUND. */
export function stateGet(state: usize, key: usize, length: i32): usize {
  const entry = findEntry(state, key, length, hashKey(key, length));
  if (!entry) return found(load<i32>(state, STATE_COMPLETE_AT) ? VALUE_ABSENT : VALUE_UNKNOWN, 0);
  store<u32>(entry, load<u32>(entry, ENTRY_FLAGS_AT) | ENTRY_REFERENCED, ENTRY_FLAGS_AT);
  return found(load<i32>(entry, ENTRY_VALUE_LENGTH_AT), <usize>load<u32>(entry, ENTRY_VALUE_AT));
}

/** The value of a key as of the last commit. @returns FOUND. */
export function stateCommitted(state: usize, key: usize, length: i32): usize {
  const entry = findEntry(state, key, length, hashKey(key, length));
  if (!entry) return found(load<i32>(state, STATE_COMPLETE_AT) ? VALUE_ABSENT : VALUE_UNKNOWN, 0);
  return stateCommittedOf(state, entry);
}

/** The value of an ENTRY as of the last commit. @returns FOUND. */
export function stateCommittedOf(state: usize, entry: usize): usize {
  let before = <usize>load<u32>(closingBeforeAt(state, entry));
  if (!before) before = <usize>load<u32>(openBeforeAt(state, entry));
  if (!before) return found(load<i32>(entry, ENTRY_VALUE_LENGTH_AT), <usize>load<u32>(entry, ENTRY_VALUE_AT));
  const length = load<i32>(before, BEFORE_LENGTH_AT);
  const nowhere = length == VALUE_UNKNOWN && load<i32>(state, STATE_COMPLETE_AT) != 0;
  return found(nowhere ? VALUE_ABSENT : length, before + BEFORE_VALUE_AT);
}

/** Takes in what the backend has under a key, unless the key is in memory. @returns 0. Errors: ERROR_MEMORY_FULL. */
export function stateLoad(state: usize, key: usize, length: i32, value: usize, valueLength: i32): i32 {
  const hash = hashKey(key, length);
  if (findEntry(state, key, length, hash)) return 0;
  const entry = addEntry(state, key, length, hash, valueLength > 0 ? valueLength : 0);
  if (!entry) return -ERROR_MEMORY_FULL;
  setValue(entry, value, valueLength);
  return 0;
}

/**
 * @param valueLength VALUE_ABSENT deletes.
 * @param row of the batch that runs: rows never fall until `stateSettle`.
 * @returns 0. Errors: ERROR_MEMORY_FULL, and nothing is changed.
 */
export function statePut(state: usize, key: usize, length: i32, value: usize, valueLength: i32, row: i32): i32 {
  return putValue(state, key, length, hashKey(key, length), value, valueLength, row) ? 0 : -ERROR_MEMORY_FULL;
}

/** See statePut. @returns false: there is no room, and nothing is changed. */
function putValue(
  state: usize,
  key: usize,
  length: i32,
  hash: u32,
  value: usize,
  valueLength: i32,
  row: i32,
): bool {
  const entry = findEntry(state, key, length, hash);
  if (entry) return changeValue(state, entry, value, valueLength, row);
  return addValue(state, key, length, hash, value, valueLength, row);
}

/** Puts a key that has no ENTRY. @returns false: there is no room, and nothing is changed. */
export function addValue(
  state: usize,
  key: usize,
  length: i32,
  hash: u32,
  value: usize,
  valueLength: i32,
  row: i32,
): bool {
  const entry = addEntry(state, key, length, hash, valueLength > 0 ? valueLength : 0);
  if (!entry) return false;
  if (!journal(state, entry, VALUE_UNKNOWN, row)) {
    dropEntry(state, entry);
    return false;
  }
  setValue(entry, value, valueLength);
  return true;
}

/** Changes an ENTRY's value. @returns false: there is no room, and nothing is changed. */
export function changeValue(state: usize, entry: usize, value: usize, valueLength: i32, row: i32): bool {
  if (!makeValueRoom(state, entry, valueLength)) return false;
  if (!journal(state, entry, load<i32>(entry, ENTRY_VALUE_LENGTH_AT), row)) return false;
  store<u32>(entry, load<u32>(entry, ENTRY_FLAGS_AT) | ENTRY_REFERENCED, ENTRY_FLAGS_AT);
  setValue(entry, value, valueLength);
  return true;
}
