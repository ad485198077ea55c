import { assert } from "../assert.ts";
import type { WallClock } from "../clock.ts";
import { nameOf } from "../commit/partition-name.ts";
import type { ErrorSettings } from "../topology/error-settings.ts";
import type { Plan } from "../topology/plan.ts";
import type { AssignedPartition, FetchedRecords, OutgoingBatch } from "../transport/port.ts";
import type { KernelInstance } from "../wasm/kernel-instance.ts";
import { cachedBelow } from "./aggregate-program.ts";
import { BadRows } from "./bad-rows.ts";
import { ChangelogWatch } from "./changelog-watch.ts";
import { checkErrors } from "./check-errors.ts";
import { type ChunkRoom, closeRoom, newChunkRoom } from "./chunk.ts";
import { Emitter } from "./emitter.ts";
import { type KernelModules, loadKernelModules, openInstance } from "./kernel-modules.ts";
import { KernelTraps } from "./kernel-traps.ts";
import { openProcessing } from "./open-processing.ts";
import { Outbox } from "./outbox.ts";
import { type NextRows, ProcessingTask } from "./processing-task.ts";
import { makePrograms, type SourceProgram } from "./program.ts";
import { ChunkRun, rowsBetween } from "./run-chunk.ts";
import { RunGroup } from "./run-group.ts";
import { SourceQueue } from "./source-queue.ts";
import { type Cut, parseTaskName, type RunnerCounters, type TaskRunner } from "./task.ts";
import type { EventOutcome } from "./task-processing.ts";
import type { TaskStates } from "./task-states.ts";
import { latestTimes } from "./times-note.ts";
import { timeAfter } from "./timestamps.ts";
import type { TopicLimits } from "./topic-limits.ts";

export interface TaskRunnerSettings {
  readonly plan: Plan;
  /** Partitions of every topic that is read or written, by topic. */
  readonly partitionsOf: ReadonlyMap<string, number>;
  /** What brokers refuse in topics that are written, where it is known. */
  readonly limitsOf?: ReadonlyMap<string, TopicLimits>;
  readonly errors: ErrorSettings;
  readonly clock: WallClock;
  /** One record goes through all functions before the next, so that their side effects are in that order too. */
  readonly strictOrder?: boolean;
  /** Rows of one batch at most. Any number gives the same output. */
  readonly batchRowsMax?: number;
  /** The stores of the tasks, where the plan has any. */
  readonly states?: TaskStates;
  /** Of changes that wait in the record caches of a task, in bytes at most; default 0: none waits. */
  readonly cacheBytesMax?: number;
  /** Windows that have closed are looked for at most once in so many milliseconds; default 0: with each record. */
  readonly emitIntervalMs?: number;
  /** For how long a task waits for partitions that have nothing: see decideWait; default: -1, it never waits. */
  readonly maxTaskIdleMs?: number;
  readonly applicationId?: string;
  /** What earlier runners of this stream thread have learnt of kernels that trap. */
  readonly traps?: KernelTraps;
}

const BATCH_ROWS_DEFAULT = 1024;
/** Where a user's functions run, the first batch tries so many rows; the next ones follow measured time. */
const FIRST_ROWS = 64;
/** Records that a batch is to make at most, by fan-outs: all of them are in memory at once. */
const ITEMS_MAX = 16_384;

/**
 * Makes what computes the tasks of one stream thread, with a kernel instance of its own.
 *
 * @throws CONFIG_INVALID if an error action is "deadLetter" and no dead letter topic is set; what loadKernelModules and
 *   the users' kernels throw: KERNEL_MISSING, KERNEL_ABI_DIFFERS, KERNEL_MODULE_INVALID
 */
export function makeTaskRunner(settings: TaskRunnerSettings): TaskRunner {
  for (const { sources } of settings.plan.subTopologies) {
    for (const source of sources) checkErrors({ ...settings.errors, ...source.errors });
  }
  const modules = loadKernelModules(settings.plan);
  return new Runner(settings, openInstance(settings.plan, modules), modules);
}

