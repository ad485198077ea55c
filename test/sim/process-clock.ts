import type { Clock, Timer } from "../../host/clock.ts";

/**
 * The clock of one simulated process, and the gate through which everything from outside reaches it.
 *
 *   running <-pause, resume-> paused;  any -kill-> dead
 *
 * While it is paused nothing is called; all of it is called at once, in order, when it wakes. A dead process is
 * never called again.
 */
export class ProcessClock implements Clock {
  readonly #clock: Clock;
  #state: "running" | "paused" | "dead" = "running";
  #held: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  now(): number {
    return this.#clock.now();
  }

  timer(delayMs: number, fire: () => void): Timer {
    let cancelled = false;
    const inner = this.#clock.timer(delayMs, () => {
      this.deliver(() => {
        if (!cancelled) fire();
      });
    });
    return {
      cancel: () => {
        cancelled = true;
        inner.cancel();
      },
    };
  }

  /** Calls `act` now, when the process wakes, or never. */
  deliver(act: () => void): void {
    if (this.#state === "running") act();
    else if (this.#state === "paused") this.#held.push(act);
  }

  pause(): void {
    if (this.#state === "running") this.#state = "paused";
  }

  /** What was held comes one by one; promises settle in between, as in a process that wakes. */
  resume(): void {
    if (this.#state !== "paused") return;
    const next = this.#held.shift();
    if (next === undefined) {
      this.#state = "running";
      return;
    }
    next();
    this.#clock.timer(0, () => this.resume());
  }

  kill(): void {
    this.#state = "dead";
    this.#held = [];
  }
}
