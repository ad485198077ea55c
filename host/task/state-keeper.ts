import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { nameOf } from "../commit/partition-name.ts";
import { PeridotError } from "../errors.ts";
import type { StateBackend, StateBackendType } from "../state/state-backend.ts";
import { TaskState } from "../state/task-state.ts";
import type { Plan, PlannedStore } from "../topology/plan.ts";
import { hasRecordCache, kernelsChange } from "../topology/store-spec.ts";
import type { Transport } from "../transport/port.ts";
import { consumedUpTo, decideRestore } from "./decide-restore.ts";
import { restoreStores, type StoreToRestore } from "./restore-store.ts";
import { parseTaskName } from "./task.ts";
import { TaskStates } from "./task-states.ts";
import type { TaskName } from "./thread-port.ts";

export interface StateKeeperSettings {
  readonly plan: Plan;
  /** Of the application: a directory for each task is below it. */
  readonly directory: string;
  /** For stores that name none. */
  readonly backend: StateBackendType;
  readonly cacheMaxBytes: number;
  readonly flushIntervalMs: number;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly warn: (problem: string) => void;
}

type Committed = ReadonlyMap<string, bigint>;

interface KeptTask {
  readonly state: TaskState;
  readonly backends: ReadonlyMap<StateBackendType, StateBackend>;
}

/** Bytes of a store that its backend has too, and that stay in memory. */
const CACHE_BYTES_MAX = 32 << 20;
/** The same of all stores together that kernels change: they are in the linear memory of one instance. */
const KERNEL_CACHE_BYTES_MAX = 480 << 20;
const KERNEL_CACHE_BYTES_EACH = 80 << 20;
/** What is committed goes to the backends when there is so much of it, even before its time. */
const FLUSH_BYTES = 32 << 20;
/** delete.retention.ms: Kafka's default. */
const TOMBSTONES_KEPT_MS = 86_400_000;

/**
 * The state of a stream thread's tasks: opened and restored when they are assigned, flushed while they run, closed when
 * they are given up. Kafka commits first, then the backends hear of it: what they hold is a prefix of the changelogs.
 */
export class StateKeeper {
  readonly states = new TaskStates();
  readonly #settings: StateKeeperSettings;
  readonly #kept = new Map<TaskName, KeptTask>();
  /** Backends that nothing but this process has: a task that comes back goes on with them. */
  readonly #remembered = new Map<TaskName, ReadonlyMap<StateBackendType, StateBackend>>();
  #flushedAt: number;

  constructor(settings: StateKeeperSettings) {
    this.#settings = settings;
    this.#flushedAt = settings.clock.now();
  }

