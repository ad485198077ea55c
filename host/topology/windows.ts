/** How records come into windows, as data. Times are milliseconds. */
export type Windows = TimeWindows | SlidingWindows | SessionWindows;

/** Windows of one size that begin each so often, from 0 on; `start <= t < start + sizeMs`. */
export interface TimeWindows {
  readonly kind: "time";
  readonly sizeMs: number;
  /** From the start of one window to that of the next: the size (tumbling), or less (hopping), or any. */
  readonly advanceMs: number;
  /** A window closes so much after its end, in stream time: what comes for it later is dropped. */
  readonly graceMs: number;
}

/** A window for each set of records that are at most so far apart: `start <= t <= start + differenceMs` (KIP-450). */
export interface SlidingWindows {
  readonly kind: "sliding";
  readonly differenceMs: number;
  readonly graceMs: number;
}

/** Records of a key with no longer gap between them than this. */
export interface SessionWindows {
  readonly kind: "session";
  readonly gapMs: number;
  readonly graceMs: number;
}

/** When results are told: at each change, or once, when the window has closed (KIP-825). */
export type EmitStrategy = "on-window-update" | "on-window-close";

/** The starts of the windows that hold a time, the earliest first. */
export function startsOf({ sizeMs, advanceMs }: TimeWindows, time: number): readonly number[] {
  const starts: number[] = [];
  let start = Math.floor(Math.max(0, time - sizeMs + advanceMs) / advanceMs) * advanceMs;
  for (; start <= time; start += advanceMs) starts.push(start);
  return starts;
}
