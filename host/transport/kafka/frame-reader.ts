import type { ResponseBuffers } from "./response-buffers.ts";

const SCRATCH_BYTES = 64 * 1024;
const SIZE_BYTES = 4;
/** No broker answers with more; it also tells other protocols apart, whose first bytes make a larger number. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;

export interface FrameSink {
  onFrame(frame: Buffer, release: () => void): void;
  /** What came is no frame: its first bytes. Nothing is read any more. */
  onForeign(start: Buffer): void;
}

const nothing = () => {};

/**
 * Cuts a socket's bytes into frames:
 *
 *   int32 size | frame of `size` bytes | int32 size | …
 *
 * The socket reads into the buffer that `target` names: a scratch buffer, from which small frames are copied, or
 * the rest of one large frame's own buffer, so that its bytes are moved by nobody else.
 */
export class FrameReader {
  readonly #buffers: ResponseBuffers;
  readonly #sink: FrameSink;
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  /** Bytes in scratch that belong to a frame which is not whole yet. */
  #kept = 0;
  /** A large frame on its way, with the bytes of it that are here. */
  #large: { readonly frame: Buffer; readonly buffer: Buffer; filled: number } | undefined;
  #stopped = false;

  constructor(buffers: ResponseBuffers, sink: FrameSink) {
    this.#buffers = buffers;
    this.#sink = sink;
  }

  /** Where the socket puts what it reads next. Never empty. */
  target(): Buffer {
    const large = this.#large;
    return large === undefined ? this.#scratch.subarray(this.#kept) : large.frame.subarray(large.filled);
  }

  /** Says that the socket has put `bytes` bytes into `target()`. */
  filled(bytes: number): void {
    if (this.#stopped) return;
    if (this.#large !== undefined) this.#fillLarge(this.#large, bytes);
    else this.#cut(this.#kept + bytes);
  }

  #fillLarge(large: { frame: Buffer; buffer: Buffer; filled: number }, bytes: number): void {
    large.filled += bytes;
    if (large.filled < large.frame.length) return;
    this.#large = undefined;
    this.#deliverLarge(large.frame, large.buffer);
  }

  #deliverLarge(frame: Buffer, buffer: Buffer): void {
    let given = false;
    this.#sink.onFrame(frame, () => {
      if (!given) this.#buffers.give(buffer);
      given = true;
    });
  }

  /** Hands out the whole frames among the first `end` bytes of scratch, and keeps the rest. */
  #cut(end: number): void {
    const scratch = this.#scratch;
    let at = 0;
    while (end - at >= SIZE_BYTES) {
      const size = scratch.readInt32BE(at);
      if (size < SIZE_BYTES || size > FRAME_BYTES_MAX) {
        this.#stopped = true;
        this.#sink.onForeign(Buffer.from(scratch.subarray(at, end)));
        return;
      }
      if (size > SCRATCH_BYTES - SIZE_BYTES) {
        this.#startLarge(size, at + SIZE_BYTES, end);
        at = end;
        break;
      }
      if (end - at - SIZE_BYTES < size) break;
      at += SIZE_BYTES;
      this.#sink.onFrame(Buffer.from(scratch.subarray(at, at + size)), nothing);
      at += size;
    }
    scratch.copyWithin(0, at, end);
    this.#kept = end - at;
  }

  /** A large frame never lies whole in scratch, which is smaller. */
  #startLarge(size: number, from: number, end: number): void {
    const buffer = this.#buffers.take(size);
    const frame = buffer.subarray(0, size);
    this.#large = { frame, buffer, filled: this.#scratch.copy(frame, 0, from, end) };
  }
}
