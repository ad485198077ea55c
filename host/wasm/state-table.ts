import {
  CHANGE_KEY_AT,
  CHANGE_KEY_LENGTH_AT,
  CHANGE_VALUE_LENGTH_AT,
  ENTRY_KEY_AT,
  ENTRY_KEY_LENGTH_AT,
  ENTRY_NEXT_DUE_AT,
  FOUND_LENGTH_AT,
  FOUND_VALUE_AT,
  STATE_ENTRIES_AT,
  STATE_HELD_AT,
  STATE_UNFLUSHED_AT,
  STATE_UNFLUSHED_BYTES_AT,
  STATE_USED_AT,
  VALUE_ABSENT,
  VALUE_UNKNOWN,
} from "../../kernels/abi/state.ts";
import { assert } from "../assert.ts";
import type { LinearMemory } from "./linear-memory.ts";

const WHAT = "a store's table";
const BUCKETS_ALL = 0xffff_ffff;
/** Some buckets for each row of a large batch. */
const BUCKETS_OF_A_BATCH = 4096;

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

  constructor(memory: LinearMemory, { bytesMax, cacheBytesMax, source }: StateTableSettings) {
    this.#memory = memory;
    this.#source = source;
    this.#cacheBytesMax = cacheBytesMax;
    const complete = source === undefined ? 1 : 0;
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

  get hasSource(): boolean {
    return this.#source !== undefined;
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
    const found = this.#memory.call((kernels) => kernels.stateChanges(this.address));
    if (found === 0) throw this.#memory.full(WHAT);
    const { at, length } = this.#found(found);
    return this.#copy(at, length)!;
  }

  /** The last cut is final. */
  commit(): void {
    this.#memory.call((kernels) => kernels.stateCommit(this.address));
  }

  /** Undoes everything that is not committed. */
  rollback(): void {
    this.#memory.call((kernels) => kernels.stateRollback(this.address));
  }

  /** What a flush has to write, as of the last commit. Copies. */
  unflushed(): (readonly [key: Uint8Array, value: Uint8Array | undefined])[] {
    const changes: (readonly [Uint8Array, Uint8Array | undefined])[] = [];
    let entry = this.#memory.wordAt(this.address + STATE_UNFLUSHED_AT);
    for (; entry !== 0; entry = this.#memory.wordAt(entry + ENTRY_NEXT_DUE_AT)) {
      const found = this.#found(
        this.#memory.call((kernels) => kernels.stateCommittedOf(this.address, entry)),
      );
      const key = this.#copy(entry + ENTRY_KEY_AT, this.#memory.wordAt(entry + ENTRY_KEY_LENGTH_AT))!;
      changes.push([key, this.#copy(found.at, found.length)]);
    }
    return changes;
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

  /** Where twice as much is in memory as may stay: lets some go, as many as a batch brings in and no long walk. */
  relieve(): void {
    if (this.#source === undefined || this.usedBytes <= 2 * this.#cacheBytesMax) return;
    this.#memory.call((kernels) => kernels.stateEvict(this.address, this.#cacheBytesMax, BUCKETS_OF_A_BATCH));
  }

  /** Forgets all that is in memory. */
  reset(): void {
    this.#memory.fitted(
      this.#memory.call((kernels) => kernels.stateReset(this.address)),
      WHAT,
    );
  }

  close(): void {
    if (!this.#memory.dead) this.#memory.call((kernels) => kernels.stateFree(this.address));
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

  #stage(key: Uint8Array, value: Uint8Array | undefined): number {
    const bytes = key.length + (value?.length ?? 0);
    const at = this.#memory.call((kernels) => kernels.stateStage(bytes));
    if (at === 0) throw this.#memory.full(WHAT);
    this.#memory.bytes.set(key, at);
    if (value !== undefined) this.#memory.bytes.set(value, at + key.length);
    return at;
  }
}

/** Reads CHANGES: keys and values are views; undefined: the entry is deleted. */
export function* changesIn(
  changes: Uint8Array,
): Iterable<readonly [key: Uint8Array, value: Uint8Array | undefined]> {
  const view = new DataView(changes.buffer, changes.byteOffset, changes.length);
  for (let at = 0; at < changes.length; ) {
    const valueAt = at + CHANGE_KEY_AT + view.getUint32(at + CHANGE_KEY_LENGTH_AT, true);
    const valueLength = view.getInt32(at + CHANGE_VALUE_LENGTH_AT, true);
    const key = changes.subarray(at + CHANGE_KEY_AT, valueAt);
    at = valueAt + Math.max(0, valueLength);
    yield [key, valueLength === VALUE_ABSENT ? undefined : changes.subarray(valueAt, at)];
  }
}
