import type { WallClock } from "../clock.ts";
import { PeridotError } from "../errors.ts";
import type { FetchedRecords, OffsetToCommit } from "../transport/port.ts";
import type { BatchFault, KernelInstance } from "../wasm/kernel-instance.ts";
import { Chunk } from "./chunk.ts";
import { decideWait, type WaitDecision } from "./decide-wait.ts";
import type { SourceQueue } from "./source-queue.ts";
import type { TaskProcessing } from "./task-processing.ts";
import { timesNote } from "./times-note.ts";
import { extractTimestamps, timeOf } from "./timestamps.ts";

export interface TaskParts {
  readonly kernel: KernelInstance;
  readonly clock: WallClock;
  readonly processing: TaskProcessing | undefined;
  /** As of the last commit; -1: none. */
  readonly streamTime: number;
  /** See decideWait. */
  readonly maxTaskIdleMs: number;
}

/** Rows of one queue that are next in the task's input. */
export interface NextRows {
  readonly queue: SourceQueue;
  readonly chunk: Chunk;
  readonly from: number;
  readonly to: number;
}

const NOTHING_TOLD: ReadonlyMap<string, number> = new Map();

/** Event times, and what was to be read next, as of some commit. */
interface Progress {
  readonly stream: number;
  readonly queues: readonly { readonly time: number; readonly next: bigint | undefined }[];
}

/**
 * One task: its source partitions, merged into one input. The next row is the one with the smallest timestamp; of
 * equals, that of the partition that comes first. `decideWait` says whether a partition that has nothing is waited for.
 */
export class ProcessingTask {
  readonly name: string;
  readonly queues: readonly SourceQueue[];
  /** A user function runs somewhere: the cost of a row is not ours. */
  readonly callsUser: boolean;
  readonly rowByRow: boolean;
  /** What comes of its rows is made by its processors. */
  readonly endsInGraph: boolean;
  /** Largest event time of the task so far. */
  streamTime: number;
  /** Something was consumed, or written, since the last cut. */
  moved = false;
  /** undefined: it has no processors. */
  readonly processing: TaskProcessing | undefined;
  readonly #parts: TaskParts;
  #sequence = 0n;
  #waiting: Extract<WaitDecision, { readonly wait: true }> | undefined;
  #committed: Progress;
  #cut: Progress;

  constructor(name: string, queues: readonly SourceQueue[], parts: TaskParts) {
    this.name = name;
    this.queues = queues;
    this.callsUser = queues.some(({ program }) => program.callsUser);
    this.rowByRow = queues.some(({ program }) => program.rowByRow);
    this.endsInGraph = parts.processing !== undefined && queues.every(({ program }) => program.endsInGraph);
    this.#parts = parts;
    this.processing = parts.processing;
    this.streamTime = parts.streamTime;
    this.#committed = this.#cut = this.#progress();
  }

