import {
  CHANGE_KEY_AT,
  CHANGE_KEY_LENGTH_AT,
  CHANGE_VALUE_LENGTH_AT,
  FOUND_LENGTH_AT,
  FOUND_VALUE_AT,
  STATE_COMPLETE_AT,
  STATE_ENTRIES_AT,
  STATE_HELD_AT,
  STATE_PENDING_BYTES_AT,
  STATE_PENDING_COUNT_AT,
  STATE_UNFLUSHED_BYTES_AT,
  STATE_USED_AT,
  VALUE_ABSENT,
  VALUE_UNKNOWN,
  WRITTEN_AT_AT,
  WRITTEN_LENGTH_AT,
  WRITTEN_NEXT_AT,
} from "../../kernels/abi/state.ts";
import { assert } from "../assert.ts";
import type { KernelExports } from "./kernel-exports.ts";
import type { LinearMemory } from "./linear-memory.ts";

const WHAT = "a store's table";
const BUCKETS_ALL = 0xffff_ffff;
/** Some buckets for each row of a large batch. */
const BUCKETS_OF_A_BATCH = 4096;
/** CHANGES are copied out so many bytes at a time. */
const PART_BYTES = 1 << 16;

/** What a table is a cache of. */
export interface StateSource {
  /** The bytes under a key; undefined: none. */
  get(key: Uint8Array): Uint8Array | undefined;
}

export interface StateTableSettings {
  /** What the table may take of linear memory, in bytes, beside its head of 17 kB. */
  readonly bytesMax: number;
  /** What may stay in memory though the source has it, in bytes. */
  readonly cacheBytesMax: number;
  /** undefined: the table has all there is, and evicts nothing. */
  readonly source: StateSource | undefined;
  /** The source has nothing: until something is evicted, what is not in memory is nowhere. */
  readonly sourceIsEmpty?: boolean;
}

/**
 * One store of one task in linear memory, where kernels change it: with the two generations and the meaning of
 * StoreTable (host/state/store-table.ts). Not called while a kernel is between two parts of a batch, but for `undoFrom`.
 *
 * Errors, of all that may need memory: KERNEL_MEMORY_FULL, and nothing is changed: commit and flush, then try again.
 */
export class StateTable {
  /** Address of the STATE (kernels/abi/state.ts). */
  readonly address: number;
  readonly #memory: LinearMemory;
  readonly #source: StateSource | undefined;
  readonly #cacheBytesMax: number;

  constructor(memory: LinearMemory, settings: StateTableSettings) {
    const { bytesMax, cacheBytesMax, source, sourceIsEmpty = false } = settings;
    this.#memory = memory;
    this.#source = source;
    this.#cacheBytesMax = cacheBytesMax;
    const complete = source === undefined || sourceIsEmpty ? 1 : 0;
    this.address = memory.fitted(
      memory.call((kernels) => kernels.stateNew(bytesMax, complete)),
      WHAT,
    );
  }

  /** A trap has ended the instance, and all that the table held is gone. */
  get dead(): boolean {
    return this.#memory.dead;
  }

  /** Entries in memory, those that are known to be absent among them. */
  get entries(): number {
    return this.#memory.wordAt(this.address + STATE_ENTRIES_AT);
  }

  /** Bytes of its blocks in use. */
  get usedBytes(): number {
    return this.#memory.wordAt(this.address + STATE_USED_AT);
  }

  /** Bytes that it has taken of linear memory. */
  get heldBytes(): number {
    return this.#memory.wordAt(this.address + STATE_HELD_AT);
  }

  /** Bytes that are committed and not flushed, about. */
  get unflushedBytes(): number {
    return this.#memory.wordAt(this.address + STATE_UNFLUSHED_BYTES_AT);
  }

  // ---- reading

