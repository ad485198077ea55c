import {
  ENTRY_KEY_AT,
  ENTRY_KEY_LENGTH_AT,
  ENTRY_NEXT_DUE_AT,
  STATE_UNFLUSHED_AT,
} from "../abi/state";
import { takeArena } from "../memory/arena";

/**
 * An item of the sort: the 8 bytes of a key behind what all keys begin with, and its ENTRY. Most comparisons end here,
 * without a look at the keys.
 *
 *     0         8       12
 *     +---------+-------+-----+
 *     | bytes   | entry | ... |     bytes: as a number whose order is theirs
 *     +---------+-------+-----+
 */
const ITEM_ENTRY_AT: usize = 8;
const ITEM_BYTES: usize = 16;

@inline
function keyLengthOf(entry: usize): usize {
  return <usize>load<u32>(entry, ENTRY_KEY_LENGTH_AT);
}

/** Bytes that all keys begin with. */
function commonLength(first: usize): usize {
  let common = keyLengthOf(first);
  for (let entry = first; entry; entry = <usize>load<u32>(entry, ENTRY_NEXT_DUE_AT)) {
    common = min<usize>(common, keyLengthOf(entry));
    for (let at: usize = 0; at < common; at++) {
      if (load<u8>(entry + ENTRY_KEY_AT + at) != load<u8>(first + ENTRY_KEY_AT + at)) common = at;
    }
  }
  return common;
}

/** Up to 7 bytes past the key may be read. */
@inline
function bytesBehind(entry: usize, common: usize): u64 {
  const left = keyLengthOf(entry) - common;
  if (!left) return 0;
  const bytes = bswap<u64>(load<u64>(entry + ENTRY_KEY_AT + common));
  return left >= 8 ? bytes : bytes & ~(<u64>-1 >>> (left << 3));
}

/** Of two items with the same bytes: whether the key of `a` comes first. */
function keyIsBefore(a: usize, b: usize): bool {
  const lengthA = keyLengthOf(a);
  const lengthB = keyLengthOf(b);
  const common = min<usize>(lengthA, lengthB);
  for (let at: usize = 0; at < common; at++) {
    const byteA = load<u8>(a + ENTRY_KEY_AT + at);
    const byteB = load<u8>(b + ENTRY_KEY_AT + at);
    if (byteA != byteB) return byteA < byteB;
  }
  return lengthA < lengthB;
}

@inline
function isBefore(a: usize, b: usize): bool {
  const bytesA = load<u64>(a);
  const bytesB = load<u64>(b);
  if (bytesA != bytesB) return bytesA < bytesB;
  return keyIsBefore(<usize>load<u32>(a, ITEM_ENTRY_AT), <usize>load<u32>(b, ITEM_ENTRY_AT));
}

/** Merges two runs of items that lie behind each other. */
function merge(source: usize, middle: usize, end: usize, target: usize): void {
  let a = source;
  let b = middle;
  for (let at = target; a < middle || b < end; at += ITEM_BYTES) {
    if (b >= end || (a < middle && !isBefore(b, a))) {
      v128.store(at, v128.load(a));
      a += ITEM_BYTES;
    } else {
      v128.store(at, v128.load(b));
      b += ITEM_BYTES;
    }
  }
}

/**
 * Puts the entries that are due in the order of their keys, so that neighbours are flushed together. Without room for it
 * they stay as they are.
 */
export function stateSortDue(state: usize): void {
  const first = <usize>load<u32>(state, STATE_UNFLUSHED_AT);
  if (!first) return;
  let count: usize = 0;
  for (let entry = first; entry; entry = <usize>load<u32>(entry, ENTRY_NEXT_DUE_AT)) count++;
  const bytes = count * ITEM_BYTES;
  let source = takeArena(bytes << 1);
  if (!source) return;
  let target = source + bytes;
  const common = commonLength(first);
  let at = source;
  for (let entry = first; entry; entry = <usize>load<u32>(entry, ENTRY_NEXT_DUE_AT)) {
    store<u64>(at, bytesBehind(entry, common));
    store<u32>(at, <u32>entry, ITEM_ENTRY_AT);
    at += ITEM_BYTES;
  }
  for (let run = ITEM_BYTES; run < bytes; run <<= 1) {
    for (let from: usize = 0; from < bytes; from += run << 1) {
      const middle = min<usize>(from + run, bytes);
      merge(source + from, source + middle, source + min<usize>(middle + run, bytes), target + from);
    }
    const sorted = target;
    target = source;
    source = sorted;
  }
  let next: usize = 0;
  for (at = source + bytes; at > source; ) {
    at -= ITEM_BYTES;
    const entry = <usize>load<u32>(at, ITEM_ENTRY_AT);
    store<u32>(entry, <u32>next, ENTRY_NEXT_DUE_AT);
    next = entry;
  }
  store<u32>(state, <u32>next, STATE_UNFLUSHED_AT);
}
