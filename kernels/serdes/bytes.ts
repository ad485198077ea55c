/** Runs of bytes up to this are copied inline: memory.copy is a call out of Wasm. */
const INLINE_COPY_MAX: usize = 1024;

/**
 * Kafka's bytes serdes: the bytes themselves. Copies 64 at a time, since lengths that vary by less than that then
 * take the same branches. May read and write up to 63 bytes past the end.
 */
@inline
export function copyBytes(target: usize, source: usize, length: usize): void {
  if (length > INLINE_COPY_MAX) return memory.copy(target, source, length);
  let at: usize = 0;
  do {
    v128.store(target + at, v128.load(source + at));
    v128.store(target + at, v128.load(source + at, 16), 16);
    v128.store(target + at, v128.load(source + at, 32), 32);
    v128.store(target + at, v128.load(source + at, 48), 48);
    at += 64;
  } while (at < length);
}
