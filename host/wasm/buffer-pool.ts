import { assert } from "../assert.ts";

/** Smallest buffer that the pool keeps, in bytes. */
const BYTES_MIN = 4096;

/**
 * Buffers used again and again: a fresh one costs the page faults of its memory. It keeps at most `bytesMax` bytes
 * of free buffers; what comes back beyond that is left to the garbage collector.
 */
export class BufferPool {
  readonly #bytesMax: number;
  readonly #free = new Map<number, Buffer[]>();
  #freeBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes of free buffers. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A buffer of at least `bytes` bytes, with whatever is in it. */
  take(bytes: number): Buffer {
    const size = sizeFor(bytes);
    const free = this.#free.get(size)?.pop();
    if (free === undefined) return Buffer.allocUnsafeSlow(size);
    this.#freeBytes -= size;
    return free;
  }

  /** Takes back a buffer that `take` gave: the whole of it, once. */
  giveBack(buffer: Buffer): void {
    const size = buffer.byteLength;
    assert(size === sizeFor(size), "only a pool's own buffers come back to it");
    if (this.#freeBytes + size > this.#bytesMax) return;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [buffer]);
    else free.push(buffer);
    this.#freeBytes += size;
  }
}

/** The next power of two. */
function sizeFor(bytes: number): number {
  return bytes <= BYTES_MIN ? BYTES_MIN : 2 ** Math.ceil(Math.log2(bytes));
}
