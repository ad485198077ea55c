import { assert } from "../assert.ts";
import { NO_HEADERS } from "../batch/record-header.ts";
import { KernelTable } from "../state/kernel-table.ts";
import type { TaskState } from "../state/task-state.ts";
import type { FailureStage } from "../topology/error-settings.ts";
import { type Aggregated, aggregateOver } from "./aggregate-loop.ts";
import type { AggregateProgram } from "./aggregate-program.ts";
import type { BadRows, Origin } from "./bad-rows.ts";
import { LOOKS, type MayGoOn } from "./call-loop.ts";
import type { Chunk } from "./chunk.ts";
import { FlowRecord } from "./graph/flow-record.ts";
import { type GraphErrors, Stop } from "./graph/graph-errors.ts";
import type { GraphOutputs, MadeAt } from "./graph/graph-outputs.ts";
import type { GraphRun, TaskGraph } from "./graph/task-graph.ts";
import type { Outbox } from "./outbox.ts";
import type { ProcessProgram } from "./program.ts";
import {
  chunkRow,
  itemPath,
  itemsOf,
  keyReader,
  nullReader,
  type RowSet,
  sourceRow,
  valueReader,
} from "./row-set.ts";
import { missingTopic } from "./sink-answers.ts";
import { timeAfter } from "./timestamps.ts";

/** The graph of the task whose rows run, and what it works with. */
export interface TaskRunParts {
  readonly graph: TaskGraph;
  readonly state: TaskState;
  readonly outputs: GraphOutputs;
  readonly outbox: Outbox;
  readonly origin: Origin;
  readonly chunk: Chunk;
  readonly bad: BadRows;
  readonly from: number;
  readonly to: number;
  /** What is added to the chunk's row numbers wherever rows of several runs meet: in stores, and in what is written. */
  readonly shift: number;
  /** Whether this is a run of one row, behind which the runner itself looks what is due. */
  readonly oneRow: boolean;
  /** Of changes that wait in record caches, in bytes: more are told at once. */
  readonly cacheBytesMax: number;
}

/** What is due behind a row comes after all else that the row causes. */
const BEHIND_ALL = Number.POSITIVE_INFINITY;

/** A run of some rows of a task that has a graph. */
export class TaskRun {
  readonly #parts: TaskRunParts;
  readonly #timeBefore: number;
  /** The first row behind which nobody has looked what is due. */
  #passed: number;
  readonly #aggregated: Aggregated[] = [];

  constructor(parts: TaskRunParts) {
    this.#parts = parts;
    this.#timeBefore = parts.graph.streamTime;
    this.#passed = parts.from;
  }

