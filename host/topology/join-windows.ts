/**
 * Which records of two streams are joined, in milliseconds of event time: those of one key, if the right one's time lies from
 * `beforeMs` before the left one's to `afterMs` behind it, both included. Either may be negative.
 */
export interface JoinWindows {
  readonly beforeMs: number;
  readonly afterMs: number;
  /** For so much longer a record waits for one that comes late. */
  readonly graceMs: number;
}
