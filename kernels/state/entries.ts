import {
  ENTRY_BEFORES_AT,
  ENTRY_FLAGS_AT,
  ENTRY_HASH_AT,
  ENTRY_KEY_AT,
  ENTRY_KEY_LENGTH_AT,
  ENTRY_NEXT_AT,
  ENTRY_REFERENCED,
  ENTRY_UNFLUSHED,
  ENTRY_VALUE_AT,
  ENTRY_VALUE_LENGTH_AT,
  ENTRY_VALUE_ROOM_AT,
  STATE_BUCKETS_AT,
  STATE_COMPLETE_AT,
  STATE_ENTRIES_AT,
  STATE_HAND_AT,
  STATE_SEGMENTS_AT,
  STATE_SEGMENTS_MAX,
  STATE_USED_AT,
  VALUE_ABSENT,
} from "../abi/state";
import { giveBlock, hold, letGo, takeBlock } from "./slab";

const SEGMENT_BUCKETS: u32 = 16384;
const BUCKETS_MIN: u32 = 64;

@inline
function padded(length: usize): usize {
  return (length + 7) & ~7;
}

/** Up to 7 bytes past the key may be read. */
@inline
export function hashKey(key: usize, length: usize): u32 {
  let hash = (<u64>length + 1) * 0x9e3779b97f4a7c15;
  let left = length;
  let at = key;
  for (; left >= 8; left -= 8, at += 8) {
    hash = (hash ^ load<u64>(at)) * 0xbf58476d1ce4e5b9;
    hash ^= hash >>> 32;
  }
  if (left) {
    hash = (hash ^ (load<u64>(at) & (((<u64>1) << (left << 3)) - 1))) * 0xbf58476d1ce4e5b9;
    hash ^= hash >>> 32;
  }
  hash *= 0x94d049bb133111eb;
  return <u32>(hash ^ (hash >>> 29));
}

@inline
function sameKey(entry: usize, key: usize, length: usize): bool {
  let left = length;
  let at: usize = 0;
  for (; left >= 8; left -= 8, at += 8) {
    if (load<u64>(entry + ENTRY_KEY_AT + at) != load<u64>(key + at)) return false;
  }
  if (!left) return true;
  const mask = ((<u64>1) << (left << 3)) - 1;
  return ((load<u64>(entry + ENTRY_KEY_AT + at) ^ load<u64>(key + at)) & mask) == 0;
}

@inline
function slotAt(state: usize, bucket: u32): usize {
  const segment = <usize>load<u32>(state + STATE_SEGMENTS_AT + (<usize>(bucket / SEGMENT_BUCKETS) << 2));
  return segment + (<usize>(bucket % SEGMENT_BUCKETS) << 2);
}

/** Buckets from the next power of two on do not exist yet: their keys are still in the lower half. */
@inline
export function slotOf(state: usize, hash: u32): usize {
  const buckets = load<u32>(state, STATE_BUCKETS_AT);
  const mask = (<u32>-1) >>> clz<u32>(buckets - 1);
  const bucket = hash & mask;
  return slotAt(state, bucket < buckets ? bucket : bucket & (mask >>> 1));
}

/** @returns the ENTRY of a key, 0: it is not in memory. */
export function findEntry(state: usize, key: usize, length: usize, hash: u32): usize {
  for (let entry = <usize>load<u32>(slotOf(state, hash)); entry; entry = <usize>load<u32>(entry, ENTRY_NEXT_AT)) {
    if (load<u32>(entry, ENTRY_HASH_AT) != hash) continue;
    if (<usize>load<u32>(entry, ENTRY_KEY_LENGTH_AT) == length && sameKey(entry, key, length)) return entry;
  }
  return 0;
}

