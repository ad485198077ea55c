import { type Clock, systemClock } from "../../clock.ts";

/**
 * One direction of an in-process connection: what is handed over arrives later, in order. On the machine's clock
 * that is the next turn of the event loop (a timer would cost a millisecond a hop); on another clock a timer, so
 * that a simulation sees, and orders, each delivery.
 */
export class Wire {
  readonly #clock: Clock;
  readonly #latencyMs: (() => number) | undefined;
  #held: (() => void)[] | undefined;
  #lastMs = 0;

  constructor(clock: Clock, latencyMs: (() => number) | undefined) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  send(deliver: () => void): void {
    const arrive = () => {
      if (this.#held !== undefined) this.#held.push(deliver);
      else deliver();
    };
    if (this.#latencyMs === undefined && this.#clock === systemClock) {
      setImmediate(arrive);
      return;
    }
    // Never before what was sent earlier.
    const now = this.#clock.now();
    this.#lastMs = Math.max(this.#lastMs, now + (this.#latencyMs?.() ?? 0));
    this.#clock.timer(this.#lastMs - now, arrive);
  }

  /** Nothing arrives until `resume`; nothing is lost. */
  hold(): void {
    this.#held ??= [];
  }

  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const deliver of held) deliver();
  }
}
