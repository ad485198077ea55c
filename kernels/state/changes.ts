import {
  BEFORE_ENTRY_AT,
  BEFORE_NEXT_AT,
  CHANGE_KEY_AT,
  CHANGE_KEY_LENGTH_AT,
  CHANGE_VALUE_LENGTH_AT,
  ENTRY_KEY_AT,
  ENTRY_KEY_LENGTH_AT,
  ENTRY_VALUE_AT,
  ENTRY_VALUE_LENGTH_AT,
  FOUND_LENGTH_AT,
  FOUND_VALUE_AT,
  STATE_CLOSING_AT,
  STATE_OPEN_AT,
} from "../abi/state";
import { takeArena } from "../memory/arena";
import { copyValue } from "./entries";

const FOUND: usize = memory.data(8, 8);

/** Up to 7 bytes past both are touched: behind a key in an ENTRY is its padding. */
@inline
function copyKey(target: usize, source: usize, length: usize): void {
  for (let at: usize = 0; at < length; at += 8) store<u64>(target + at, load<u64>(source + at));
}

@inline
function valueBytes(entry: usize): usize {
  const length = load<i32>(entry, ENTRY_VALUE_LENGTH_AT);
  return length > 0 ? <usize>length : 0;
}

/**
 * Writes down the CHANGES of the closing generation: right behind `stateCut`, while no other has changed anything.
 *
 * @returns FOUND, valid until the next call; 0: memory has reached its bound.
 */
export function stateChanges(state: usize): usize {
  assert(load<u32>(state, STATE_OPEN_AT) == 0);
  let bytes: usize = 0;
  for (let before = <usize>load<u32>(state, STATE_CLOSING_AT); before; before = <usize>load<u32>(before, BEFORE_NEXT_AT)) {
    const entry = <usize>load<u32>(before, BEFORE_ENTRY_AT);
    bytes += CHANGE_KEY_AT + <usize>load<u32>(entry, ENTRY_KEY_LENGTH_AT) + valueBytes(entry);
  }
  const target = takeArena(bytes);
  if (!target) return 0;
  let at = target;
  for (let before = <usize>load<u32>(state, STATE_CLOSING_AT); before; before = <usize>load<u32>(before, BEFORE_NEXT_AT)) {
    const entry = <usize>load<u32>(before, BEFORE_ENTRY_AT);
    const keyLength = <usize>load<u32>(entry, ENTRY_KEY_LENGTH_AT);
    store<u32>(at, <u32>keyLength, CHANGE_KEY_LENGTH_AT);
    store<i32>(at, load<i32>(entry, ENTRY_VALUE_LENGTH_AT), CHANGE_VALUE_LENGTH_AT);
    copyKey(at + CHANGE_KEY_AT, entry + ENTRY_KEY_AT, keyLength);
    at += CHANGE_KEY_AT + keyLength;
    copyValue(at, <usize>load<u32>(entry, ENTRY_VALUE_AT), valueBytes(entry));
    at += valueBytes(entry);
  }
  store<u32>(FOUND, <u32>bytes, FOUND_LENGTH_AT);
  store<u32>(FOUND, <u32>target, FOUND_VALUE_AT);
  return FOUND;
}
