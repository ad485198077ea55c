import { assert } from "../assert.ts";
import { type KeyText, keyBytes } from "./key-text.ts";
import { firstOfBoth, OrderedKeys, SCAN_ENTRIES, type TextRange } from "./ordered-keys.ts";
import type { ChangelogPosition, StateBackend, StoreChanges } from "./state-backend.ts";

/** Bytes under a key; null: the entry is deleted. */
type Entry = Uint8Array | null;
/** What a key had before; undefined: it was not in memory, so that the backend says. */
type Before = Entry | undefined;

/** One change of the batch that runs, for the way back. */
interface LoggedChange {
  readonly key: KeyText;
  readonly before: Before;
  /** The first change of this key since the last cut. */
  readonly isFirst: boolean;
  readonly row: number;
}

export type TableEntry = readonly [key: KeyText, value: Uint8Array];

/** Memory that an entry takes beside its bytes, about. */
const ENTRY_BYTES = 120;

/**
 * One store of one task in memory, before its backend: what is not flushed yet, what was read, and the journal that
 * leads back.
 *
 *   put -> open -cut-> closing -committed-> unflushed -flush-> in the backend, still cached
 *           ^ undoFrom(row): back within the batch that runs
 *           ^ rollback: open and closing are undone
 *
 * An entry may leave memory only if it equals the backend's and no journal names it.
 */
export class StoreTable {
  readonly name: string;
  readonly #backend: StateBackend;
  readonly #cacheBytesMax: number;
  readonly #entries = new Map<KeyText, Entry>();
  #bytes = 0;
  /** By key: what it had at the last cut (at the one before). Both journals of DESIGN's two generations. */
  #open = new Map<KeyText, Before>();
  #closing = new Map<KeyText, Before>();
  #log: LoggedChange[] = [];
  /** Keys whose committed value the backend does not have. */
  #unflushed = new Set<KeyText>();
  #unflushedBytes = 0;
  /** Keys in memory that a scan must merge with the backend's, or all there are; undefined: nobody has scanned yet. */
  #ordered: OrderedKeys | undefined;
  /** See `#isWhole`; undefined: not known. */
  #whole: boolean | undefined;

  /** @param cacheBytesMax what may stay in memory though the backend has it, in bytes. */
  constructor(name: string, backend: StateBackend, cacheBytesMax: number) {
    this.name = name;
    this.#backend = backend;
    this.#cacheBytesMax = cacheBytesMax;
  }

  // ---- reading

