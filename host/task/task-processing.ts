import { assert } from "../assert.ts";
import type { WallClock } from "../clock.ts";
import { KernelTable } from "../state/kernel-table.ts";
import { toldIn } from "../state/stores/segment-times.ts";
import type { TaskState } from "../state/task-state.ts";
import type { ErrorSettings } from "../topology/error-settings.ts";
import type { SubTopology } from "../topology/plan.ts";
import type { PunctuationType } from "../topology/processor.ts";
import type { KernelInstance } from "../wasm/kernel-instance.ts";
import type { AggregateProgram } from "./aggregate-program.ts";
import { addChangelogRecords } from "./changelog-records.ts";
import type { Emitter } from "./emitter.ts";
import { EventErrors } from "./event-errors.ts";
import type { GlobalTables } from "./global-tables.ts";
import { Stop } from "./graph/graph-errors.ts";
import { GraphOutputs, type MadeBatch } from "./graph/graph-outputs.ts";
import { type GraphRun, TaskGraph } from "./graph/task-graph.ts";
import type { Outbox } from "./outbox.ts";
import { TaskRun, type TaskRunParts } from "./process-loop.ts";
import { SinkTargets } from "./sink-targets.ts";
import { parseTaskName } from "./task.ts";

export interface TaskProcessingParts {
  readonly task: string;
  readonly applicationId: string;
  readonly subTopology: SubTopology;
  readonly state: TaskState;
  readonly clock: WallClock;
  readonly kernel: KernelInstance;
  readonly outbox: Outbox;
  readonly emitter: Emitter;
  /** Aggregates in kernels whose changes wait in record caches. */
  readonly cached: readonly AggregateProgram[];
  readonly errors: ErrorSettings;
  readonly rowsMax: number;
  /** Of changes that wait in record caches, in bytes. */
  readonly cacheBytesMax: number;
  readonly emitIntervalMs: number;
  readonly globals: GlobalTables | undefined;
  /** See TableProcessing: what was noted when the task was opened. */
  readonly toldBefore: ReadonlyMap<string, number>;
}

/** What an event has come to. */
export interface EventOutcome {
  readonly made: readonly MadeBatch[];
  readonly skipped: number;
  /** Why nothing of it stays. */
  readonly fatal: Error | undefined;
}

const NOTHING_TOLD: ReadonlyMap<string, number> = new Map();

/** The processors of a task, its stores, and what they write. */
export class TaskProcessing {
  readonly #parts: TaskProcessingParts;
  readonly #outputs: GraphOutputs;
  readonly #changelogs: GraphOutputs;
  readonly #partition: number;
  readonly #changelogOf: ReadonlyMap<string, string | undefined>;
  #graph: TaskGraph | undefined;

  constructor(parts: TaskProcessingParts) {
    const { kernel, outbox, rowsMax, subTopology, task } = parts;
    this.#parts = parts;
    parts.state.attach(kernel);
    this.#outputs = new GraphOutputs(new SinkTargets(kernel, outbox, rowsMax), false);
    this.#changelogs = new GraphOutputs(new SinkTargets(kernel, outbox, rowsMax), true);
    this.#partition = parseTaskName(task).partition;
    this.#changelogOf = new Map(subTopology.stores.map(({ spec, changelog }) => [spec.name, changelog]));
  }

  /** By store: up to when windows that have closed are told. */
  get told(): ReadonlyMap<string, number> {
    const { state, subTopology, toldBefore } = this.#parts;
    const ordered = subTopology.stores.filter(({ spec }) => spec.windows?.isTimeOrdered === true);
    if (ordered.length === 0) return NOTHING_TOLD;
    const told = ordered.map(({ spec: { name } }) => {
      const inStore = toldIn(state.store(name));
      return [name, Math.max(inStore, toldBefore.get(name) ?? -1)] as const;
    });
    return new Map(told.filter(([, time]) => time >= 0));
  }

  /** Makes the processors: before the first row, and again after each rollback. @param streamTime -1: none */
  begin(streamTime: number): void {
    const { graph, stores } = this.#parts.subTopology;
    this.#graph = new TaskGraph({ ...this.#parts, graph, stores, streamTime });
  }

