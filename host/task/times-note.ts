import { NO_TIME } from "./timestamps.ts";

/** What of a task's time goes with a partition's committed offset. */
export interface CommittedTimes {
  /** Largest event time of the partition's records, in milliseconds since the epoch; -1: none yet. */
  readonly partition: number;
  /** The same of the task. */
  readonly stream: number;
  /** By store: up to when windows that have closed are told. */
  readonly told: ReadonlyMap<string, number>;
}

/** As a note beside the transaction's tag: a restart goes on with the time that was. */
export function timesNote({ partition, stream, told }: CommittedTimes): string {
  if (stream < 0) return "";
  return [`t${partition},${stream}`, ...Array.from(told, ([store, time]) => `${store}=${time}`)].join(";");
}

/** undefined: there is no such note. */
export function timesIn(note: string): CommittedTimes | undefined {
  const match = /^t(-?\d{1,16}),(\d{1,16})((?:;[a-zA-Z0-9._-]+=\d{1,16})*)$/.exec(note);
  if (match === null) return undefined;
  const told = match[3]!.split(";").slice(1);
  return {
    partition: Number(match[1]),
    stream: Number(match[2]),
    told: new Map(
      told.map((each) => each.split("=") as [string, string]).map(([store, time]) => [store, Number(time)]),
    ),
  };
}

/** The times of a task, of which each of its partitions has noted some: the latest ones. */
export function latestTimes(notes: readonly (string | undefined)[]): Omit<CommittedTimes, "partition"> {
  let stream = NO_TIME;
  const told = new Map<string, number>();
  for (const note of notes) {
    const times = timesIn(note ?? "");
    stream = Math.max(stream, times?.stream ?? NO_TIME);
    for (const [store, time] of times?.told ?? [])
      told.set(store, Math.max(time, told.get(store) ?? NO_TIME));
  }
  return { stream, told };
}
