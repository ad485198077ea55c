import { PeridotError } from "../errors.ts";
import type { JoinWindows } from "../topology/join-windows.ts";
import type { SessionWindows, SlidingWindows, TimeWindows } from "../topology/windows.ts";

interface Grace {
  /** A window closes so much after its end, in milliseconds of stream time. Default 0: nothing late is taken. */
  readonly graceMs?: number;
}

/** Windows one behind the other, each of one size, from 0 on. Times are milliseconds. */
export function tumblingWindows({ sizeMs, graceMs = 0 }: Grace & { readonly sizeMs: number }): TimeWindows {
  return hoppingWindows({ sizeMs, advanceMs: sizeMs, graceMs });
}

/** Windows of one size that begin each `advanceMs`, so that they overlap. */
export function hoppingWindows({
  sizeMs,
  advanceMs,
  graceMs = 0,
}: Grace & { readonly sizeMs: number; readonly advanceMs: number }): TimeWindows {
  check("sizeMs", sizeMs, 1);
  check("advanceMs", advanceMs, 1);
  check("graceMs", graceMs, 0);
  if (advanceMs > sizeMs) {
    throw misuse(
      `windows of ${sizeMs} ms that begin each ${advanceMs} ms: some records would be in none`,
      "Let them begin at least as often as they are long",
    );
  }
  return Object.freeze({ kind: "time", sizeMs, advanceMs, graceMs });
}

/** A window for each set of records of a key that are at most `differenceMs` apart (KIP-450). */
export function slidingWindows({
  differenceMs,
  graceMs = 0,
}: Grace & { readonly differenceMs: number }): SlidingWindows {
  check("differenceMs", differenceMs, 0);
  check("graceMs", graceMs, 0);
  return Object.freeze({ kind: "sliding", differenceMs, graceMs });
}

/** Sessions: the records of a key with no gap between them that is longer than `gapMs`. */
export function sessionWindows({ gapMs, graceMs = 0 }: Grace & { readonly gapMs: number }): SessionWindows {
  check("gapMs", gapMs, 1);
  check("graceMs", graceMs, 0);
  return Object.freeze({ kind: "session", gapMs, graceMs });
}

/**
 * Which records of two streams are joined: those of one key that are at most `differenceMs` apart; or, of the right stream,
 * from `beforeMs` before the left one's time to `afterMs` behind it. Negative numbers are on the other side of it.
 */
export function joinWindows(
  given: Grace &
    ({ readonly differenceMs: number } | { readonly beforeMs: number; readonly afterMs: number }),
): JoinWindows {
  const { graceMs = 0 } = given;
  const { beforeMs, afterMs } =
    "differenceMs" in given ? { beforeMs: given.differenceMs, afterMs: given.differenceMs } : given;
  check("graceMs", graceMs, 0);
  for (const ms of [beforeMs, afterMs]) check("beforeMs and afterMs", ms, Number.MIN_SAFE_INTEGER);
  if (beforeMs + afterMs < 0)
    throw misuse(
      `join windows from ${beforeMs} ms before to ${afterMs} ms after: none`,
      "Let them end behind their start",
    );
  return Object.freeze({ beforeMs, afterMs, graceMs });
}

function check(name: string, value: number, from: number): void {
  if (Number.isSafeInteger(value) && value >= from) return;
  throw misuse(`windows with ${name}: ${value}`, `Give whole milliseconds, from ${from} on`);
}

function misuse(problem: string, remedy: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", { problem, remedy });
}
