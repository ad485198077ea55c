import type { Table } from "./kernel-table.ts";
import type { KeyText } from "./key-text.ts";
import type { TextRange } from "./ordered-keys.ts";
import { PendingUpdates } from "./pending-updates.ts";
import type { LoggedRecord, StoreAccess } from "./store-access.ts";
import type { TableEntry } from "./store-table.ts";

/** What a store of a task asks of the task. */
export interface StoreSurroundings {
  /** The row that runs. */
  readonly row: number;
  /** Raw headers of the record that runs; they may be a view of memory that is used again. */
  readonly headers: Uint8Array;
  /** A record for the store's changelog, made by the row that runs. */
  log(store: TaskStore, record: LoggedRecord): void;
}

/** Told of each entry when its cache is flushed. */
export type FlushListener = (entry: FlushedEntry) => void;

/** News of one entry: of several changes the last one. */
export interface FlushedEntry {
  readonly key: KeyText;
  readonly value: Uint8Array | undefined;
  /** What it was when the cache was flushed before. */
  readonly before: Uint8Array | undefined;
  /** The changelog record of the last change; undefined: none. */
  readonly logged: LoggedRecord | undefined;
  /** Raw headers of the record that made the last change. */
  readonly headers: Uint8Array;
}

/** One store of a task: its table, its changelog, its record cache. */
export class TaskStore implements StoreAccess {
  readonly name: string;
  readonly table: Table;
  /** undefined: each change is told at once. */
  readonly pending: PendingUpdates | undefined;
  /** Hears of what the cache gives out. */
  listener: FlushListener | undefined;
  readonly #around: StoreSurroundings;

  constructor(table: Table, around: StoreSurroundings, isCached: boolean) {
    this.name = table.name;
    this.table = table;
    this.#around = around;
    this.pending = isCached ? new PendingUpdates() : undefined;
  }

  get(key: KeyText): Uint8Array | undefined {
    return this.table.get(key);
  }

  range(range: TextRange): Iterable<TableEntry> {
    return this.table.range(range);
  }

  get size(): number {
    return this.table.size;
  }

  get isCached(): boolean {
    return this.pending !== undefined;
  }

  put(key: KeyText, value: Uint8Array | undefined, logged: LoggedRecord | undefined): void {
    const { row } = this.#around;
    if (this.pending === undefined) {
      if (logged !== undefined) this.#around.log(this, logged);
    } else if (logged !== undefined) {
      const before = this.table.get(key);
      const headers = Uint8Array.from(this.#around.headers);
      this.pending.add(key, { before, logged, headers }, row);
    }
    this.table.put(key, value, row);
  }

  /** Tells all news; what the listener puts into this store meanwhile waits for the next flush. @returns whether there were any. */
  flushPending(): boolean {
    if (this.pending === undefined || this.pending.count === 0) return false;
    for (const [key, { before, logged, headers }] of this.pending.take(this.#around.row)) {
      if (logged !== undefined) this.#around.log(this, logged);
      this.listener?.({ key, value: this.table.get(key), before, logged, headers });
    }
    return true;
  }

  undoFrom(row: number): void {
    this.table.undoFrom(row);
    this.pending?.undoFrom(row);
  }

  settle(): void {
    this.table.settle();
    this.pending?.settle();
  }

  rollback(): void {
    this.table.rollback();
    this.pending?.clear();
  }
}
