import { assert } from "../assert.ts";
import { MemoryBackend } from "../state/memory-backend.ts";
import { TaskState } from "../state/task-state.ts";
import type { PlannedStore } from "../topology/plan.ts";
import { hasRecordCache, kernelsChange } from "../topology/store-spec.ts";
import type { GlobalTables } from "./global-tables.ts";

/** The stores of all tasks of a stream thread. They outlive its runners: a kernel that traps costs no state. */
export class TaskStates {
  /** Of the thread; undefined: the topology has none. */
  globals: GlobalTables | undefined;
  readonly #states = new Map<string, TaskState>();

  add(task: string, state: TaskState): void {
    assert(!this.#states.has(task), `the state of task ${task} is not open yet`);
    this.#states.set(task, state);
  }

  /** Opens stores that nothing outlives and nothing restores: in tests. */
  addEmpty(task: string, stores: readonly PlannedStore[], cacheMaxBytes = 0): void {
    const backend = new MemoryBackend();
    const opened = stores.map((store) => ({
      name: store.spec.name,
      backend,
      isCached: hasRecordCache(store.spec, cacheMaxBytes),
      cacheBytesMax: 0,
      inKernels: kernelsChange(store, cacheMaxBytes),
    }));
    this.add(task, new TaskState(opened));
  }

  /** undefined: the task has no stores. */
  of(task: string): TaskState | undefined {
    return this.#states.get(task);
  }

  /** Gives up a task's state, which is closed elsewhere. */
  take(task: string): TaskState | undefined {
    const state = this.#states.get(task);
    this.#states.delete(task);
    return state;
  }

  get tasks(): readonly string[] {
    return [...this.#states.keys()];
  }

  // ---- the transaction, see TaskState

  cut(): void {
    for (const state of this.#states.values()) state.cut();
  }

  commit(): void {
    for (const state of this.#states.values()) state.commit();
  }

  rollback(): void {
    for (const state of this.#states.values()) state.rollback();
  }

  get unflushedBytes(): number {
    let bytes = 0;
    for (const state of this.#states.values()) bytes += state.unflushedBytes;
    return bytes;
  }

  flush(now: number): void {
    for (const state of this.#states.values()) state.flush(now);
  }
}
