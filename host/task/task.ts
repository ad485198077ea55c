import { PeridotError } from "../errors.ts";
import type { AssignedPartition, FetchedRecords, OffsetToCommit, OutgoingBatch } from "../transport/port.ts";
import type { TopicLimits } from "./topic-limits.ts";

/** A sub-topology on one partition. */
export interface TaskId {
  readonly subTopology: number;
  readonly partition: number;
}

/** "0_3", as Kafka Streams writes it. */
export function taskName(id: TaskId): string {
  return `${id.subTopology}_${id.partition}`;
}

export function parseTaskName(name: string): TaskId {
  const match = /^(\d+)_(\d+)$/.exec(name);
  if (match === null)
    throw new PeridotError("ASSERTION_FAILED", { what: `a task name like 0_3, not "${name}"` });
  return { subTopology: Number(match[1]), partition: Number(match[2]) };
}

/** What a commit point holds. */
export interface Cut {
  /** Finished batches since the last cut that `takeFull` has not handed out; per partition in their order. */
  readonly batches: readonly OutgoingBatch[];
  /**
   * Of every task that moved or wrote since the last cut: its partitions' next offsets. `metadata` holds what the task
   * wants to read back with them; the transaction's tag is put before it.
   */
  readonly offsets: readonly OffsetToCommit[];
  /** Source rows consumed since the last cut. */
  readonly rows: number;
}

/** Sums since the runner was made, rolled back rows included once for each time that they ran. */
export interface RunnerCounters {
  readonly processed: number;
  readonly skipped: number;
  readonly deadLettered: number;
}

/**
 * Everything of one stream thread that computes: its kernel instance, its tasks, what they have computed. It does
 * no I/O and awaits nothing.
 *
 *   open -add, process, takeFull-> dirty -cut-> two generations -committed-> one generation
 *                                        any -rollback-> as after open
 *
 * An error of kind "record" from `process` leaves a clean state: everything before the bad row is computed,
 * nothing of the row and nothing after it, and `cut` may follow. After any other error the runner is worth
 * nothing any more: drop it and make another.
 */
export interface TaskRunner {
  /**
   * Creates a task. Its input follows by `add`, from wherever the consumer was told to read. `partitions`: those
   * assigned with it, with the offsets to commit as long as nothing is read, and what was noted beside them; default: as many as its topics had when the runner was made.
   */
  open(task: string, partitions?: readonly (AssignedPartition & { readonly note?: string })[]): void;
  /** Drops a task with all that it has buffered. What it has computed lies in batches of the thread: roll back first. */
  close(task: string): void;
  closeAll(): void;
  /** Puts fetched records into their task's queue; `release` is called once their rows are consumed or dropped. */
  add(records: FetchedRecords): void;
  /** `process` has something to do: some task has rows, and does not wait for others. */
  readonly hasInput: boolean;
  /**
   * Computes input while `mayGoOn` says so, taking turns between the tasks. It asks at least once a batch, and
   * once every few rows where user functions run.
   *
   * @returns source rows consumed; 0: there is no input.
   */
  process(mayGoOn: () => boolean): number;
  /**
   * When `process` has something to do without new input, in milliseconds since the epoch: a punctuation on the wall clock is
   * due, or a task has waited for long enough.
   */
  readonly dueAt: number | undefined;
  /** Something was consumed, or made, since the last cut. */
  readonly isDirty: boolean;
  /** Topics that a function has chosen and about which nothing is known: `process` goes on behind `learn`. */
  readonly topicsWanted: readonly string[];
  /** Partitions of all topics that were wanted, and limits where they are known; those that do not exist are absent. */
  learn(partitionsOf: ReadonlyMap<string, number>, limitsOf: ReadonlyMap<string, TopicLimits>): void;
  /** Bytes computed and not taken yet by `takeFull` or `cut`. */
  readonly pendingBytes: number;
  /** Batches that are sealed because they are full, so that sending can begin before the cut. */
  takeFull(): readonly OutgoingBatch[];
  /** Seals every open batch and hands out what the transaction still lacks. */
  cut(): Cut;
  /** The last cut is final. */
  committed(): void;
  /** Forgets all that is computed and not committed, both generations of it, and all buffered input. */
  rollback(): void;
  readonly counters: RunnerCounters;
}
