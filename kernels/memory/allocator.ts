import { MEMORY_PAGES_MAX } from "../abi/limits";

/**
 * Blocks of linear memory with free lists by size class: two classes to each doubling, so a block is at most half
 * larger than asked for. A freed block is only used again for its class or, once memory has reached its bound,
 * for a smaller one; what is free is thereby bounded by the peaks of the classes, and long runs do not leak.
 *
 *     root:    0        4            8
 *              +--------+------------+-------------------+
 *              | top    | pagesBound | free list × 64    |   top: first byte never handed out
 *              +--------+------------+-------------------+
 *     block:   0       4       8         64
 *              +-------+-------+---------+---------------+
 *              | class | state | next    | bytes ...     |   next: in the free list
 *              +-------+-------+---------+---------------+
 */
const ROOT: usize = memory.data(8 + 4 * 64, 16);
const ROOT_TOP_AT: usize = 0;
const ROOT_PAGES_BOUND_AT: usize = 4;
const ROOT_LISTS_AT: usize = 8;

const BLOCK_CLASS_AT: usize = 0;
const BLOCK_STATE_AT: usize = 4;
const BLOCK_NEXT_AT: usize = 8;
const BLOCK_HEAD: usize = 64;
const CLASSES: u32 = 64;

const STATE_USED: u32 = 0x75736564;
const STATE_FREE: u32 = 0x66726565;

/** Bounds linear memory, in pages of 64 KiB. What is in use already stays. */
export function memoryBound(pages: i32): void {
  assert(pages > 0);
  assert(pages <= MEMORY_PAGES_MAX);
  store<u32>(ROOT, pages, ROOT_PAGES_BOUND_AT);
}

/** Bytes of a block of this class, its head included: 64, 96, 128, 192, 256 ... */
@inline
function bytesOf(sizeClass: u32): usize {
  return (((sizeClass & 1) + 2) as usize) << ((sizeClass >>> 1) + 5);
}

/** The smallest class that holds `bytes`. */
@inline
function classOf(bytes: usize): u32 {
  if (bytes <= 64) return 0;
  const top: u32 = 31 - clz<u32>(<u32>(bytes - 1)); // bytes - 1 lies in [2^top, 2^(top + 1))
  const half = (<u32>(bytes - 1) >>> (top - 1)) & 1;
  return ((top - 6) << 1) + half + 1;
}

/**
 * A block of at least `bytes` bytes, at an address divisible by 64; its bytes are whatever they were.
 *
 * @returns its address, or 0: memory has reached its bound.
 */
export function allocate(bytes: usize): usize {
  assert(bytes < 0x40000000);
  const sizeClass = classOf(bytes + BLOCK_HEAD);
  let block = takeFree(sizeClass);
  if (!block) block = takeTop(sizeClass);
  for (let larger = sizeClass + 1; !block && larger < CLASSES; larger++) block = takeFree(larger);
  if (!block) return 0;
  store<u32>(block, STATE_USED, BLOCK_STATE_AT);
  return block + BLOCK_HEAD;
}

/** Bytes that the block at this address has room for. */
export function roomOf(address: usize): usize {
  assert(load<u32>(address - BLOCK_HEAD, BLOCK_STATE_AT) == STATE_USED);
  return bytesOf(load<u32>(address - BLOCK_HEAD, BLOCK_CLASS_AT)) - BLOCK_HEAD;
}

/** Gives a block back. Giving it back twice, or anything that is no block, trips an assertion. */
export function release(address: usize): void {
  const block = address - BLOCK_HEAD;
  assert(load<u32>(block, BLOCK_STATE_AT) == STATE_USED);
  store<u32>(block, STATE_FREE, BLOCK_STATE_AT);
  const list = ROOT + ROOT_LISTS_AT + (<usize>load<u32>(block, BLOCK_CLASS_AT) << 2);
  store<u32>(block, load<u32>(list), BLOCK_NEXT_AT);
  store<u32>(list, <u32>block);
}

/** Linear memory that is not handed out, apart from what it may still grow by: for tests. */
export function freeBytes(): i32 {
  let total: usize = 0;
  for (let sizeClass: u32 = 0; sizeClass < CLASSES; sizeClass++) {
    let block = <usize>load<u32>(ROOT + ROOT_LISTS_AT + (<usize>sizeClass << 2));
    for (; block; block = <usize>load<u32>(block, BLOCK_NEXT_AT)) total += bytesOf(sizeClass);
  }
  return <i32>total;
}

function takeFree(sizeClass: u32): usize {
  const list = ROOT + ROOT_LISTS_AT + (<usize>sizeClass << 2);
  const block = <usize>load<u32>(list);
  if (!block) return 0;
  assert(load<u32>(block, BLOCK_STATE_AT) == STATE_FREE);
  store<u32>(list, load<u32>(block, BLOCK_NEXT_AT));
  return block;
}

/** By an eighth at least: each step costs the host new views of all of it, and its collector a look at them. */
function growTo(pages: i32, bound: i32): bool {
  const present = memory.size();
  const wanted = min<i32>(bound, max<i32>(pages, present + (present >>> 3)));
  return memory.grow(wanted - present) >= 0 || memory.grow(pages - present) >= 0;
}

function takeTop(sizeClass: u32): usize {
  let top = <usize>load<u32>(ROOT, ROOT_TOP_AT);
  if (!top) top = (__heap_base + 63) & ~63;
  const end = top + bytesOf(sizeClass);
  const pages = <i32>((end + 0xffff) >>> 16);
  let bound = load<i32>(ROOT, ROOT_PAGES_BOUND_AT);
  if (!bound) bound = MEMORY_PAGES_MAX;
  if (pages > bound) return 0;
  if (pages > memory.size() && !growTo(pages, bound)) return 0;
  store<u32>(ROOT, <u32>end, ROOT_TOP_AT);
  const block = top;
  store<u32>(block, sizeClass, BLOCK_CLASS_AT);
  return block;
}
