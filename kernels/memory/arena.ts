import { PAD_BYTES } from "../abi/limits";
import { allocate, release, roomOf } from "./allocator";

/**
 * The arena of one call: scratch bytes that are taken at its start and forgotten at its end. One block serves all
 * calls (none is reentrant) and only ever grows; nothing in it outlives the call.
 *
 *     0
 *     +-------+
 *     | block |     0: none yet
 *     +-------+
 */
const ARENA: usize = memory.data(4, 4);

/**
 * @returns address of `bytes` scratch bytes, followed by padding; 0: memory has reached its bound. What an earlier
 * call took is gone.
 */
export function takeArena(bytes: usize): usize {
  const needed = bytes + PAD_BYTES;
  const block = <usize>load<u32>(ARENA);
  if (block && roomOf(block) >= needed) return block;
  const larger = allocate(needed);
  if (!larger) return 0;
  if (block) release(block);
  store<u32>(ARENA, <u32>larger);
  return larger;
}
