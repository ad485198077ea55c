import type { KeyText } from "../key-text.ts";
import type { StoreAccess } from "../store-access.ts";
import { SegmentTimes } from "./segment-times.ts";

/** A key and a time, in one text. */
export interface TimedKey {
  readonly key: KeyText;
  readonly start: number;
}

/** Keys from one to another, both included; undefined: open. */
export interface KeyRange {
  readonly from?: KeyText | undefined;
  readonly to?: KeyText | undefined;
}

/** Times from one to another, both included. */
export interface TimeRange {
  readonly first: number;
  readonly last: number;
}

/** Later than all times. */
export const TIMES_BEHIND = Number.MAX_SAFE_INTEGER - 1;

export function timesWithin(first: number, last: number): TimeRange {
  return { first, last: Math.min(last, TIMES_BEHIND) };
}

/** Entries of the segments that hold these times, segment by segment, in each in the order of their names. */
export function* scanSegments(
  access: StoreAccess,
  times: SegmentTimes,
  { first, last }: TimeRange,
  names: KeyRange,
  reverse: boolean,
): Iterable<{ readonly name: KeyText; readonly bytes: Uint8Array }> {
  const { live } = times;
  if (live === undefined) return;
  const from = Math.max(live.first, times.numberOf(first));
  const to = Math.min(live.last, times.numberOf(last));
  for (let step = 0; step <= to - from; step++) {
    const number = reverse ? to - step : from + step;
    const segment = times.segment(number);
    const range = {
      from: `${segment}${names.from ?? ""}`,
      to: names.to === undefined ? times.segment(number + 1) : `${segment}${names.to}`,
      reverse,
    };
    for (const [key, bytes] of access.range(range))
      yield { name: key.slice(SegmentTimes.PREFIX_BYTES), bytes };
  }
}
