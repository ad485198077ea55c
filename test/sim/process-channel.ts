import type { Channel, ChannelListener } from "../../host/transport/kafka/channel.ts";
import type { ProcessClock } from "./process-clock.ts";

/** A channel of one simulated process: what comes in waits while it is paused; the dead neither hear nor speak. */
export class ProcessChannel implements Channel {
  readonly #inner: Channel;
  readonly #clock: ProcessClock;
  #closed = false;

  constructor(inner: Channel, clock: ProcessClock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  start(listener: ChannelListener): void {
    const unlessClosed = (act: () => void) => {
      this.#clock.deliver(() => {
        if (!this.#closed) act();
      });
    };
    this.#inner.start({
      onFrame: (frame, release) => unlessClosed(() => listener.onFrame(frame, release)),
      onClose: (reason) => unlessClosed(() => listener.onClose(reason)),
    });
  }

  write(frame: readonly Buffer[]): void {
    if (!this.#clock.isDead) this.#inner.write(frame);
  }

  close(): void {
    this.#closed = true;
    if (!this.#clock.isDead) this.#inner.close();
  }

  /** The system closes a dead process's sockets. */
  hangUp(): void {
    this.#closed = true;
    this.#inner.close();
  }
}
