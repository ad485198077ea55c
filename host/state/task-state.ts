import { assert } from "../assert.ts";
import { NO_HEADERS } from "../batch/record-header.ts";
import type { KernelInstance } from "../wasm/kernel-instance.ts";
import { commitAhead } from "./commit-ahead.ts";
import { KernelTable } from "./kernel-table.ts";
import type { ChangelogPosition, StateBackend } from "./state-backend.ts";
import type { LoggedRecord } from "./store-access.ts";
import { StoreTable } from "./store-table.ts";
import { type StoreSurroundings, TaskStore } from "./task-store.ts";

/** Entries of a transaction that holds nothing else: keys at random change nearly as many pages. */
const ENTRIES_AHEAD = 16_384;

/** What a task's state is made of: a store each. */
export interface StoreToOpen {
  readonly name: string;
  /** Where it lives; stores may share one. */
  readonly backend: StateBackend;
  readonly isCached: boolean;
  /** What of it may stay in memory though its backend has it, in bytes. */
  readonly cacheBytesMax: number;
  /** Kernels change it: see KernelTable. */
  readonly inKernels: boolean;
}

/** A changelog record, and the row that made it. */
export interface RowLogged {
  readonly row: number;
  readonly record: LoggedRecord;
}

/** Of a changelog: where it is, as far as the broker has acknowledged what this task has written. */
interface Written {
  topicId: string;
  committed: bigint | undefined;
  acknowledged: bigint | undefined;
}

/**
 * All that a task remembers in stores. It outlives runners and kernel instances: only a rollback changes it back.
 *
 *   put … -undoFrom, settle-> cut -> commit -> flush to the backends, when there is enough of it
 *                               any -rollback-> as of the last commit
 */
export class TaskState implements StoreSurroundings {
  /** Set before each row: by it changes are undone, and changelog records ordered. */
  row = 0;
  headers: Uint8Array = NO_HEADERS;
  readonly stores: ReadonlyMap<string, TaskStore>;
  readonly #backends: ReadonlyMap<string, StateBackend>;
  readonly #logged = new Map<string, RowLogged[]>();
  readonly #written = new Map<string, Written>();

  constructor(stores: readonly StoreToOpen[]) {
    this.#backends = new Map(stores.map(({ name, backend }) => [name, backend]));
    this.stores = new Map(
      stores.map(({ name, backend, isCached, cacheBytesMax, inKernels }) => {
        const Table = inKernels ? KernelTable : StoreTable;
        // kernels keep their own news back
        return [name, new TaskStore(new Table(name, backend, cacheBytesMax), this, isCached && !inKernels)];
      }),
    );
  }

  store(name: string): TaskStore {
    const store = this.stores.get(name);
    assert(store !== undefined, `the task has a store ${name}`);
    return store;
  }

  // ---- the batch that runs

  log({ name }: TaskStore, record: LoggedRecord): void {
    const logged = this.#logged.get(name);
    if (logged === undefined) this.#logged.set(name, [{ row: this.row, record }]);
    else logged.push({ row: this.row, record });
  }

  /** What the batch has for each changelog so far, in the order of the changes. */
  get logged(): ReadonlyMap<string, readonly RowLogged[]> {
    return this.#logged;
  }

  /** Nothing of rows from `row` on stays. */
  undoFrom(row: number): void {
    for (const store of this.stores.values()) store.undoFrom(row);
    for (const logged of this.#logged.values()) {
      while (logged.length > 0 && logged.at(-1)!.row >= row) logged.pop();
    }
  }

  /** The batch is over, and its changelog records are taken. */
  settle(): void {
    for (const store of this.stores.values()) store.settle();
    this.#logged.clear();
    this.row = 0;
  }

  /** Changes that wait in record caches, about. */
  get pendingBytes(): number {
    let bytes = 0;
    for (const { pending, table } of this.stores.values()) {
      bytes += table instanceof KernelTable ? table.pendingBytes : (pending?.bytes ?? 0);
    }
    return bytes;
  }

  /** Tells the news of all caches, also what comes of that. */
  flushPending(): void {
    while ([...this.stores.values()].map((store) => store.flushPending()).some(Boolean));
  }

  // ---- the instance whose kernels change some stores

  attach(kernel: KernelInstance): void {
    for (const { table } of this.stores.values()) if (table instanceof KernelTable) table.attach(kernel);
  }

  detach(): void {
    for (const { table } of this.stores.values()) if (table instanceof KernelTable) table.detach();
  }

  // ---- transactions

  cut(): void {
    for (const { table } of this.stores.values()) table.cut();
  }

  commit(): void {
    for (const { table } of this.stores.values()) table.commit();
    for (const written of this.#written.values()) {
      written.committed = written.acknowledged ?? written.committed;
      written.acknowledged = undefined;
    }
  }

  rollback(): void {
    for (const store of this.stores.values()) store.rollback();
    for (const written of this.#written.values()) written.acknowledged = undefined;
    this.#logged.clear();
    this.row = 0;
  }

  // ---- changelogs

  /** The store is as its changelog says up to `offset`: after a restore. */
  restored(store: string, topicId: string, offset: bigint): void {
    this.#written.set(store, { topicId, committed: offset, acknowledged: undefined });
  }

  /** The broker has stored what the open transaction wrote, up to and without this offset. undefined: nobody knows. */
  acknowledged(store: string, next: bigint | undefined): void {
    const written = this.#written.get(store);
    if (written === undefined || next === undefined) return;
    if (written.acknowledged === undefined || next > written.acknowledged) written.acknowledged = next;
  }

  // ---- backends

  get unflushedBytes(): number {
    let bytes = 0;
    for (const { table } of this.stores.values()) bytes += table.unflushedBytes;
    return bytes;
  }

  /**
   * Writes what is committed to the backends, each in one transaction with its changelog positions. A table that kernels
   * change may be ahead of its position: what a restart then reads again changes nothing. So its entries go neighbours by
   * neighbours, since a transaction holds all pages that it changes in memory.
   *
   * @param now milliseconds since the epoch.
   */
  flush(now: number): void {
    const byBackend = Map.groupBy(this.#backends, ([, backend]) => backend);
    for (const [backend, stores] of byBackend) {
      const tables = stores.map(([name]) => this.store(name).table);
      const changes = tables.map((table) => {
        const all = table.unflushed(this.#positionOf(table.name, now));
        return table instanceof KernelTable
          ? { ...all, entries: commitAhead(backend, all, ENTRIES_AHEAD) }
          : all;
      });
      backend.commit(changes);
      for (const table of tables) table.flushed();
    }
  }

  #positionOf(store: string, now: number): ChangelogPosition | undefined {
    const written = this.#written.get(store);
    if (written?.committed === undefined) return undefined;
    return { topicId: written.topicId, offset: written.committed, at: now };
  }

  async close(): Promise<void> {
    await Promise.all([...new Set(this.#backends.values())].map((backend) => backend.close()));
  }
}