class Runner implements TaskRunner {
  readonly #settings: TaskRunnerSettings;
  readonly #kernel: KernelInstance;
  readonly #traps: KernelTraps;
  readonly #outbox: Outbox;
  readonly #emitter: Emitter;
  readonly #group: RunGroup;
  readonly #programs: ReadonlyMap<number, readonly SourceProgram[]>;
  readonly #changelogs: ChangelogWatch;
  readonly #rowsMax: number;
  /** Room that tasks with one source partition share: one of them has a chunk there at a time. */
  readonly #sharedRoom: ChunkRoom;
  #sharedBy: SourceQueue | undefined;
  readonly #tasks = new Map<string, ProcessingTask>();
  readonly #queues = new Map<string, { readonly task: ProcessingTask; readonly queue: SourceQueue }>();
  /** Tasks in the order of their turns. */
  #turns: ProcessingTask[] = [];
  #rowsNext = FIRST_ROWS;
  /** Records that the last batch has made of each of its rows. */
  #itemsOfRow = 0;
  #rowsSinceCut = 0;
  /** What the last cut is to commit. */
  #offsetsCut: Cut["offsets"] = [];
  /** What `process` throws at its next call: this one had rows to report. */
  #failure: Error | undefined;
  #processed = 0;
  /** What events have skipped. */
  #skipped = 0;

