import { STATE_BYTES_MAX_AT, STATE_CHUNKS_AT, STATE_END_AT, STATE_HELD_AT, STATE_LISTS_AT, STATE_TOP_AT, STATE_USED_AT } from "../abi/state";
import { allocate, release, roomOf } from "../memory/allocator";

/**
 * The memory of a STATE: chunks cut into blocks of 16 to 1024 bytes, a free list for each size. Larger blocks come
 * from the allocator, and go back there. Chunks are held until the STATE is emptied.
 *
 *     chunk:  0      16
 *             +------+------------+
 *             | next | blocks ... |
 *             +------+------------+
 */
const CHUNK_BYTES: usize = 65536 - 64; // with the allocator's head a block of 64 KiB
const CHUNK_BLOCKS_AT: usize = 16;
const SMALL_MAX: usize = 1024;

@inline
function rounded(bytes: usize): usize {
  return (bytes + 15) & ~15;
}

/** A block from the allocator, within the budget of the STATE. @returns 0: there is no room. */
export function hold(state: usize, bytes: usize): usize {
  const held = <usize>load<u32>(state, STATE_HELD_AT);
  if (held + bytes > <usize>load<u32>(state, STATE_BYTES_MAX_AT)) return 0;
  const block = allocate(bytes);
  if (block) store<u32>(state, <u32>(held + roomOf(block)), STATE_HELD_AT);
  return block;
}

export function letGo(state: usize, block: usize): void {
  store<u32>(state, load<u32>(state, STATE_HELD_AT) - <u32>roomOf(block), STATE_HELD_AT);
  release(block);
}

/** @returns address of a block, divisible by 8; 0: there is no room. */
export function takeBlock(state: usize, bytes: usize): usize {
  const size = rounded(bytes);
  const block = size > SMALL_MAX ? hold(state, size) : takeSmall(state, size);
  if (block) store<u32>(state, load<u32>(state, STATE_USED_AT) + <u32>size, STATE_USED_AT);
  return block;
}

/** @param bytes as they were asked for. */
export function giveBlock(state: usize, block: usize, bytes: usize): void {
  const size = rounded(bytes);
  store<u32>(state, load<u32>(state, STATE_USED_AT) - <u32>size, STATE_USED_AT);
  if (size > SMALL_MAX) letGo(state, block);
  else push(state, block, size);
}

@inline
function listOf(state: usize, size: usize): usize {
  return state + STATE_LISTS_AT + (((size >> 4) - 1) << 2);
}

function push(state: usize, block: usize, size: usize): void {
  const list = listOf(state, size);
  store<u32>(block, load<u32>(list));
  store<u32>(list, <u32>block);
}

function pop(state: usize, size: usize): usize {
  const list = listOf(state, size);
  const block = <usize>load<u32>(list);
  if (block) store<u32>(list, load<u32>(block));
  return block;
}

function takeSmall(state: usize, size: usize): usize {
  const block = pop(state, size);
  if (block) return block;
  const top = <usize>load<u32>(state, STATE_TOP_AT);
  if (top + size <= <usize>load<u32>(state, STATE_END_AT)) {
    store<u32>(state, <u32>(top + size), STATE_TOP_AT);
    return top;
  }
  const chunk = hold(state, CHUNK_BYTES);
  if (!chunk) return splitLarger(state, size);
  const rest = <usize>load<u32>(state, STATE_END_AT) - top;
  if (rest >= 16) push(state, top, rest);
  store<u32>(chunk, load<u32>(state, STATE_CHUNKS_AT));
  store<u32>(state, <u32>chunk, STATE_CHUNKS_AT);
  store<u32>(state, <u32>(chunk + CHUNK_BLOCKS_AT + size), STATE_TOP_AT);
  store<u32>(state, <u32>(chunk + CHUNK_BYTES), STATE_END_AT);
  return chunk + CHUNK_BLOCKS_AT;
}

/** Only once no chunk is to be had: what is left of the larger block stays usable. */
function splitLarger(state: usize, size: usize): usize {
  for (let larger = size + 16; larger <= SMALL_MAX; larger += 16) {
    const block = pop(state, larger);
    if (!block) continue;
    push(state, block + size, larger - size);
    return block;
  }
  return 0;
}

/** Gives all chunks back. Blocks of the allocator's must be given back before. */
export function dropChunks(state: usize): void {
  for (let chunk = <usize>load<u32>(state, STATE_CHUNKS_AT); chunk; ) {
    const next = <usize>load<u32>(chunk);
    letGo(state, chunk);
    chunk = next;
  }
  store<u32>(state, 0, STATE_CHUNKS_AT);
  store<u32>(state, 0, STATE_TOP_AT);
  store<u32>(state, 0, STATE_END_AT);
  store<u32>(state, 0, STATE_USED_AT);
  memory.fill(state + STATE_LISTS_AT, 0, 256);
}
