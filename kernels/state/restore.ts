import {
  BATCH_KEY_AT_SLOT,
  BATCH_KEY_LENGTH_SLOT,
  BATCH_TIMESTAMP_SLOT,
  BATCH_VALUE_AT_SLOT,
  BATCH_VALUE_LENGTH_SLOT,
} from "../abi/batch";
import { SELECTION_KEPT_AT, SELECTION_ROWS_AT } from "../abi/selection";
import {
  ENTRY_FLAGS_AT,
  ENTRY_NEXT_DUE_AT,
  ENTRY_UNFLUSHED,
  ENTRY_VALUE_AT,
  ENTRY_VALUE_LENGTH_AT,
  STATE_UNFLUSHED_AT,
  VALUE_ABSENT,
} from "../abi/state";
import { bytesOf, columnOf, rowsOf, tableOf } from "../batch";
import { addEntry, findEntry, hashKey, makeValueRoom } from "./entries";

const STAMP_BYTES: i32 = 8;

/**
 * Takes records of a changelog in, as committed entries that are due to be flushed: of a key the last one. A record
 * without value deletes; one without key is passed over. No journal leads back.
 *
 * @param isStamped 1: a value begins with its record's timestamp, 8 bytes, big endian.
 * @param from index in the selection to go on at.
 * @returns index up to which records are in: less than all, if there is no more room. Errors: none.
 */
export function stateRestore(state: usize, batch: usize, selection: usize, isStamped: i32, from: i32): i32 {
  const table = tableOf(batch);
  const rows = rowsOf(table);
  const bytes = bytesOf(table);
  const timestamps = columnOf(table, BATCH_TIMESTAMP_SLOT, rows);
  const keysAt = columnOf(table, BATCH_KEY_AT_SLOT, rows);
  const keyLengths = columnOf(table, BATCH_KEY_LENGTH_SLOT, rows);
  const valuesAt = columnOf(table, BATCH_VALUE_AT_SLOT, rows);
  const valueLengths = columnOf(table, BATCH_VALUE_LENGTH_SLOT, rows);
  const kept = load<i32>(selection, SELECTION_KEPT_AT);
  const stamp = isStamped ? STAMP_BYTES : 0;
  for (let index = from; index < kept; index++) {
    const row = <usize>load<u32>(selection + SELECTION_ROWS_AT + (<usize>index << 2));
    const keyLength = load<i32>(keyLengths + (row << 2));
    if (keyLength < 0) continue;
    const key = bytes + <usize>load<u32>(keysAt + (row << 2));
    const length = load<i32>(valueLengths + (row << 2));
    const stored = length < 0 ? VALUE_ABSENT : length + stamp;
    const hash = hashKey(key, keyLength);
    let entry = findEntry(state, key, keyLength, hash);
    if (!entry) entry = addEntry(state, key, keyLength, hash, stored > 0 ? stored : 0);
    if (!entry || !makeValueRoom(state, entry, stored)) return index;
    if (length >= 0) {
      const target = <usize>load<u32>(entry, ENTRY_VALUE_AT);
      if (stamp) store<i64>(target, bswap(load<i64>(timestamps + (row << 3))));
      memory.copy(target + stamp, bytes + <usize>load<u32>(valuesAt + (row << 2)), length);
    }
    store<i32>(entry, stored, ENTRY_VALUE_LENGTH_AT);
    const flags = load<u32>(entry, ENTRY_FLAGS_AT);
    if (flags & ENTRY_UNFLUSHED) continue;
    store<u32>(entry, flags | ENTRY_UNFLUSHED, ENTRY_FLAGS_AT);
    store<u32>(entry, load<u32>(state, STATE_UNFLUSHED_AT), ENTRY_NEXT_DUE_AT);
    store<u32>(state, <u32>entry, STATE_UNFLUSHED_AT);
  }
  return kept;
}