  get #begun(): TaskGraph {
    assert(this.#graph !== undefined, `the processors of ${this.#parts.task} are made`);
    return this.#graph;
  }

  // ---- rows

  /** A run of rows. @param streamTime before the first of them. */
  run(
    parts: Omit<TaskRunParts, "graph" | "state" | "outputs" | "outbox" | "cacheBytesMax">,
    streamTime: number,
  ): TaskRun {
    const { state, outbox, cacheBytesMax } = this.#parts;
    const graph = this.#begun;
    graph.streamTime = streamTime;
    return new TaskRun({ ...parts, graph, state, outputs: this.#outputs, outbox, cacheBytesMax });
  }

  /** What the run has made waits for the next one's. */
  keepMade(): void {
    const { state } = this.#parts;
    addChangelogRecords(state, this.#changelogs, this.#partition, (store) => this.#changelogOf.get(store));
  }

  /** What the runs have made since it was taken last, rows included of which nothing may stay. */
  takeMade(): readonly MadeBatch[] {
    this.keepMade();
    return [...this.#outputs.take(), ...this.#changelogs.take()];
  }

  /** The run has ended before row `limit`. */
  settle(limit: number): void {
    const { state } = this.#parts;
    state.undoFrom(limit);
    state.settle();
  }

  takeDropped(): number {
    const dropped = this.#graph?.dropped ?? 0;
    if (this.#graph !== undefined) this.#graph.dropped = 0;
    return dropped;
  }

  // ---- events: between rows

  /** When the next one is due on the wall clock. */
  get punctuatesAt(): number | undefined {
    return this.#graph?.punctuatesAt;
  }

  /** Calls the punctuators that are due on the wall clock. undefined: none is. */
  punctuate(type: PunctuationType, streamTime: number): EventOutcome | undefined {
    const graph = this.#begun;
    graph.streamTime = streamTime;
    if (!graph.isDue(type)) return undefined;
    return this.#event((run) => graph.punctuate(type, run));
  }

  /** More waits in record caches than may. */
  get isFull(): boolean {
    const { state, cacheBytesMax } = this.#parts;
    return state.pendingBytes > cacheBytesMax;
  }

  /** Tells what waits in record caches: before a commit. undefined: nothing does. */
  flushPending(): EventOutcome | undefined {
    if (this.#parts.state.pendingBytes === 0) return undefined;
    const graph = this.#begun;
    const outcome = this.#event((run) => graph.flushPending(run));
    if (outcome.fatal === undefined) this.#tellAggregates();
    return outcome;
  }

  /** What kernels have kept back goes out as it stands in linear memory. */
  #tellAggregates(): void {
    const { state, cached, emitter } = this.#parts;
    for (const step of cached) {
      const { table } = state.store(step.store);
      const inKernels = table instanceof KernelTable ? table.inKernels : undefined;
      if (inKernels === undefined || inKernels.pendings === 0) continue;
      for (let from: number | undefined = 0; from !== undefined; ) {
        from = step.aggregate.tell(inKernels, from);
        emitter.emitTold(step, this.#partition);
      }
      inKernels.told();
    }
  }

  #event(work: (run: GraphRun) => void): EventOutcome {
    const errors = new EventErrors(this.#parts.errors, this.#parts.outbox);
    const at = { row: 0, place: 0, path: undefined };
    try {
      work({ at, outputs: this.#outputs, errors, metadata: () => undefined });
    } catch (thrown) {
      if (!(thrown instanceof Stop)) throw thrown;
      this.settle(0);
      this.#outputs.drop();
      return { made: [], skipped: errors.skipped, fatal: errors.fatal };
    }
    const made = this.takeMade();
    this.#parts.state.settle();
    return { made, skipped: errors.skipped, fatal: undefined };
  }

  // ---- its end

  /** The stores are as of the last commit: processors must not know more than they do. */
  rollback(streamTime: number): void {
    this.close();
    this.#outputs.drop();
    this.#changelogs.drop();
    this.begin(streamTime);
  }

  /** The task is given up, and its stores go on without this runner's kernels. */
  leave(): void {
    this.close();
    this.#parts.state.detach();
  }

  close(): void {
    const graph = this.#graph;
    this.#graph = undefined;
    graph?.close();
  }
}
