import { assert } from "../assert.ts";
import type { BadRows, Origin } from "./bad-rows.ts";
import type { Chunk } from "./chunk.ts";
import type { Emitter } from "./emitter.ts";
import type { ProcessingTask } from "./processing-task.ts";
import { endedRun, publishRun } from "./publish-run.ts";
import type { Arrival } from "./run-chunk.ts";

/** A run of rows of a chunk that is over; what it has made may not be written yet. */
export interface GroupedRun {
  readonly chunk: Chunk;
  readonly origin: Origin;
  readonly bad: BadRows;
  readonly from: number;
  /** What is added to the chunk's row numbers: those of a group go on from run to run. */
  readonly shift: number;
  /** Records that operators have dropped. */
  readonly dropped: number;
}

/**
 * Runs of one task that are written together. Where the records of two partitions alternate, a run is a row or two, and
 * writing costs more than computing. What waits is final: only a run that went through without any failure may wait, and only
 * while its chunk is there, since what the kernels refuse of it later is a bad row of that chunk.
 */
export class RunGroup {
  readonly #emitter: Emitter;
  readonly #runs: GroupedRun[] = [];
  #task: ProcessingTask | undefined;
  skipped = 0;
  deadLettered = 0;

  constructor(emitter: Emitter) {
    this.#emitter = emitter;
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  /** For a run that begins at this row of its chunk. */
  shiftFrom(row: number): number {
    const last = this.#runs.at(-1);
    return last === undefined ? 0 : last.bad.limit + last.shift - row;
  }

  /** A run that has ended with row `to`, before which it was not stopped. */
  mayWait({ endsInGraph }: ProcessingTask, { chunk, bad }: GroupedRun, to: number): boolean {
    const deadLetterTopic = chunk.program.errors.deadLetterTopic;
    const isSound = bad.limit === to && bad.skipped.length + bad.deadLetters.length === 0;
    const isAlike = this.#runs.every((each) => each.chunk.program.errors.deadLetterTopic === deadLetterTopic);
    return endsInGraph && isSound && bad.fatal === undefined && to < chunk.rowCount && isAlike;
  }

  /** Its output waits. */
  keep(task: ProcessingTask, run: GroupedRun): void {
    assert(this.#task === undefined || this.#task === task, "a group is of one task");
    this.#task = task;
    this.#runs.push(run);
    task.processing!.keepMade();
  }

  /** Writes what has waited, and a last run with it. */
  write(task: ProcessingTask, run: GroupedRun, arrivals: readonly Arrival[]): void {
    assert(this.#task === undefined || this.#task === task, "a group is of one task");
    this.#task = task;
    this.#runs.push(run);
    this.#emit(arrivals);
  }

  /** Writes what has waited. */
  flush(): void {
    if (this.#runs.length > 0) this.#emit([]);
  }

  /** Nothing of it stays. */
  drop(): void {
    this.#runs.length = 0;
    this.#task = undefined;
  }

  #emit(arrivals: readonly Arrival[]): void {
    const task = this.#task!;
    this.#emitter.emit(this.#runs, arrivals, task.processing?.takeMade() ?? []);
    for (const { chunk, bad, from, origin, dropped } of this.#runs) {
      const run = endedRun(chunk, bad, from, bad.limit);
      const skipped = run.skipped + dropped;
      this.skipped += skipped;
      this.deadLettered += bad.deadLetters.length;
      publishRun(task.name, origin, run, skipped);
    }
    this.drop();
  }
}
