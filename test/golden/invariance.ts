import assert from "node:assert/strict";
import type { RunnerCounters } from "../../host/index.ts";
import type { InputRecorder } from "./input-sequence.ts";
import { type Cutting, type Replayed, replay, type ShownRecord, shown, type TaskOutput } from "./replay.ts";
import type { TopicContents } from "./topic-contents.ts";

/** A run at a batch size of 1. */
export interface RecordedRun {
  readonly recorder: InputRecorder;
  readonly contents: TopicContents;
  readonly counters: RunnerCounters;
  /** What user functions have seen, by name. */
  readonly seen: Readonly<Record<string, readonly unknown[]>>;
}

/** "All" is more rows than any sequence has. */
const ALL = 4096;
const CUTTINGS: readonly Cutting[] = [
  { batchRows: 2 },
  { batchRows: 7 },
  { batchRows: ALL },
  { batchRows: ALL, impatient: true },
  { batchRows: ALL, strictOrder: true },
];

/**
 * The batch is never observable: each task gives the same output for its input sequence, however that is cut into
 * batches, and the tasks together what the run has given.
 */
export function assertInvariance(replayed: Replayed, { recorder, contents, ...run }: RecordedRun): void {
  const outputs: TaskOutput[] = [];
  for (const [task, events] of recorder.sequences) {
    const again = (cutting: Cutting) => replay(replayed, task, events, contents, cutting);
    const byRow = again({ batchRows: 1 });
    for (const cutting of CUTTINGS) {
      const output = again(cutting);
      const compared = cutting.strictOrder ? sameStop(output, byRow) : output;
      assert.deepEqual(compared, byRow, `task ${task}, ${JSON.stringify(cutting)}`);
    }
    outputs.push(byRow);
  }
  assert.deepEqual(summed(outputs.map(({ counters }) => counters)), run.counters);
  assert.deepEqual(together(outputs.map(({ seen }) => seen)), together([run.seen]));
  const written = Object.entries(contents.written).map(([name, records]) => [name, records.map(shown)]);
  const ran: Readonly<Record<string, readonly ShownRecord[]>> = Object.fromEntries(written);
  assert.deepEqual(together(outputs.map((output) => output.written)), together([ran]));
}

/**
 * Of the very record that stops a task, it depends on whether functions go depth first what they see of it, and which of
 * several that refuse it is the first.
 */
function sameStop(output: TaskOutput, byRow: TaskOutput): TaskOutput {
  if (byRow.stopped === undefined || recordIn(output.stopped) !== recordIn(byRow.stopped)) return output;
  return { ...output, seen: byRow.seen, stopped: byRow.stopped };
}

function recordIn(stopped: string | undefined): string | undefined {
  return stopped?.replace(/ failed in .*/s, "");
}

function sortedByText(all: readonly unknown[]): readonly string[] {
  return all.map((each) => JSON.stringify(each)).toSorted();
}

/** Lists by name, those of several tasks in an order that says nothing. */
function together(
  all: readonly Readonly<Record<string, readonly unknown[]>>[],
): Record<string, readonly unknown[]> {
  const names = new Set(all.flatMap((lists) => Object.keys(lists)));
  return Object.fromEntries(
    [...names].toSorted().map((name) => {
      return [name, sortedByText(all.flatMap((lists) => lists[name] ?? []))];
    }),
  );
}

function summed(all: readonly RunnerCounters[]): RunnerCounters {
  const sum = { processed: 0, skipped: 0, deadLettered: 0 };
  for (const each of all) {
    sum.processed += each.processed;
    sum.skipped += each.skipped;
    sum.deadLettered += each.deadLettered;
  }
  return sum;
}
