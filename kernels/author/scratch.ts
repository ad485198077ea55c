import { RUN_SCRATCH_AT, RUN_SCRATCH_END_AT, TRAP_MEMORY } from "../abi/kernel-output";
import { PAD_BYTES } from "../abi/limits";
import { allocate, release, roomOf } from "../memory/allocator";
import { setWord, stop, word } from "./run";

/**
 * Bytes that live until the next row: spans, and text made of text. Nothing in them moves. A chunk that is full is
 * followed by one twice as large; when the row ends the largest is kept.
 *
 *     chunk:  0        8
 *             +--------+----------------+
 *             | older  | bytes ...      |
 *             +--------+----------------+
 */
const CHUNK_HEAD: usize = 8;
const CHUNK_BYTES_MIN: usize = 65536;
/** The present chunk; 0: none yet. */
const CHUNK: usize = memory.data(4, 4);

/** Address of `bytes` bytes, divisible by 8, padding behind them. */
@inline
export function scratch(bytes: usize): usize {
  const at = <usize>word(RUN_SCRATCH_AT);
  const next = (at + bytes + 7) & ~7;
  if (next > <usize>word(RUN_SCRATCH_END_AT)) return further(bytes);
  setWord(RUN_SCRATCH_AT, <u32>next);
  return at;
}

function further(bytes: usize): usize {
  const chunk = <usize>load<u32>(CHUNK);
  const twice = chunk ? roomOf(chunk) << 1 : CHUNK_BYTES_MIN;
  const needed = CHUNK_HEAD + bytes + 8 + PAD_BYTES;
  const larger = allocate(needed > twice ? needed : twice);
  if (!larger) stop(TRAP_MEMORY, 0);
  store<u32>(larger, <u32>chunk);
  store<u32>(CHUNK, <u32>larger);
  const at = larger + CHUNK_HEAD;
  setWord(RUN_SCRATCH_AT, <u32>((at + bytes + 7) & ~7));
  setWord(RUN_SCRATCH_END_AT, <u32>(larger + roomOf(larger) - PAD_BYTES));
  return at;
}

/** Forgets what was taken. */
@inline
export function forgetScratch(): void {
  const chunk = <usize>load<u32>(CHUNK);
  if (!chunk) return;
  if (load<u32>(chunk)) freeOlder(chunk);
  setWord(RUN_SCRATCH_AT, <u32>(chunk + CHUNK_HEAD));
}

function freeOlder(chunk: usize): void {
  let older = <usize>load<u32>(chunk);
  while (older) {
    const next = <usize>load<u32>(older);
    release(older);
    older = next;
  }
  store<u32>(chunk, 0);
}
