import type { AggregateProgram } from "./aggregate-program.ts";
import type { BadRows, Origin } from "./bad-rows.ts";
import { branchOver } from "./branch-loop.ts";
import { callOver, type MayGoOn } from "./call-loop.ts";
import type { Chunk } from "./chunk.ts";
import { kernelOver } from "./kernel-loop.ts";
import type { KernelTraps } from "./kernel-traps.ts";
import type { TaskRun } from "./process-loop.ts";
import type {
  BranchProgram,
  CallProgram,
  KernelProgram,
  ProgramStep,
  SegmentProgram,
  SinkProgram,
} from "./program.ts";
import { joined, type RowSet, singles } from "./row-set.ts";
import { segmentOver } from "./run-segment.ts";

/** Records that have reached a sink. */
export interface Arrival {
  readonly sink: SinkProgram;
  readonly set: RowSet;
}

export interface ChunkRunParts {
  readonly bad: BadRows;
  readonly mayGoOn: MayGoOn;
  readonly traps: KernelTraps;
  readonly origin: Origin;
  /** What a fan-out has made of a row goes on one by one. A kernel's records do not: nobody sees what a kernel does. */
  readonly depthFirst: boolean;
  /** undefined: the task has no graph. */
  readonly task: TaskRun | undefined;
}

/**
 * One run of some rows through the steps below their source: node after node, each over all rows, in depth-first
 * order. Nothing is written: what reaches the sinks is collected, so that a row that fails later can still end the
 * run before it.
 */
export class ChunkRun {
  readonly #arrivals: Arrival[] = [];
  /** By sink: what has come to it one by one. */
  readonly #singles = new Map<SinkProgram, RowSet[]>();
  /** The most items that a step has made. */
  itemsMax = 0;
  readonly #bad: BadRows;
  /** Only the first user function may cut the run: rows behind the cut must not have been seen by another. */
  #mayGoOn: MayGoOn | undefined;

  readonly #traps: KernelTraps;
  readonly #origin: Origin;
  readonly #depthFirst: boolean;
  readonly #task: TaskRun | undefined;

  constructor({ bad, mayGoOn, traps, origin, depthFirst, task }: ChunkRunParts) {
    this.#task = task;
    this.#bad = bad;
    this.#traps = traps;
    this.#origin = origin;
    this.#mayGoOn = mayGoOn;
    this.#depthFirst = depthFirst;
  }

  /** A sink has one each: what has come to it one by one lies in the order of its positions. */
  get arrivals(): readonly Arrival[] {
    return [...this.#arrivals, ...Array.from(this.#singles, ([sink, sets]) => ({ sink, set: joined(sets) }))];
  }

  run(steps: readonly ProgramStep[], set: RowSet): void {
    for (const step of steps) {
      switch (step.kind) {
        case "sink":
          this.#arrive(step, set);
          break;
        case "segment":
          this.run(step.children, this.#segment(step, set));
          break;
        case "call":
          for (const next of this.#call(step, set)) this.run(step.children, next);
          break;
        case "kernel":
          this.run(step.children, this.#kernel(step, set));
          break;
        case "process":
          this.#task!.process(step, set, this.#takeMayGoOn());
          break;
        case "aggregate":
          this.#aggregate(step, set);
          break;
        case "branch":
          this.#branch(step, set);
      }
    }
  }

  /** Behind a function that makes several records of one, depth first: one item at most. */
  #arrive(sink: SinkProgram, set: RowSet): void {
    const isSingle = this.#depthFirst && set.fan !== undefined && set.values?.length === 1;
    const others = this.#singles.get(sink);
    if (!isSingle) this.#arrivals.push({ sink, set });
    else if (others === undefined) this.#singles.set(sink, [set]);
    else others.push(set);
  }

  #segment(step: SegmentProgram, set: RowSet): RowSet {
    const { next, refused } = segmentOver(step, set, this.#bad);
    if (refused > 0) this.#takeMayGoOn(); // a user's handler may have seen rows that a cut would leave out
    return next;
  }

  #call(step: CallProgram, set: RowSet): readonly RowSet[] {
    const next = callOver(step, set, this.#bad, this.#takeMayGoOn());
    this.itemsMax = Math.max(this.itemsMax, next.items?.length ?? 0);
    return this.#depthFirst && next.fan !== set.fan ? singles(next) : [next];
  }

  #kernel(step: KernelProgram, set: RowSet): RowSet {
    const next = kernelOver(step, set, { bad: this.#bad, traps: this.#traps, origin: this.#origin });
    this.itemsMax = Math.max(this.itemsMax, step.kernel.records);
    return next;
  }

  #aggregate(step: AggregateProgram, set: RowSet): void {
    const next = this.#task!.aggregate(step, set);
    if (step.isCached) return; // it is told later
    if (step.changelog !== undefined) this.#arrive(step.changelog, next);
    this.run(step.children, next);
  }

  #branch(step: BranchProgram, set: RowSet): void {
    const ways = branchOver(step, set, this.#bad, this.#takeMayGoOn());
    ways.forEach((items, index) => {
      if (items.length > 0) this.run(step.ways[index]!, { ...set, items, selection: undefined });
    });
  }

  #takeMayGoOn(): MayGoOn | undefined {
    const mayGoOn = this.#mayGoOn;
    this.#mayGoOn = undefined;
    return mayGoOn;
  }
}

/** The rows of a chunk from `from` to `to` that something may come of. */
export function rowsBetween(chunk: Chunk, from: number, to: number): RowSet {
  const set = {
    chunk,
    source: chunk,
    keys: undefined,
    values: undefined,
    keyFrom: undefined,
    projection: undefined,
    at: undefined,
    fan: undefined,
  };
  const { selection } = chunk.room;
  // The kernels have left out what they refused: where nothing else is gone, their selection stands.
  if (from === 0 && to === chunk.rowCount && selection.count + chunk.gone.size === to) {
    return { ...set, selection, items: undefined };
  }
  const items = new Uint32Array(to - from);
  let kept = 0;
  for (let row = from; row < to; row++) {
    if (!chunk.gone.has(row)) items[kept++] = row;
  }
  return { ...set, selection: undefined, items: items.subarray(0, kept) };
}