/** Makes the ENTRY of a key that has none, absent for now. @returns 0: there is no room. */
export function addEntry(state: usize, key: usize, length: usize, hash: u32, valueBytes: usize): usize {
  const room = max<usize>(padded(valueBytes), 8);
  const entry = takeBlock(state, ENTRY_KEY_AT + padded(length) + room);
  if (!entry) return 0;
  splitBucket(state);
  const slot = slotOf(state, hash);
  memory.fill(entry, 0, ENTRY_KEY_AT);
  store<u32>(entry, load<u32>(slot), ENTRY_NEXT_AT);
  store<u32>(slot, <u32>entry);
  store<u32>(entry, hash, ENTRY_HASH_AT);
  store<u32>(entry, <u32>length, ENTRY_KEY_LENGTH_AT);
  store<i32>(entry, VALUE_ABSENT, ENTRY_VALUE_LENGTH_AT);
  store<u32>(entry, <u32>(entry + ENTRY_KEY_AT + padded(length)), ENTRY_VALUE_AT);
  store<u32>(entry, <u32>room, ENTRY_VALUE_ROOM_AT);
  store<u32>(entry, ENTRY_REFERENCED, ENTRY_FLAGS_AT);
  memory.copy(entry + ENTRY_KEY_AT, key, length);
  store<u32>(state, load<u32>(state, STATE_ENTRIES_AT) + 1, STATE_ENTRIES_AT);
  return entry;
}

/** Makes room for a longer value; the present one stays. @returns false: there is none, and nothing is changed. */
export function makeValueRoom(state: usize, entry: usize, length: i32): bool {
  if (length <= 0 || <u32>length <= load<u32>(entry, ENTRY_VALUE_ROOM_AT)) return true;
  const room = padded(<usize>length);
  const block = takeBlock(state, room);
  if (!block) return false;
  const present = load<i32>(entry, ENTRY_VALUE_LENGTH_AT);
  if (present > 0) memory.copy(block, <usize>load<u32>(entry, ENTRY_VALUE_AT), present);
  giveOwnBlock(state, entry);
  store<u32>(entry, <u32>block, ENTRY_VALUE_AT);
  store<u32>(entry, <u32>room, ENTRY_VALUE_ROOM_AT);
  return true;
}

/** Values of aggregates have 16 bytes: for those a call of memory.copy would cost more than the copy. */
@inline
export function copyValue(target: usize, source: usize, bytes: usize): void {
  if (bytes == 16) v128.store(target, v128.load(source));
  else if (bytes) memory.copy(target, source, bytes);
}

/** The value's room must be large enough. */
@inline
export function setValue(entry: usize, value: usize, length: i32): void {
  assert(length <= load<i32>(entry, ENTRY_VALUE_ROOM_AT));
  if (length > 0) copyValue(<usize>load<u32>(entry, ENTRY_VALUE_AT), value, <usize>length);
  store<i32>(entry, length, ENTRY_VALUE_LENGTH_AT);
}

@inline
function inlineAt(entry: usize): usize {
  return entry + ENTRY_KEY_AT + padded(<usize>load<u32>(entry, ENTRY_KEY_LENGTH_AT));
}

/** Once the value has a block of its own, the room behind the key keeps its own size, in 4 of its at least 8 bytes. */
@inline
function inlineRoom(entry: usize): usize {
  const at = inlineAt(entry);
  if (<usize>load<u32>(entry, ENTRY_VALUE_AT) == at) return <usize>load<u32>(entry, ENTRY_VALUE_ROOM_AT);
  return <usize>load<u32>(at);
}

function giveOwnBlock(state: usize, entry: usize): void {
  const at = <usize>load<u32>(entry, ENTRY_VALUE_AT);
  const room = <usize>load<u32>(entry, ENTRY_VALUE_ROOM_AT);
  if (at != inlineAt(entry)) giveBlock(state, at, room);
  else store<u32>(at, <u32>room);
}

/** No journal names it, and it is not due. */
export function dropEntry(state: usize, entry: usize): void {
  let link = slotOf(state, load<u32>(entry, ENTRY_HASH_AT));
  while (<usize>load<u32>(link) != entry) link = <usize>load<u32>(link) + ENTRY_NEXT_AT;
  store<u32>(link, load<u32>(entry, ENTRY_NEXT_AT));
  freeEntry(state, entry);
  store<u32>(state, load<u32>(state, STATE_ENTRIES_AT) - 1, STATE_ENTRIES_AT);
}

function freeEntry(state: usize, entry: usize): void {
  const at = inlineAt(entry);
  const room = inlineRoom(entry);
  if (<usize>load<u32>(entry, ENTRY_VALUE_AT) != at) giveOwnBlock(state, entry);
  giveBlock(state, entry, at + room - entry);
}

