import { PeridotError } from "../../errors.ts";
import type { Cancellable, PunctuationType, Punctuator } from "../../topology/processor.ts";

/** Who is called when. */
export interface Schedule {
  readonly type: PunctuationType;
  readonly intervalMs: number;
  readonly punctuator: Punctuator;
  /** The node that asked for it. */
  readonly node: number;
}

interface Scheduled extends Schedule, Cancellable {
  /** In milliseconds since the epoch. */
  due: number;
  cancelled: boolean;
}

/**
 * The punctuations of a task, as Kafka Streams' PunctuationQueue has them: the first due comes first, of several due at
 * a time the one that has waited since the earliest time; what was missed is made up for by one call.
 */
export class Punctuations {
  readonly #scheduled: Scheduled[] = [];

  /**
   * @param now of the type's clock; -1: stream time has not begun.
   * @throws CONFIG_INVALID if the interval is below one millisecond
   */
  schedule(schedule: Schedule, now: number, startTime: number | undefined): Cancellable {
    const { intervalMs } = schedule;
    if (!(Number.isFinite(intervalMs) && intervalMs >= 1)) {
      throw new PeridotError("CONFIG_INVALID", {
        option: "intervalMs",
        problem: `of a punctuation is ${intervalMs}`,
        remedy: "Give at least 1 millisecond",
      });
    }
    const scheduled: Scheduled = {
      ...schedule,
      due: firstDue(schedule, now, startTime),
      cancelled: false,
      cancel: () => {
        scheduled.cancelled = true;
        this.#remove(scheduled);
      },
    };
    this.#scheduled.push(scheduled);
    return scheduled;
  }

  /** Calls `call` with each that is due, one after the other; what these schedule may be due at once, too. */
  fire(type: PunctuationType, now: number, call: (schedule: Schedule) => void): boolean {
    let any = false;
    for (let next = this.#next(type, now); next !== undefined; next = this.#next(type, now)) {
      any = true;
      this.#remove(next);
      call(next);
      if (next.cancelled) continue;
      next.due = dueAfter(next, now);
      this.#scheduled.push(next);
    }
    return any;
  }

  nextDue(type: PunctuationType): number | undefined {
    const due = this.#scheduled.filter((each) => each.type === type).map((each) => each.due);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  has(type: PunctuationType): boolean {
    return this.#scheduled.some((each) => each.type === type);
  }

  isDue(type: PunctuationType, now: number): boolean {
    return this.#next(type, now) !== undefined;
  }

  #next(type: PunctuationType, now: number): Scheduled | undefined {
    let next: Scheduled | undefined;
    for (const each of this.#scheduled) {
      if (each.type === type && each.due <= now && (next === undefined || each.due < next.due)) next = each;
    }
    return next;
  }

  #remove(scheduled: Scheduled): void {
    const index = this.#scheduled.indexOf(scheduled);
    if (index >= 0) this.#scheduled.splice(index, 1);
  }
}

/** Stream time: on a grid from 0, at once with the first record. The wall clock: one interval from now. */
function firstDue({ type, intervalMs }: Schedule, now: number, startTime: number | undefined): number {
  if (startTime !== undefined)
    return startTime <= now
      ? startTime + intervalMs * Math.floor((now - startTime) / intervalMs + 1)
      : startTime;
  return type === "stream-time" ? 0 : now + intervalMs;
}

/** The next time on the schedule's grid that is not reached yet. */
function dueAfter({ due, intervalMs }: Scheduled, now: number): number {
  const next = due + intervalMs;
  if (next > now) return next;
  return due + intervalMs * (Math.floor((now - due) / intervalMs) + 1);
}
