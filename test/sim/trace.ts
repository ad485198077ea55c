import type { Clock } from "../../host/clock.ts";

const KEPT = 4_000;

/** What happened in a world, in order: the last events as text, and a fingerprint of all of them. */
export class Trace {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #lines: string[] = [];
  #fingerprint = 0x811c9dc5;
  #events = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.now();
  }

  note(event: string): void {
    const line = `${this.#clock.now() - this.#startMs} ${event}`;
    for (let index = 0; index < line.length; index++) {
      this.#fingerprint = Math.imul(this.#fingerprint ^ line.charCodeAt(index), 0x01000193);
    }
    this.#events++;
    this.#lines.push(line);
    if (this.#lines.length > 2 * KEPT) this.#lines.splice(0, KEPT);
  }

  /** Two worlds in which the same happened at the same times have the same one. */
  get fingerprint(): string {
    return `${this.#events} events ${(this.#fingerprint >>> 0).toString(16)}`;
  }

  last(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }
}
