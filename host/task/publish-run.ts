import { badRecordsChannel, taskBatchChannel } from "../diagnostics/channels.ts";
import type { BadRow, BadRows, Origin } from "./bad-rows.ts";
import type { Chunk } from "./chunk.ts";

/** A run of rows of a chunk that is over. */
export interface EndedRun {
  readonly chunk: Chunk;
  readonly bad: BadRows;
  readonly rows: number;
  /** Rows of which nothing came, for what their bytes or timestamps are, or an error handler's will. */
  readonly skipped: number;
}

export function endedRun(chunk: Chunk, bad: BadRows, from: number, end: number): EndedRun {
  const dropped = chunk.dropped.filter((row) => row >= from && row < end).length;
  return { chunk, bad, rows: end - from, skipped: bad.skipped.length + dropped };
}

/** Tells who listens on the diagnostics channels. */
export function publishRun(
  task: string,
  origin: Origin,
  { chunk, bad, rows }: EndedRun,
  skipped: number,
): void {
  const deadLettered = bad.deadLetters.length;
  if (taskBatchChannel.hasSubscribers) {
    taskBatchChannel.publish({ task, ...origin, rows, skipped, deadLettered });
  }
  if (bad.skipped.length + deadLettered === 0 || !badRecordsChannel.hasSubscribers) return;
  const became = (how: "skipped" | "deadLetter") => (each: BadRow) => ({
    offset: chunk.view.offset(each.row),
    node: each.node,
    error: each.error,
    became: how,
  });
  const records = [...bad.skipped.map(became("skipped")), ...bad.deadLetters.map(became("deadLetter"))];
  badRecordsChannel.publish({ task, ...origin, records });
}
