import { assert } from "../assert.ts";
import type { KernelInstance } from "../wasm/kernel-instance.ts";
import { changesIn, type StateTable } from "../wasm/state-table.ts";
import { type KeyText, keyBytes, keyText } from "./key-text.ts";
import type { TextRange } from "./ordered-keys.ts";
import type { ChangelogPosition, StateBackend, StoreChanges } from "./state-backend.ts";
import { StoreTable, type TableEntry } from "./store-table.ts";

/** What a store's table can do, wherever its entries are. */
export type Table = {
  readonly [Part in Exclude<keyof StoreTable, "hasEntries" | "reset">]: StoreTable[Part];
};

/**
 * A store that kernels change: its table is in the linear memory of the runner's instance, as long as one is attached.
 * A lost instance loses nothing:
 *
 *   kernels -> linear memory --cut--> CHANGES, closing --commit--> CHANGES, committed --flush--> backend
 *                                     in this process's memory     |
 *                                                                  +-- instance lost: the table in JavaScript has them
 *
 * What is not cut is lost with its instance, and rolled back before anything else happens.
 */
export class KernelTable implements Table {
  readonly name: string;
  readonly #backend: StateBackend;
  /** Has all that is committed, but for `#committed`; and everything, while no instance is attached. */
  readonly #host: StoreTable;
  readonly #cacheBytesMax: number;
  #kernel: StateTable | undefined;
  /** CHANGES by generation, the oldest first, that neither the table in JavaScript nor the backend has. */
  #committed: Uint8Array[] = [];
  #committedBytes = 0;
  #closing: Uint8Array | undefined;
  /** An instance was lost, and with it what was open. */
  #mustRollBack = false;

  /** @param cacheBytesMax what may stay in linear memory though the backend has it, in bytes. */
  constructor(name: string, backend: StateBackend, cacheBytesMax: number) {
    this.name = name;
    this.#backend = backend;
    this.#host = new StoreTable(name, backend, 0);
    this.#cacheBytesMax = cacheBytesMax;
  }

  // ---- the instance

  /** From now on kernels of this instance change it. Nothing may be open or closing. */
  attach(kernel: KernelInstance): void {
    this.detach();
    this.#kernel = kernel.newStateTable({
      bytesMax: TABLE_BYTES_MAX,
      cacheBytesMax: this.#cacheBytesMax,
      source: { get: (key) => this.#load(key) },
      sourceIsEmpty: !this.#host.hasEntries && isEmpty(this.#backend.range(this.name, {})),
    });
  }

  /** Goes on without an instance. What is open is lost. */
  detach(): void {
    const kernel = this.#kernel;
    if (kernel === undefined) return;
    this.#kernel = undefined;
    this.#absorb();
    if (kernel.dead) this.#mustRollBack = true;
    else kernel.close();
  }

  /** For kernels; undefined: none is attached. */
  get inKernels(): StateTable | undefined {
    if (this.#kernel?.dead === true) this.detach();
    return this.#kernel;
  }

  /** The committed bytes of a key that is not in linear memory. */
  #load(key: Uint8Array): Uint8Array | undefined {
    return this.#host.hasEntries ? this.#host.committed(keyText(key)) : this.#backend.get(this.name, key);
  }

  /** Puts what is committed where it outlives the instance, and can be scanned. */
  #absorb(): void {
    for (const changes of this.#committed) {
      for (const [key, value] of changesIn(changes)) this.#host.put(keyText(key), value, 0);
    }
    this.#committed = [];
    this.#committedBytes = 0;
    this.#host.settle();
    this.#host.cut();
    this.#host.commit();
  }

  // ---- reading

  get(key: KeyText): Uint8Array | undefined {
    return this.inKernels === undefined ? this.#host.get(key) : this.inKernels.get(keyBytes(key));
  }

  range(range: TextRange): Iterable<TableEntry> {
    assert(this.inKernels === undefined, `no processor scans ${this.name}, which kernels change`);
    return this.#host.range(range);
  }

  committed(key: KeyText): Uint8Array | undefined {
    return this.inKernels === undefined ? this.#host.committed(key) : this.inKernels.committed(keyBytes(key));
  }

  committedRange(range: TextRange): Iterable<TableEntry> {
    if (this.inKernels !== undefined) this.#absorb();
    return this.#host.committedRange(range);
  }

  get size(): number {
    if (this.inKernels !== undefined) this.#absorb();
    return this.#host.size;
  }

  // ---- changing

  put(key: KeyText, value: Uint8Array | undefined, row: number): void {
    if (this.inKernels === undefined) this.#host.put(key, value, row);
    else this.inKernels.put(keyBytes(key), value, row);
  }

  undoFrom(row: number): void {
    (this.inKernels ?? this.#host).undoFrom(row);
  }

  settle(): void {
    (this.inKernels ?? this.#host).settle();
  }

  // ---- generations

  cut(): void {
    assert(this.#closing === undefined, `one transaction of ${this.name} ends at a time`);
    const kernel = this.inKernels;
    assert(!this.#mustRollBack, `${this.name} is rolled back once its instance is lost`);
    if (kernel === undefined) this.#host.cut();
    else this.#closing = kernel.cut();
  }

  commit(): void {
    const closing = this.#closing;
    this.#closing = undefined;
    this.inKernels?.commit();
    if (closing === undefined) {
      this.#host.commit();
    } else if (closing.length > 0) {
      this.#committed.push(closing);
      this.#committedBytes += closing.length;
      if (this.inKernels === undefined) this.#absorb();
    }
  }

  rollback(): void {
    this.#closing = undefined;
    this.inKernels?.rollback();
    this.#host.rollback();
    this.#mustRollBack = false;
  }

  /** What waits in the record cache, in bytes: kernels hold it in place of PendingUpdates. */
  get pendingBytes(): number {
    return this.inKernels?.pendingBytes ?? 0;
  }

  get unflushedBytes(): number {
    return this.#committedBytes + this.#host.unflushedBytes;
  }

  unflushed(position: ChangelogPosition | undefined): StoreChanges {
    const kernel = this.inKernels;
    const recovered = this.#host.unflushed(position);
    return kernel === undefined
      ? recovered
      : { ...recovered, entries: inTurn(recovered.entries, kernel.unflushed()) };
  }

  flushed(): void {
    this.#committed = [];
    this.#committedBytes = 0;
    this.inKernels?.flushed();
    this.#host.flushed();
  }
}

function isEmpty(entries: Iterable<unknown>): boolean {
  for (const _ of entries) return false;
  return true;
}

/** The last one of a key counts. */
function* inTurn<Entry>(first: Iterable<Entry>, second: Iterable<Entry>): Iterable<Entry> {
  yield* first;
  yield* second;
}

/** Of one table: what is dirty is bounded by what a transaction may have, and by what waits for a flush. */
const TABLE_BYTES_MAX = 512 << 20;