  /** The bytes must not be changed. */
  get(key: KeyText): Uint8Array | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) return entry ?? undefined;
    if (this.#isWhole) return undefined;
    const loaded = this.#backend.get(this.name, keyBytes(key));
    this.#keep(key, loaded ?? null);
    return loaded;
  }

  /** In the order of the keys' bytes. Changes made meanwhile are seen or not; none is seen twice. */
  range(range: TextRange): Iterable<TableEntry> {
    return this.#scan(range, (key) => this.#entries.get(key));
  }

  /** As of the last commit, whatever is being computed. */
  committed(key: KeyText): Uint8Array | undefined {
    const entry = this.#committedEntry(key);
    return entry === undefined ? this.#stored(key) : (entry ?? undefined);
  }

  committedRange(range: TextRange): Iterable<TableEntry> {
    return this.#scan(range, (key) => this.#committedEntry(key));
  }

  /** Something is in memory: without, all that is committed is in the backend. */
  get hasEntries(): boolean {
    return this.#entries.size > 0;
  }

  /** Entries, about. */
  get size(): number {
    let size = this.#backend.size(this.name);
    for (const key of this.#unflushed) size += this.#entries.get(key) === null ? 0 : 1;
    return size;
  }

  #committedEntry(key: KeyText): Before {
    if (this.#closing.has(key)) return this.#closing.get(key);
    if (this.#open.has(key)) return this.#open.get(key);
    return this.#entries.get(key);
  }

  /** All that the backend has is in memory as well: nobody asks it. So it is from its first entry on, until one must leave. */
  get #isWhole(): boolean {
    this.#whole ??= this.#cacheBytesMax > 0 && this.#backend.size(this.name) === 0;
    return this.#whole;
  }

  #stored(key: KeyText): Uint8Array | undefined {
    return this.#isWhole ? undefined : this.#backend.get(this.name, keyBytes(key));
  }

  *#scan(range: TextRange, entryOf: (key: KeyText) => Before): Iterable<TableEntry> {
    for (let rest: TextRange | undefined = range; rest !== undefined; ) {
      this.#ordered ??= new OrderedKeys(
        this.#isWhole
          ? this.#entries.keys()
          : [...this.#unflushed, ...this.#closing.keys(), ...this.#open.keys()],
      );
      const stored = this.#isWhole ? undefined : this.#backend.range(this.name, rangeBytes(rest));
      const part = firstOfBoth(this.#ordered, stored, rest, SCAN_ENTRIES);
      for (const [key, bytes] of part.found) {
        const entry = entryOf(key);
        const value = entry === undefined ? (bytes ?? this.#stored(key)) : entry;
        if (value !== null && value !== undefined) yield [key, value];
      }
      rest = part.rest;
    }
  }

  // ---- changing

  /** @param row of the batch that runs: `undoFrom` undoes by it. undefined as value deletes. */
  put(key: KeyText, value: Uint8Array | undefined, row: number): void {
    const before: Before = this.#entries.get(key);
    const isFirst = !this.#open.has(key);
    if (isFirst) {
      this.#open.set(key, before);
      this.#ordered?.add(key);
    }
    this.#log.push({ key, before, isFirst, row });
    this.#set(key, value ?? null);
  }

  /** Undoes what rows from `row` on have changed since the last `settle`. */
  undoFrom(row: number): void {
    for (let last = this.#log.at(-1); last !== undefined && last.row >= row; last = this.#log.at(-1)) {
      this.#log.pop();
      this.#restore(last.key, last.before);
      if (last.isFirst) this.#open.delete(last.key);
    }
  }

  /** The batch is over: what it has changed and not undone stays, unless the transaction is rolled back. */
  settle(): void {
    this.#log = [];
  }

  // ---- generations

  cut(): void {
    assert(this.#closing.size === 0, `one transaction of ${this.name} ends at a time`);
    assert(this.#log.length === 0, `${this.name} is cut between batches`);
    this.#closing = this.#open;
    this.#open = new Map();
  }

  /** The last cut is final. */
  commit(): void {
    for (const key of this.#closing.keys()) {
      if (this.#unflushed.has(key)) continue;
      this.#unflushed.add(key);
      this.#unflushedBytes += key.length + ENTRY_BYTES + (this.#entries.get(key)?.length ?? 0);
    }
    this.#closing = new Map();
  }

  /** Undoes everything that is not committed. */
  rollback(): void {
    this.#log = [];
    for (const [key, before] of this.#open) this.#restore(key, before);
    for (const [key, before] of this.#closing) this.#restore(key, before);
    this.#open = new Map();
    this.#closing = new Map();
  }

  /** Bytes that are committed and not flushed, about. */
  get unflushedBytes(): number {
    return this.#unflushedBytes;
  }

  /** What a flush has to write. */
  unflushed(position: ChangelogPosition | undefined): StoreChanges {
    const keys = [...this.#unflushed];
    const entries = keys.map((key) => [keyBytes(key), this.#committedEntry(key) ?? undefined] as const);
    return { store: this.name, entries, position };
  }

  /** What `unflushed` gave is in the backend. */
  flushed(): void {
    if (this.#isWhole) this.#forgetDeleted();
    else this.#ordered = undefined;
    this.#unflushed = new Set();
    this.#unflushedBytes = 0;
    this.#evict();
  }

  /** Forgets all that is in memory: the backend has been cleared, or written by somebody else. */
  reset(): void {
    this.#entries.clear();
    this.#bytes = 0;
    this.#open = new Map();
    this.#closing = new Map();
    this.#log = [];
    this.#unflushed = new Set();
    this.#unflushedBytes = 0;
    this.#ordered = undefined;
    this.#whole = undefined;
  }

  // ---- memory

  /** What was read from the backend. */
  #keep(key: KeyText, entry: Entry): void {
    if (this.#cacheBytesMax === 0) return;
    this.#set(key, entry);
    if (this.#bytes > 2 * this.#cacheBytesMax) this.#evict();
  }

  #set(key: KeyText, entry: Entry): void {
    const present = this.#entries.get(key);
    if (present === undefined) this.#bytes += key.length + ENTRY_BYTES;
    this.#bytes += (entry?.length ?? 0) - (present?.length ?? 0);
    this.#entries.set(key, entry);
  }

  #restore(key: KeyText, before: Before): void {
    if (before !== undefined) this.#set(key, before);
    else this.#drop(key);
  }

  /** What the flush has deleted, and no journal names. */
  #forgetDeleted(): void {
    for (const key of this.#unflushed) {
      if (this.#entries.get(key) !== null || this.#open.has(key) || this.#closing.has(key)) continue;
      this.#drop(key);
      this.#ordered?.delete(key);
    }
  }

  #drop(key: KeyText): void {
    const present = this.#entries.get(key);
    if (present === undefined) return;
    this.#bytes -= key.length + ENTRY_BYTES + (present?.length ?? 0);
    this.#entries.delete(key);
  }

  /** The oldest go first. */
  #evict(): void {
    if (this.#bytes <= this.#cacheBytesMax) return;
    if (this.#isWhole) this.#ordered = undefined;
    this.#whole = false;
    for (const key of this.#entries.keys()) {
      if (this.#unflushed.has(key) || this.#open.has(key) || this.#closing.has(key)) continue;
      this.#drop(key);
      if (this.#bytes <= this.#cacheBytesMax) return;
    }
  }
}

function rangeBytes({ from, to, reverse }: TextRange) {
  return {
    from: from === undefined ? undefined : keyBytes(from),
    to: to === undefined ? undefined : keyBytes(to),
    reverse,
  };
}
