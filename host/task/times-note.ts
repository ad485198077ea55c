/** What of a task's time goes with a partition's committed offset. */
export interface CommittedTimes {
  /** Largest event time of the partition's records, in milliseconds since the epoch; -1: none yet. */
  readonly partition: number;
  /** The same of the task. */
  readonly stream: number;
}

/** As a note beside the transaction's tag: a restart goes on with the time that was. */
export function timesNote({ partition, stream }: CommittedTimes): string {
  return stream < 0 ? "" : `t${partition},${stream}`;
}

/** undefined: there is no such note. */
export function timesIn(note: string): CommittedTimes | undefined {
  const match = /^t(-?\d{1,16}),(\d{1,16})$/.exec(note);
  return match === null ? undefined : { partition: Number(match[1]), stream: Number(match[2]) };
}