/** @returns false: there is no room. */
export function beginBuckets(state: usize): bool {
  const segment = hold(state, SEGMENT_BUCKETS << 2);
  if (!segment) return false;
  memory.fill(segment, 0, SEGMENT_BUCKETS << 2);
  store<u32>(state, <u32>segment, STATE_SEGMENTS_AT);
  store<u32>(state, BUCKETS_MIN, STATE_BUCKETS_AT);
  return true;
}

/** One more bucket, if there are as many keys as buckets: it takes its keys from one other. Without room chains grow. */
function splitBucket(state: usize): void {
  const bucket = load<u32>(state, STATE_BUCKETS_AT);
  if (load<u32>(state, STATE_ENTRIES_AT) < bucket) return;
  const index = bucket / SEGMENT_BUCKETS;
  if (index >= <u32>STATE_SEGMENTS_MAX) return;
  const segmentAt = state + STATE_SEGMENTS_AT + (<usize>index << 2);
  if (!load<u32>(segmentAt)) {
    const segment = hold(state, SEGMENT_BUCKETS << 2);
    if (!segment) return;
    memory.fill(segment, 0, SEGMENT_BUCKETS << 2);
    store<u32>(segmentAt, <u32>segment);
  }
  const from = slotOf(state, bucket);
  const into = slotAt(state, bucket);
  store<u32>(state, bucket + 1, STATE_BUCKETS_AT);
  let entry = <usize>load<u32>(from);
  store<u32>(from, 0);
  while (entry) {
    const next = <usize>load<u32>(entry, ENTRY_NEXT_AT);
    const slot = slotOf(state, load<u32>(entry, ENTRY_HASH_AT));
    assert(slot == from || slot == into);
    store<u32>(entry, load<u32>(slot), ENTRY_NEXT_AT);
    store<u32>(slot, <u32>entry);
    entry = next;
  }
}

/**
 * Drops entries that equal the backend's and that no journal names, until at most `bytes` are in use: those first that
 * were not used since the last time the hand passed.
 *
 * @param bucketsMax most buckets to look at: each twice is enough for all that can go.
 */
export function stateEvict(state: usize, bytes: u32, bucketsMax: u32): void {
  const buckets = load<u32>(state, STATE_BUCKETS_AT);
  let hand = load<u32>(state, STATE_HAND_AT);
  for (let turns = min<u32>(buckets << 1, bucketsMax); turns && load<u32>(state, STATE_USED_AT) > bytes; turns--) {
    hand = hand + 1 < buckets ? hand + 1 : 0;
    for (let entry = <usize>load<u32>(slotAt(state, hand)); entry; ) {
      const next = <usize>load<u32>(entry, ENTRY_NEXT_AT);
      const flags = load<u32>(entry, ENTRY_FLAGS_AT);
      if (!(flags & ENTRY_UNFLUSHED) && load<u64>(entry, ENTRY_BEFORES_AT) == 0) {
        if (flags & ENTRY_REFERENCED) store<u32>(entry, flags & ~ENTRY_REFERENCED, ENTRY_FLAGS_AT);
        else {
          dropEntry(state, entry);
          store<u32>(state, 0, STATE_COMPLETE_AT);
        }
      }
      entry = next;
    }
  }
  store<u32>(state, hand, STATE_HAND_AT);
}

/** Gives all entries back, and all buckets. */
export function endEntries(state: usize): void {
  const buckets = load<u32>(state, STATE_BUCKETS_AT);
  for (let bucket: u32 = 0; bucket < buckets; bucket++) {
    for (let entry = <usize>load<u32>(slotAt(state, bucket)); entry; ) {
      const next = <usize>load<u32>(entry, ENTRY_NEXT_AT);
      freeEntry(state, entry);
      entry = next;
    }
  }
  for (let index: usize = 0; index < <usize>STATE_SEGMENTS_MAX; index++) {
    const segment = <usize>load<u32>(state + STATE_SEGMENTS_AT + (index << 2));
    if (!segment) continue;
    letGo(state, segment);
    store<u32>(state + STATE_SEGMENTS_AT + (index << 2), 0);
  }
  store<u32>(state, 0, STATE_ENTRIES_AT);
  store<u32>(state, 0, STATE_BUCKETS_AT);
  store<u32>(state, 0, STATE_HAND_AT);
}