  constructor(settings: TaskRunnerSettings, kernel: KernelInstance, modules: KernelModules) {
    this.#settings = settings;
    this.#traps = settings.traps ?? new KernelTraps();
    this.#kernel = kernel;
    this.#rowsMax = settings.batchRowsMax ?? BATCH_ROWS_DEFAULT;
    this.#outbox = new Outbox(kernel, settings.partitionsOf, settings.limitsOf ?? new Map());
    this.#emitter = new Emitter(kernel, this.#outbox, this.#rowsMax);
    this.#group = new RunGroup(this.#emitter);
    const { plan, errors, cacheBytesMax = 0 } = settings;
    const [outbox, rowsMax] = [this.#outbox, this.#rowsMax];
    this.#programs = makePrograms(plan, { kernel, modules, outbox, errors, rowsMax, cacheBytesMax });
    this.#sharedRoom = newChunkRoom(kernel, this.#rowsMax);
    this.#changelogs = new ChangelogWatch(settings.plan);
  }

  get counters(): RunnerCounters {
    const { skipped, deadLettered } = this.#group;
    return { processed: this.#processed, skipped: this.#skipped + skipped, deadLettered };
  }

  // ---- tasks and their input

  open(name: string, partitions?: readonly (AssignedPartition & { readonly note?: string })[]): void {
    assert(!this.#tasks.has(name), `task ${name} is not open yet`);
    const { subTopology, partition } = parseTaskName(name);
    const programs = this.#programs.get(subTopology);
    assert(programs !== undefined, `the plan has sub-topology ${subTopology}`);
    const topics =
      partitions === undefined
        ? [...this.#settings.partitionsOf].flatMap(([topic, count]) => (partition < count ? [topic] : []))
        : partitions.flatMap((each) => (each.partition === partition ? [each.topic] : []));
    const readerOf = (topic: string) =>
      programs.find((each) => each.names(topic)) ?? programs.find((each) => each.matches(topic));
    const sources = programs.flatMap((program) =>
      topics
        .filter((topic) => readerOf(topic) === program)
        .map((topic) => ({ program, origin: { topic, partition } })),
    );
    const queues = sources.map(({ program, origin }) => {
      const room = sources.length === 1 ? this.#sharedRoom : newChunkRoom(this.#kernel, this.#rowsMax);
      const given = partitions?.find((each) => nameOf(each) === nameOf(origin));
      return new SourceQueue(origin, program, room, given);
    });
    const times = latestTimes((partitions ?? []).map(({ note }) => note));
    const { clock, maxTaskIdleMs = -1 } = this.#settings;
    const processing = openProcessing(this.#settings, name, {
      kernel: this.#kernel,
      outbox: this.#outbox,
      emitter: this.#emitter,
      cached: programs.flatMap((program) => cachedBelow(program.children)),
      rowsMax: this.#rowsMax,
      toldBefore: times.told,
    });
    const parts = { kernel: this.#kernel, clock, processing, streamTime: times.stream, maxTaskIdleMs };
    const task = new ProcessingTask(name, queues, parts);
    processing?.begin(task.streamTime);
    this.#tasks.set(name, task);
    this.#turns.push(task);
    for (const queue of queues) {
      const input = nameOf(queue.origin);
      assert(!this.#queues.has(input), `${input} is the input of one task`);
      this.#queues.set(input, { task, queue });
    }
  }

  close(name: string): void {
    const task = this.#tasks.get(name);
    if (task === undefined) return;
    task.processing?.leave();
    for (const queue of task.queues) {
      queue.clear();
      this.#queues.delete(nameOf(queue.origin));
      if (queue.room !== this.#sharedRoom) closeRoom(queue.room);
      if (this.#sharedBy === queue) this.#sharedBy = undefined;
    }
    this.#tasks.delete(name);
    this.#turns = this.#turns.filter((each) => each !== task);
  }

  closeAll(): void {
    for (const name of [...this.#tasks.keys()]) this.close(name);
  }

  add(records: FetchedRecords): void {
    const found = this.#queues.get(nameOf(records));
    if (found === undefined) records.release();
    else found.task.add(found.queue, records);
  }

  get hasInput(): boolean {
    return this.#turns.some((task) => task.hasInput);
  }

  // ---- computing

  process(mayGoOn: () => boolean): number {
    this.#throwFailure();
    this.#punctuate();
    this.#throwFailure();
    let rows = 0;
    try {
      do {
        const done = this.#turn(mayGoOn);
        if (done === undefined) break;
        rows += done;
      } while (this.#failure === undefined && this.#outbox.wanted.length === 0 && mayGoOn());
      this.#group.flush();
      this.#outbox.relieve();
    } finally {
      this.#rowsSinceCut += rows;
      this.#processed += rows;
    }
    if (rows === 0 && this.#failure !== undefined) return this.process(mayGoOn);
    return rows;
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  // ---- events

  /** What is due on the wall clock. Before a task knows where its input begins, no transaction could hold what it makes. */
  #punctuate(): void {
    for (const task of this.#tasks.values()) {
      if (task.processing === undefined || task.offsets.length === 0) continue;
      const outcome = task.processing.punctuate("wall-clock", task.streamTime);
      if (outcome !== undefined) this.#happened(task, outcome);
    }
  }

  get dueAt(): number | undefined {
    const due = this.#turns.flatMap((task) => task.dueAt ?? []);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  get isDirty(): boolean {
    return [...this.#tasks.values()].some(({ moved }) => moved);
  }

  #happened(task: ProcessingTask, { made, skipped, fatal }: EventOutcome): void {
    this.#failure ??= fatal;
    this.#skipped += skipped + (task.processing?.takeDropped() ?? 0);
    task.moved = true;
    this.#emitter.emitEvent(made);
    this.#outbox.relieve();
  }

  /** One batch of the task whose turn it is. @returns its rows; undefined: there is no input. */
  #turn(mayGoOn: () => boolean): number | undefined {
    const index = this.#turns.findIndex((each) => each.hasInput);
    if (index < 0) return undefined;
    const task = this.#turns[index]!;
    const rowsMax = this.#rowsOf(task);
    this.#lendRoom(task);
    const next = task.next(rowsMax);
    if (next === undefined) {
      this.#group.flush();
      this.#passTurn(task);
      return 0;
    }
    const rows = this.#batch(task, next, mayGoOn);
    if (task.callsUser && this.#outbox.wanted.length === 0) this.#adapt(next, rows, mayGoOn);
    // A fast task keeps its turn while its loaded records last: loading them anew costs a copy.
    const slow = task.callsUser && this.#rowsNext < this.#rowsMax;
    if (this.#group.isEmpty && (slow || task.queues.length > 1)) this.#passTurn(task);
    return rows;
  }

  #rowsOf({ rowByRow, callsUser }: ProcessingTask): number {
    if (rowByRow || this.#settings.strictOrder) return 1;
    return callsUser ? Math.min(this.#rowsNext, this.#rowsMax) : this.#rowsMax;
  }

  /** The shared room changes hands: its last chunk is decoded again when its turn comes. */
  #lendRoom(task: ProcessingTask): void {
    const queue = task.queues[0]!;
    if (queue.room !== this.#sharedRoom || this.#sharedBy === queue) return;
    if (this.#sharedBy !== undefined) this.#sharedBy.chunk = undefined;
    this.#sharedBy = queue;
  }

  #passTurn(task: ProcessingTask): void {
    this.#turns = [...this.#turns.filter((each) => each !== task), task];
  }

  #batch(task: ProcessingTask, next: NextRows, mayGoOn: () => boolean): number {
    const { chunk, from, to, queue } = next;
    const bad = new BadRows(chunk, queue.origin, to);
    if (chunk.stop !== undefined) bad.stopAt(chunk.stop.row, chunk.stop.error);
    for (const { row, error } of chunk.unreadable) {
      if (row < from || row >= to) continue;
      bad.add({ row, place: -1, node: chunk.program.name, stage: "deserialization", error });
    }
    const { origin } = queue;
    const { processing } = task;
    const shift = this.#group.shiftFrom(from);
    const depthFirst = task.rowByRow || this.#settings.strictOrder === true;
    const rows = { origin, chunk, bad, from, to, shift, oneRow: depthFirst };
    const taskRun = processing?.run(rows, task.streamTime);
    const run = new ChunkRun({ bad, mayGoOn, traps: this.#traps, origin, depthFirst, task: taskRun });
    run.run(chunk.program.children, rowsBetween(chunk, from, to));
    taskRun?.finish();
    const ended = { origin, chunk, bad, from, shift, dropped: processing?.takeDropped() ?? 0 };
    if (this.#outbox.wanted.length === 0 && this.#group.mayWait(task, ended, to))
      this.#group.keep(task, ended);
    else this.#group.write(task, ended, run.arrivals);
    const end = bad.limit;
    processing?.settle(end + shift);
    this.#itemsOfRow = run.itemsMax / Math.max(1, to - from);
    const moves = end > from || bad.fatal !== undefined || this.#outbox.wanted.length > 0;
    assert(
      moves,
      `a batch from row ${from} of ${nameOf(queue.origin)} ends behind it, or says why it does not`,
    );
    queue.time = timeAfter(chunk, from, end, queue.time);
    task.streamTime = Math.max(task.streamTime, queue.time);
    task.consumed(next, end);
    this.#failure = bad.fatal;
    if (processing?.isFull === true) this.#happened(task, processing.flushPending()!);
    if (this.#group.isEmpty) this.#outbox.relieve();
    return end - from;
  }

  /** Rows of the next batch: twice as many while there is time left, half as many when it was cut. */
  #adapt({ from, to }: NextRows, rows: number, mayGoOn: () => boolean): void {
    const cut = rows < to - from && this.#failure === undefined;
    if (cut || !mayGoOn()) this.#rowsNext = Math.max(1, Math.floor(rows / 2));
    else this.#rowsNext = Math.min(this.#rowsMax, Math.max(this.#rowsNext, 2 * rows));
    if (this.#itemsOfRow * this.#rowsNext > ITEMS_MAX) {
      this.#rowsNext = Math.max(1, Math.floor(ITEMS_MAX / this.#itemsOfRow));
    }
  }

  get topicsWanted(): readonly string[] {
    return this.#outbox.wanted;
  }

  learn(partitionsOf: ReadonlyMap<string, number>, limitsOf: ReadonlyMap<string, TopicLimits>): void {
    this.#outbox.learn(partitionsOf, limitsOf);
  }

  // ---- what was computed

  get pendingBytes(): number {
    return this.#outbox.pendingBytes;
  }

  takeFull(): readonly OutgoingBatch[] {
    return this.#watched(this.#outbox.takeFull());
  }

  /** What the log has stored of changelogs, their stores are told. */
  #watched(batches: readonly OutgoingBatch[]): readonly OutgoingBatch[] {
    const { states } = this.#settings;
    return states === undefined ? batches : batches.map((batch) => this.#changelogs.watched(batch, states));
  }

  cut(): Cut {
    this.#tellNews();
    const moved = [...this.#tasks.values()].filter((task) => task.moved);
    const offsets = moved.flatMap((task) => task.offsets);
    for (const task of this.#tasks.values()) task.cut();
    this.#offsetsCut = offsets;
    const { states } = this.#settings;
    if (states !== undefined) this.#changelogs.consumed(offsets, states);
    const rows = this.#rowsSinceCut;
    this.#rowsSinceCut = 0;
    return { batches: this.#watched(this.#outbox.takeAll()), offsets, rows };
  }

  /** A commit holds what record caches have kept back. @throws what comes of it fails: then nothing may be committed. */
  #tellNews(): void {
    for (const task of this.#tasks.values()) {
      const outcome = task.processing?.flushPending();
      if (outcome?.fatal !== undefined) throw outcome.fatal;
      if (outcome !== undefined) this.#happened(task, outcome);
    }
  }

  committed(): void {
    for (const task of this.#tasks.values()) task.committed();
    for (const each of this.#offsetsCut) this.#traps.committed(each, each.offset);
  }

  rollback(): void {
    this.#group.drop();
    for (const task of this.#tasks.values()) task.rollback();
    this.#sharedBy = undefined;
    this.#failure = undefined;
    this.#rowsSinceCut = 0;
    if (!this.#kernel.dead) this.#outbox.drop();
  }
}
