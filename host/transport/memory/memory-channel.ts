import { PeridotError } from "../../errors.ts";
import type { Channel, ChannelListener } from "../kafka/channel.ts";
import type { ResponseBuffers } from "../kafka/response-buffers.ts";
import type { ServedConnection, ServedConnectionSettings } from "./served-connection.ts";
import type { Wire } from "./wire.ts";

/** Frames from here on lie in buffers that are used again. */
const POOLED_BYTES_MIN = 64 * 1024;
const nothing = () => {};

export interface MemoryChannelSettings {
  readonly broker: string;
  readonly up: Wire;
  readonly down: Wire;
  readonly buffers: ResponseBuffers;
  /** Makes the broker's end. */
  readonly serve: (ends: Pick<ServedConnectionSettings, "send" | "cut">) => ServedConnection;
  /** Called once, when the connection is over. */
  readonly ended: () => void;
}

/** A channel into the embedded broker: frames are copied once on each way, and arrive later. */
export class MemoryChannel implements Channel {
  readonly #settings: MemoryChannelSettings;
  readonly #served: ServedConnection;
  #listener: ChannelListener | undefined;
  #closed = false;

  constructor(settings: MemoryChannelSettings) {
    this.#settings = settings;
    this.#served = settings.serve({
      send: (pieces) => this.#deliver(pieces),
      cut: (why) => this.#end(why),
    });
  }

  start(listener: ChannelListener): void {
    this.#listener = listener;
  }

  write(pieces: readonly Buffer[]): void {
    if (this.#closed) return;
    // As a socket does: what the caller does with its bytes after `close` must not change what is under way.
    const { frame, release } = this.#frameOf(pieces);
    this.#settings.up.send(() => this.#served.receive(frame, release));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#settings.up.send(() => this.#served.end());
    this.#settings.ended();
  }

  /** The broker goes down, or a test cuts the connection. */
  cut(why: string): void {
    this.#served.cut(why);
  }

  #deliver(pieces: readonly Buffer[]): void {
    const { frame, release } = this.#frameOf(pieces);
    this.#settings.down.send(() => {
      if (!this.#closed) this.#listener?.onFrame(frame, release);
    });
  }

  #frameOf(pieces: readonly Buffer[]): { readonly frame: Buffer; readonly release: () => void } {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (bytes < POOLED_BYTES_MIN) return { frame: Buffer.concat(pieces, bytes), release: nothing };
    const { buffers } = this.#settings;
    const buffer = buffers.take(bytes);
    let at = 0;
    for (const piece of pieces) at += piece.copy(buffer, at);
    let given = false;
    const release = () => {
      if (!given) buffers.give(buffer);
      given = true;
    };
    return { frame: buffer.subarray(0, bytes), release };
  }

  #end(why: string): void {
    this.#settings.down.send(() => {
      if (this.#closed) return;
      this.#closed = true;
      this.#settings.ended();
      this.#listener?.onClose(
        new PeridotError("CONNECTION_LOST", { broker: this.#settings.broker, problem: why }),
      );
    });
  }
}
