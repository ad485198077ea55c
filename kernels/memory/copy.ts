/**
 * Copies `length` bytes, 16 at a time: may read and write up to 15 bytes past the end. For short runs of bytes:
 * memory.copy is a call out of Wasm.
 */
@inline
export function copy16(target: usize, source: usize, length: usize): void {
  let at: usize = 0;
  do {
    v128.store(target + at, v128.load(source + at));
    at += 16;
  } while (at < length);
}
