/**
 * Time as it is passed in. Nothing in host/ calls Date.now or setTimeout itself, so that a simulation can run
 * the same code under a virtual clock (test/sim/).
 */
export interface Clock {
  /** Wall-clock time, in milliseconds since the epoch. */
  now(): number;
  /** Calls `fire` once, after `delayMs` milliseconds (at once where that lies in the past), unless cancelled first. */
  timer(delayMs: number, fire: () => void): Timer;
}

/** A clock that is only looked at. */
export type WallClock = Pick<Clock, "now">;

/** A timer that was set. */
export interface Timer {
  /** Harmless after the timer has fired. */
  cancel(): void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  timer(delayMs, fire) {
    const handle = setTimeout(fire, Math.max(0, delayMs));
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs` milliseconds of the given clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.timer(delayMs, resolve);
  });
}
