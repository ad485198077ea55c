import { copy16 } from "../memory/copy";

/** Runs of bytes up to this are copied inline. */
const INLINE_COPY_MAX: usize = 512;

/** Kafka's bytes serdes: the bytes themselves. May write up to 15 bytes past the end. */
@inline
export function copyBytes(target: usize, source: usize, length: usize): void {
  if (length <= INLINE_COPY_MAX) copy16(target, source, length);
  else memory.copy(target, source, length);
}