  /**
   * Opens the state of these tasks, and restores what it lacks.
   *
   * @param committed offsets of their input, by "topic-partition".
   * @param mayGoOn false: something else is wanted of the thread.
   * @returns false: it was cut short, and nothing is open.
   */
  async open(tasks: readonly TaskName[], committed: Committed, mayGoOn: () => boolean): Promise<boolean> {
    const stateful = tasks.filter((task) => this.#storesOf(task).length > 0);
    for (const task of [...this.#remembered.keys()]) if (!tasks.includes(task)) this.#remembered.delete(task);
    const incomplete: StoreToRestore[] = [];
    const inKernels = stateful
      .flatMap((task) => this.#storesOf(task))
      .filter((store) => this.#isInKernels(store));
    const cacheBytesMax = Math.floor(KERNEL_CACHE_BYTES_MAX / Math.max(1, inKernels.length));
    for (const task of stateful) {
      const kernelCacheBytesMax = Math.min(cacheBytesMax, KERNEL_CACHE_BYTES_EACH);
      incomplete.push(...(await this.#openTask(task, committed, kernelCacheBytesMax)));
    }
    if (incomplete.length > 0 && !(await this.#restore(incomplete, mayGoOn))) {
      await this.close();
      return false;
    }
    for (const [task, { state }] of this.#kept) this.states.add(task, state);
    return true;
  }

  async #restore(stores: readonly StoreToRestore[], mayGoOn: () => boolean): Promise<boolean> {
    const { transport, clock } = this.#settings;
    const consumer = transport.consumer({ isolation: "read_committed", offsetReset: "none" });
    try {
      return await restoreStores(stores, consumer, clock, mayGoOn);
    } finally {
      await consumer.close();
    }
  }

  #isInKernels(store: PlannedStore): boolean {
    return kernelsChange(store, this.#settings.cacheMaxBytes);
  }

  /**
   * @param kernelCacheBytesMax for a store that kernels change
   * @returns the stores that lack something.
   */
  async #openTask(
    task: TaskName,
    committed: Committed,
    kernelCacheBytesMax: number,
  ): Promise<readonly StoreToRestore[]> {
    const stores = this.#storesOf(task);
    const backends = await this.#openBackends(task, stores);
    const { cacheMaxBytes } = this.#settings;
    const state = new TaskState(
      stores.map((store) => {
        const { spec } = store;
        const type = this.#typeOf(spec.backend);
        const inKernels = this.#isInKernels(store);
        const cacheBytesMax = type.persistent ? CACHE_BYTES_MAX : 0;
        return {
          name: spec.name,
          backend: backends.get(type)!,
          isCached: hasRecordCache(spec, cacheMaxBytes),
          cacheBytesMax: inKernels ? kernelCacheBytesMax : cacheBytesMax,
          inKernels,
        };
      }),
    );
    this.#kept.set(task, { state, backends });
    const lacking = stores.map((store) => this.#lackOf(task, store, committed, { state, backends }));
    return (await Promise.all(lacking)).filter((each) => each !== undefined);
  }

  async #openBackends(task: TaskName, stores: readonly PlannedStore[]) {
    const remembered = this.#remembered.get(task);
    this.#remembered.delete(task);
    const backends = new Map(remembered);
    for (const { spec } of stores) {
      const type = this.#typeOf(spec.backend);
      if (backends.has(type)) continue;
      backends.set(type, await type.open(join(this.#settings.directory, task), this.#settings.warn));
    }
    return backends;
  }

  async #lackOf(
    task: TaskName,
    { spec, changelog, source }: PlannedStore,
    committed: Committed,
    { state, backends }: KeptTask,
  ): Promise<StoreToRestore | undefined> {
    const { transport, clock } = this.#settings;
    const topic = source?.topic ?? changelog;
    if (topic === undefined) return undefined;
    const partition = { topic, partition: parseTaskName(task).partition };
    const described = (await transport.admin.describeTopics([partition.topic])).get(partition.topic);
    if (described === undefined) throw new PeridotError("TOPIC_MISSING", { topics: partition.topic });
    const { topicId } = described;
    const backend = backends.get(this.#typeOf(spec.backend))!;
    const offsetAt = async (at: "earliest" | "latest") =>
      (await transport.admin.listOffsets([partition], at))[0]!.offset;
    const [earliest, end] = await Promise.all([offsetAt("earliest"), offsetAt("latest")]);
    const latest = source === undefined ? end : consumedUpTo(committed.get(nameOf(partition)), earliest, end);
    const decision = decideRestore({
      position: backend.position(spec.name),
      topicId,
      earliest,
      latest,
      now: clock.now(),
      tombstonesKeptMs: TOMBSTONES_KEPT_MS,
    });
    state.restored(spec.name, topicId, decision.restore === "nothing" ? decision.to : decision.from);
    if (decision.restore === "all") backend.clear(spec.name);
    if (decision.restore === "nothing" || decision.from === decision.to) return undefined;
    const { from, to } = decision;
    return { task, spec, source, state, backend, changelog: partition, topicId, from, to };
  }

  #storesOf(task: TaskName): readonly PlannedStore[] {
    const { subTopology } = parseTaskName(task);
    return this.#settings.plan.subTopologies.find(({ id }) => id === subTopology)?.stores ?? [];
  }

  #typeOf(given: StateBackendType | undefined): StateBackendType {
    return given ?? this.#settings.backend;
  }

  // ---- while they run

  /** Some committed state has waited long enough. Between two batches, with no transaction half made. */
  flushIfDue(): void {
    const bytes = this.states.unflushedBytes;
    const now = this.#settings.clock.now();
    if (bytes === 0) this.#flushedAt = now;
    if (bytes < FLUSH_BYTES && now - this.#flushedAt < this.#settings.flushIntervalMs) return;
    this.states.flush(now);
    this.#flushedAt = now;
  }

  // ---- their end

  /** Whatever is not committed must have been rolled back. */
  async close(): Promise<void> {
    const now = this.#settings.clock.now();
    for (const [task, { state, backends }] of this.#kept) {
      this.states.take(task);
      state.flush(now);
      const gone = new Map([...backends].filter(([type]) => !type.persistent));
      if (gone.size > 0) this.#remembered.set(task, gone);
      for (const [type, backend] of backends) if (type.persistent) await backend.close();
    }
    this.#kept.clear();
  }
}