  get hasInput(): boolean {
    if (this.#waiting !== undefined) {
      const { until } = this.#waiting;
      if (until === undefined || until > this.#parts.clock.now()) return false;
    }
    return this.queues.some((queue) => queue.hasInput);
  }

  /** When there is something to do without new input, in milliseconds since the epoch; undefined: never. */
  get dueAt(): number | undefined {
    const punctuatesAt = this.offsets.length === 0 ? undefined : this.processing?.punctuatesAt;
    const waitsUntil = this.#waiting?.until;
    if (punctuatesAt === undefined || waitsUntil === undefined) return punctuatesAt ?? waitsUntil;
    return Math.min(punctuatesAt, waitsUntil);
  }

  add(queue: SourceQueue, records: FetchedRecords): void {
    this.#waiting = undefined;
    queue.add(records, this.#parts.clock.now());
  }

  /** Rows that come next, at most `rowsMax`; undefined: there is no input, though positions may have moved. */
  next(rowsMax: number): NextRows | undefined {
    const ready = this.queues.filter((queue) => this.#fill(queue, rowsMax));
    const queue = this.#first(ready);
    if (queue === undefined || this.#mustWait(ready)) return undefined;
    const chunk = queue.chunk!;
    const most = Math.min(chunk.rowCount, chunk.from + rowsMax);
    const to = ready.length === 1 ? most : this.#endOfRun(queue, ready, most);
    return { queue, chunk, from: chunk.from, to };
  }

  #mustWait(ready: readonly SourceQueue[]): boolean {
    this.#waiting = undefined;
    if (ready.length === this.queues.length) return false;
    const { maxTaskIdleMs, clock } = this.#parts;
    const inputs = this.queues.map(({ isBehind, emptySince }, index) => {
      return { hasRows: ready.includes(this.queues[index]!), isBehind, emptySince };
    });
    const decision = decideWait(inputs, maxTaskIdleMs, clock.now());
    if (decision.wait) this.#waiting = decision;
    return decision.wait;
  }

  /** Rows up to `to` are processed; `streamTime` is the task's from now on. */
  consumed({ queue, chunk, from }: NextRows, to: number): void {
    if (to === from) return;
    this.moved = true;
    chunk.from = to;
    queue.position = chunk.view.offset(to - 1) + 1n;
    this.#sequence += BigInt(to - from);
  }

  /** Next offsets of all partitions that have one. */
  get offsets(): readonly OffsetToCommit[] {
    const told = this.processing?.told ?? NOTHING_TOLD;
    return this.queues.flatMap(({ origin, next: offset, time }) => {
      const metadata = timesNote({ partition: time, stream: this.streamTime, told });
      return offset === undefined ? [] : [{ ...origin, offset, metadata }];
    });
  }

  /** Times and offsets so far belong to the commit that is being made. */
  cut(): void {
    this.moved = false;
    this.#cut = this.#progress();
  }

  committed(): void {
    this.#committed = this.#cut;
  }

  /** Back to the last commit, with no input. */
  rollback(): void {
    this.moved = false;
    this.#waiting = undefined;
    this.streamTime = this.#committed.stream;
    this.processing?.rollback(this.streamTime);
    this.#cut = this.#committed;
    this.queues.forEach((queue, index) => {
      const { time, next } = this.#committed.queues[index]!;
      queue.clear();
      queue.time = time;
      queue.start = next;
    });
  }

  #progress(): Progress {
    return { stream: this.streamTime, queues: this.queues.map(({ time, next }) => ({ time, next })) };
  }

  /** Decodes what comes next in a queue. @returns whether there are rows. */
  #fill(queue: SourceQueue, rowsMax: number): boolean {
    for (;;) {
      if (queue.chunk !== undefined && queue.chunk.from < queue.chunk.rowCount) return true;
      const { head } = queue;
      if (head === undefined) return false;
      const { input } = queue.room;
      if (queue.chunk === undefined) {
        input.load(head.records, queue.position!);
      }
      const rows = input.decode(rowsMax, this.#sequence);
      if (rows > 0) {
        queue.chunk = new Chunk(this.#parts.kernel, queue.program, queue.room, rows);
        extractTimestamps(queue.chunk, queue.origin, queue.time, this.#parts.clock);
      } else {
        if (input.fault !== undefined) throw unreadableBatch(queue, input.fault);
        this.moved ||= head.nextOffset > queue.position!;
        queue.shift();
        if (!queue.hasInput) queue.emptySince = this.#parts.clock.now();
        if (this.queues.length === 1) return false; // others may have their turn
      }
    }
  }

  #first(ready: readonly SourceQueue[]): SourceQueue | undefined {
    if (ready.length < 2) return ready[0];
    let first: SourceQueue | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const queue of ready) {
      const time = timeOfRow(queue, queue.chunk!.from);
      if (time < earliest) {
        first = queue;
        earliest = time;
      }
    }
    return first;
  }

  /** Where another partition's head comes before this one's next row. */
  #endOfRun(queue: SourceQueue, ready: readonly SourceQueue[], most: number): number {
    const own = ready.indexOf(queue);
    const { from } = queue.chunk!;
    let to = from + 1;
    const heads = ready.map((each) => timeOfRow(each, each.chunk!.from));
    const isNext = (row: number): boolean => {
      const time = timeOfRow(queue, row);
      return heads.every((head, index) => index === own || time < head || (time === head && own < index));
    };
    while (to < most && isNext(to)) to++;
    return to;
  }
}

/** A row of which nothing comes is got rid of at once. */
function timeOfRow({ chunk }: SourceQueue, row: number): number {
  return chunk!.gone.has(row) ? Number.NEGATIVE_INFINITY : timeOf(chunk!, row);
}

function unreadableBatch(queue: SourceQueue, fault: BatchFault): PeridotError {
  return new PeridotError("RECORD_BATCH_INVALID", {
    ...queue.origin,
    ...fault,
  });
}
