import type { Clock, Timer } from "../../clock.ts";
import { PeridotError } from "../../errors.ts";

interface Alarm {
  readonly atMs: number;
  readonly sequence: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/**
 * A clock that stands still until it is told to move. Timers fire in order of their time, then of their making, so
 * a run over it is the same each time. Before each timer, and after the last, promises and immediates settle: what
 * one timer set going is done before the next one fires.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #sequence = 0;
  /** A binary heap: the next alarm first. */
  readonly #alarms: Alarm[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  timer(delayMs: number, fire: () => void): Timer {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const alarm: Alarm = { atMs, sequence: this.#sequence++, fire, cancelled: false };
    push(this.#alarms, alarm);
    return {
      cancel: () => {
        alarm.cancelled = true;
      },
    };
  }

  /** Timers that are still to fire. */
  get pending(): number {
    return this.#alarms.reduce((count, alarm) => count + (alarm.cancelled ? 0 : 1), 0);
  }

  /** Moves on by `byMs` milliseconds, firing what comes due on the way. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    while (this.#fireNext(untilMs)) await settle();
    this.#nowMs = untilMs;
  }

  /**
   * Fires timer after timer until `reached()` holds.
   * Errors: CLOCK_STUCK when no timer is left, or `withinMs` of virtual time have passed.
   */
  async runUntil(reached: () => boolean, withinMs = 3_600_000): Promise<void> {
    const untilMs = this.#nowMs + withinMs;
    await settle();
    while (!reached()) {
      if (!this.#fireNext(untilMs)) {
        const why = this.pending === 0 ? "no timer is left" : `${withinMs} ms of its time have passed`;
        throw new PeridotError("CLOCK_STUCK", { why });
      }
      await settle();
    }
  }

  /** As runUntil: resolves with what `promise` resolves with. */
  async runFor<T>(promise: Promise<T>, withinMs?: number): Promise<T> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    await this.runUntil(() => settled, withinMs);
    return promise;
  }

  /** false: nothing comes due up to `untilMs`. */
  #fireNext(untilMs: number): boolean {
    for (;;) {
      const next = this.#alarms[0];
      if (next === undefined || (next.atMs > untilMs && !next.cancelled)) return false;
      pop(this.#alarms);
      if (next.cancelled) continue;
      this.#nowMs = next.atMs;
      next.fire();
      return true;
    }
  }
}

/** Lets promises run dry. Everything in host/ that is not a timer runs in microtasks, which end before this does. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function before(left: Alarm, right: Alarm): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.sequence < right.sequence);
}

function push(heap: Alarm[], alarm: Alarm): void {
  let index = heap.length;
  heap.push(alarm);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!before(alarm, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = alarm;
}

function pop(heap: Alarm[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, last)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
}