  /** Takes records through the graph, one after the other. */
  process(step: ProcessProgram, set: RowSet, mayGoOn: MayGoOn | undefined): void {
    const { graph, bad, chunk, origin, outputs } = this.#parts;
    const items = itemsOf(set);
    const between = Math.max(1, Math.floor(items.length / LOOKS));
    let read = recordReader(set, step.readsValue);
    let { grown } = outputs;
    let late = false;
    let rowBefore = -1;
    this.#restartTime();
    for (let index = 0; index < items.length; index++) {
      const item = items[index]!;
      const row = chunkRow(set, item);
      if (mayGoOn !== undefined && index > 0 && index % between === 0) late ||= !mayGoOn();
      if (late && row > rowBefore && rowBefore >= 0) bad.stopAt(row, undefined);
      if (row > rowBefore) this.#comeTo(row);
      if (row >= bad.limit) return;
      rowBefore = row;
      const at = { row, place: step.place, path: itemPath(set, item) };
      if (grown !== outputs.grown) read = recordReader(set, step.readsValue); // linear memory has grown
      grown = outputs.grown;
      const record = read(item);
      const run = this.#at(at, () => ({ ...origin, offset: chunk.view.offset(row) }));
      this.#guarded(() => {
        graph.process(step.node, record, run);
        this.#flushLarge(run);
      });
    }
  }

  /** The same by kernels, over all of them at once. @returns what came of it */
  aggregate(step: AggregateProgram, set: RowSet): RowSet {
    const { state, bad, cacheBytesMax } = this.#parts;
    const { table } = state.store(step.store);
    const inKernels = table instanceof KernelTable ? table.inKernels : undefined;
    assert(inKernels !== undefined, `kernels change ${step.store}`);
    const others = state.pendingBytes - inKernels.pendingBytes;
    const pendingBytesMax = step.isCached ? Math.max(1, cacheBytesMax - others) : 0;
    const aggregated = aggregateOver(step, set, bad, inKernels, pendingBytesMax);
    this.#aggregated.push(aggregated);
    return aggregated.next;
  }

  /** Time passes for the rows that are left, also for those that came to no processor: nothing is left to run. */
  finish(): void {
    const { oneRow, graph, chunk, bad, from, to } = this.#parts;
    for (const { droppedBelow } of this.#aggregated) graph.dropped += droppedBelow(bad.limit);
    if (!oneRow) {
      this.#comeTo(to);
    } else if (bad.limit > from) {
      graph.streamTime = timeAfter(chunk, from, to, graph.streamTime);
      this.#punctuateBehind(from);
    }
  }

  /** Each way into the graph sees time pass anew. */
  #restartTime(): void {
    if (this.#parts.oneRow) return;
    this.#parts.graph.streamTime = this.#timeBefore;
    this.#passed = this.#parts.from;
  }

  /** Time goes on up to a row, and includes its own; what is due behind those before it is called. */
  #comeTo(row: number): void {
    const { graph, chunk, bad, oneRow, to } = this.#parts;
    if (!oneRow && graph.hasPunctuations("stream-time")) {
      for (; this.#passed < row && this.#passed < bad.limit; this.#passed++) {
        graph.streamTime = timeAfter(chunk, this.#passed, this.#passed + 1, graph.streamTime);
        this.#punctuateBehind(this.#passed);
      }
    }
    const end = Math.min(row + 1, to, bad.limit);
    if (end > this.#passed) graph.streamTime = timeAfter(chunk, this.#passed, end, graph.streamTime);
    this.#passed = Math.max(this.#passed, Math.min(row, bad.limit));
  }

  #punctuateBehind(row: number): void {
    const { graph } = this.#parts;
    if (!graph.isDue("stream-time")) return;
    const run = this.#at({ row, place: BEHIND_ALL, path: undefined }, nowhere);
    this.#guarded(() => {
      graph.punctuate("stream-time", run);
      this.#flushLarge(run);
    });
  }

  #flushLarge(run: GraphRun): void {
    const { state, graph, cacheBytesMax } = this.#parts;
    if (state.pendingBytes > cacheBytesMax) graph.flushPending(run);
  }

  /** @param at by the chunk's row */
  #at(at: MadeAt, metadata: GraphRun["metadata"]): GraphRun {
    const { outputs, shift } = this.#parts;
    const made = shift === 0 ? at : { ...at, row: at.row + shift };
    return { at: made, outputs, metadata, errors: new RowErrors(at, this.#parts) };
  }

  /** Nothing of a row that has stopped the run stays: the run ends before it. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof Stop)) throw thrown;
    }
  }
}

function nowhere(): undefined {}

/** Reads records by item. What headers a record has, outlives the batch: a store may keep them. */
function recordReader(set: RowSet, readsValue: boolean): (item: number) => FlowRecord {
  const key = keyReader(set);
  const value = readsValue ? valueReader(set) : nullReader(set);
  const { view } = set.source;
  return (item) => {
    const row = sourceRow(set, item);
    const headers = view.rawHeaders(row);
    const kept = headers === NO_HEADERS ? headers : Uint8Array.from(headers);
    return new FlowRecord(key(item), value(item), view.timestamp(row), kept);
  };
}

/** A node that fails makes the source's row a bad one. */
class RowErrors implements GraphErrors {
  readonly #at: MadeAt;
  readonly #parts: TaskRunParts;

  constructor(at: MadeAt, parts: TaskRunParts) {
    this.#at = at;
    this.#parts = parts;
  }

  failed(node: string, stage: FailureStage, error: Error): void {
    const { bad } = this.#parts;
    bad.add({ ...this.#at, node, stage, error });
    if (bad.limit <= this.#at.row) throw new Stop();
  }

  /** The run ends before the row, and goes on there when the topic was looked up. */
  unknownTopic(topic: string): void {
    const { bad, outbox } = this.#parts;
    if (outbox.isMissing(topic)) throw missingTopic(topic);
    outbox.ask(topic);
    bad.stopAt(this.#at.row, undefined);
    throw new Stop();
  }
}