  /** A copy. */
  get(key: Uint8Array): Uint8Array | undefined {
    const { length, at } = this.#find(key, "stateGet");
    if (length !== VALUE_UNKNOWN) return this.#copy(at, length);
    const loaded = this.#source?.get(key);
    if (this.usedBytes > 2 * this.#cacheBytesMax) this.evict();
    this.load(key, loaded);
    return loaded;
  }

  /** As of the last commit, whatever is being computed. A copy. */
  committed(key: Uint8Array): Uint8Array | undefined {
    const { length, at } = this.#find(key, "stateCommitted");
    return length === VALUE_UNKNOWN ? this.#source?.get(key) : this.#copy(at, length);
  }

  /** Takes in what the source has under a key, for a kernel. */
  load(key: Uint8Array, value: Uint8Array | undefined): void {
    this.#fit(key, value, (at, valueAt, length) =>
      this.#memory.live.stateLoad(this.address, at, key.length, valueAt, length),
    );
  }

  /** Takes in what the source has under a key. */
  loadFromSource(key: Uint8Array): void {
    assert(this.#source !== undefined, "a complete table misses no key");
    this.load(key, this.#source.get(key));
  }

  /** What is not in memory is nowhere. */
  get isComplete(): boolean {
    return this.#memory.wordAt(this.address + STATE_COMPLETE_AT) !== 0;
  }

  // ---- changing

  /** @param row of the batch that runs, never falling: `undoFrom` undoes by it. undefined as value deletes. */
  put(key: Uint8Array, value: Uint8Array | undefined, row: number): void {
    this.#fit(key, value, (at, valueAt, length) =>
      this.#memory.live.statePut(this.address, at, key.length, valueAt, length, row),
    );
  }

  /** Undoes what rows from `row` on have changed since the last `settle`. */
  undoFrom(row: number): void {
    this.#memory.call((kernels) => kernels.stateUndoFrom(this.address, row));
  }

  /** The batch is over: what it has changed and not undone stays, unless the transaction is rolled back. */
  settle(): void {
    this.#memory.call((kernels) => kernels.stateSettle(this.address));
  }

  /** @returns CHANGES: what the generation that closes has changed, as a copy. */
  cut(): Uint8Array {
    this.#memory.call((kernels) => kernels.stateCut(this.address));
    return this.#written((kernels) => kernels.stateChanges(this.address)).changes;
  }

  /** The last cut is final. */
  commit(): void {
    this.#memory.call((kernels) => kernels.stateCommit(this.address));
  }

  /** Undoes everything that is not committed. */
  rollback(): void {
    this.#memory.call((kernels) => kernels.stateRollback(this.address));
  }

  /** What a flush has to write, as of the last commit, in the order of the keys; read as it is asked for. */
  *unflushed(): Iterable<ChangedEntry> {
    this.#memory.call((kernels) => kernels.stateSortDue(this.address));
    for (let next = 0, isFirst = true; isFirst || next !== 0; isFirst = false) {
      const from = next;
      const part = this.#written((kernels) => kernels.stateDue(this.address, from, PART_BYTES));
      yield* changesIn(part.changes);
      next = part.next;
    }
  }

  /** What `unflushed` gave is in the source. */
  flushed(): void {
    this.#memory.call((kernels) => kernels.stateFlushed(this.address));
    this.evict();
  }

  /** Lets entries go that equal the source's, until no more than cacheBytesMax is in use. */
  evict(): void {
    if (this.#source === undefined) return;
    this.#memory.call((kernels) => kernels.stateEvict(this.address, this.#cacheBytesMax, BUCKETS_ALL));
  }

  /** Where more is in memory than may stay: lets some go, as many as a batch brings in and no long walk. */
  relieve(): void {
    if (this.#source === undefined || this.usedBytes <= 1.25 * this.#cacheBytesMax) return;
    this.#memory.call((kernels) => kernels.stateEvict(this.address, this.#cacheBytesMax, BUCKETS_OF_A_BATCH));
  }

  /** Forgets all that is in memory. */
  reset(): void {
    this.#memory.fitted(
      this.#memory.call((kernels) => kernels.stateReset(this.address)),
      WHAT,
    );
    if (this.#source !== undefined) this.#memory.words[(this.address + STATE_COMPLETE_AT) >> 2] = 0;
  }

  close(): void {
    if (!this.#memory.dead) this.#memory.call((kernels) => kernels.stateFree(this.address));
  }

  // ---- record cache, see KernelAggregate

  /** What waits to be told, as Kafka Streams counts it. */
  get pendingBytes(): number {
    return this.#memory.wordAt(this.address + STATE_PENDING_BYTES_AT);
  }

  /** Changes that wait, outdated ones among them. */
  get pendings(): number {
    return this.#memory.wordAt(this.address + STATE_PENDING_COUNT_AT);
  }

  /** All that waits is told. */
  told(): void {
    this.#memory.call((kernels) => kernels.stateTold(this.address));
  }

  // ---- crossing

  /** Once more after an eviction, if there is no room. */
  #fit(
    key: Uint8Array,
    value: Uint8Array | undefined,
    run: (key: number, value: number, valueLength: number) => number,
  ): void {
    const length = value?.length ?? VALUE_ABSENT;
    const attempt = () => {
      const at = this.#stage(key, value);
      return this.#memory.call(() => run(at, at + key.length, length));
    };
    if (attempt() === 0) return;
    this.evict();
    this.#memory.fitted(attempt(), WHAT);
  }

  #find(key: Uint8Array, call: "stateGet" | "stateCommitted") {
    const at = this.#stage(key, undefined);
    return this.#found(this.#memory.call((kernels) => kernels[call](this.address, at, key.length)));
  }

  #found(found: number) {
    return {
      length: this.#memory.wordAt(found + FOUND_LENGTH_AT),
      at: this.#memory.wordAt(found + FOUND_VALUE_AT),
    };
  }

  #copy(at: number, length: number): Uint8Array | undefined {
    return length < 0 ? undefined : Uint8Array.prototype.slice.call(this.#memory.bytes, at, at + length);
  }

  #written(write: (kernels: KernelExports) => number) {
    const written = this.#memory.call(write);
    if (written === 0) throw this.#memory.full(WHAT);
    const at = this.#memory.wordAt(written + WRITTEN_AT_AT);
    const changes = new Uint8Array(this.#memory.wordAt(written + WRITTEN_LENGTH_AT));
    changes.set(this.#memory.bytes.subarray(at, at + changes.length));
    return { changes, next: this.#memory.wordAt(written + WRITTEN_NEXT_AT) };
  }

  #stage(key: Uint8Array, value: Uint8Array | undefined): number {
    const bytes = key.length + (value?.length ?? 0);
    const at = this.#memory.call((kernels) => kernels.stateStage(bytes));
    if (at === 0) throw this.#memory.full(WHAT);
    this.#memory.bytes.set(key, at);
    if (value !== undefined) this.#memory.bytes.set(value, at + key.length);
    return at;
  }
}

/** undefined: the entry is deleted. */
export type ChangedEntry = readonly [key: Uint8Array, value: Uint8Array | undefined];

/** Reads CHANGES. Keys and values are copies: small ones cost less than views. */
export function* changesIn(changes: Uint8Array): Iterable<ChangedEntry> {
  const view = new DataView(changes.buffer, changes.byteOffset, changes.length);
  for (let at = 0; at < changes.length; ) {
    const valueAt = at + CHANGE_KEY_AT + view.getUint32(at + CHANGE_KEY_LENGTH_AT, true);
    const valueLength = view.getInt32(at + CHANGE_VALUE_LENGTH_AT, true);
    const key = changes.slice(at + CHANGE_KEY_AT, valueAt);
    at = valueAt + Math.max(0, valueLength);
    yield [key, valueLength === VALUE_ABSENT ? undefined : changes.slice(valueAt, at)];
  }
}
