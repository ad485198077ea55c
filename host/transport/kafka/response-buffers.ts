const ROUND_BYTES = 256 * 1024;
const FREE_BYTES_MAX = 24 * 1024 * 1024;
const FREE_COUNT_MAX = 32;

/**
 * Buffers for large answers, used again and again: a fresh one costs a page fault for each 4 KiB. What lies here
 * unused is bounded, in bytes and in number; what is taken is bounded by the requests in flight.
 */
export class ResponseBuffers {
  readonly #free: Buffer[] = [];
  #freeBytes = 0;

  /** A buffer of at least `bytes`, and at most about twice that. */
  take(bytes: number): Buffer {
    const most = 2 * bytes + ROUND_BYTES;
    const at = this.#free.findIndex((buffer) => buffer.length >= bytes && buffer.length <= most);
    if (at < 0) return Buffer.allocUnsafeSlow(Math.ceil(bytes / ROUND_BYTES) * ROUND_BYTES);
    const [buffer] = this.#free.splice(at, 1);
    this.#freeBytes -= buffer!.length;
    return buffer!;
  }

  /** Takes a buffer of `take` back. When too many lie here already, it is left to the garbage collector. */
  give(buffer: Buffer): void {
    if (this.#freeBytes + buffer.length > FREE_BYTES_MAX || this.#free.length >= FREE_COUNT_MAX) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.length;
  }
}
