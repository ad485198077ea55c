import type { StoreSpec } from "../../topology/store-spec.ts";
import { type KeyText, keyBytes, keyText } from "../key-text.ts";
import type { LoggedRecord, StoreAccess } from "../store-access.ts";
import { bytesOf, keyOf, keyTextOf, textBehind } from "./bytes-of.ts";
import type { KeyValueStore, ReadOnlyKeyValueStore } from "./key-value-store.ts";
import { TIME_BYTES, timeAt, timeText } from "./time-text.ts";

/** Entries; their keys in the order in which they were used; how many there are, and how often any was used. */
const ENTRIES: KeyText = "k";
const ORDER: KeyText = "o";
const COUNTS: KeyText = "n";

interface Counts {
  readonly entries: number;
  readonly uses: number;
}

/** Reads such a store from outside: nobody's place in the order changes by it. */
export class LruReader<K, V> implements ReadOnlyKeyValueStore<K, V> {
  protected readonly spec: StoreSpec;
  protected readonly access: StoreAccess;

  constructor(spec: StoreSpec, access: StoreAccess) {
    this.spec = spec;
    this.access = access;
  }

  get(key: K): V | undefined {
    const present = this.read(keyTextOf(this.spec, key));
    return present === undefined ? undefined : (this.spec.value.deserialize(present.value) as V);
  }

  range(from?: K, to?: K): Iterable<readonly [K, V]> {
    return this.#range(from, to, false);
  }

  reverseRange(from?: K, to?: K): Iterable<readonly [K, V]> {
    return this.#range(from, to, true);
  }

  all(): Iterable<readonly [K, V]> {
    return this.#entries(ENTRIES, textBehind(ENTRIES), false);
  }

  reverseAll(): Iterable<readonly [K, V]> {
    return this.#entries(ENTRIES, textBehind(ENTRIES), true);
  }

  prefixScan(prefix: Uint8Array | string): Iterable<readonly [K, V]> {
    const text = `${ENTRIES}${keyText(typeof prefix === "string" ? Buffer.from(prefix) : prefix)}`;
    return this.#entries(text, textBehind(text), false);
  }

  approximateNumEntries(): number {
    return this.counts.entries;
  }

  protected read(text: KeyText): { readonly at: number; readonly value: Uint8Array } | undefined {
    const bytes = this.access.get(`${ENTRIES}${text}`);
    if (bytes === undefined) return undefined;
    return { at: timeAt(keyText(bytes.subarray(0, TIME_BYTES)), 0), value: bytes.subarray(TIME_BYTES) };
  }

  protected get counts(): Counts {
    const bytes = this.access.get(COUNTS);
    if (bytes === undefined) return { entries: 0, uses: 0 };
    const text = keyText(bytes);
    return { entries: timeAt(text, 0), uses: timeAt(text, TIME_BYTES) };
  }

  #range(from: K | undefined, to: K | undefined, reverse: boolean): Iterable<readonly [K, V]> {
    const low = from === undefined || from === null ? "" : keyTextOf(this.spec, from);
    const high = to === undefined || to === null ? undefined : keyTextOf(this.spec, to);
    if (high !== undefined && low > high) return [];
    const end = high === undefined ? textBehind(ENTRIES) : `${ENTRIES}${high}\0`;
    return this.#entries(`${ENTRIES}${low}`, end, reverse);
  }

  *#entries(from: KeyText, to: KeyText | undefined, reverse: boolean): Iterable<readonly [K, V]> {
    for (const [key, bytes] of this.access.range({ from, to, reverse })) {
      const value = this.spec.value.deserialize(bytes.subarray(TIME_BYTES)) as V;
      yield [keyOf<K>(this.spec.key, key.slice(ENTRIES.length)), value];
    }
  }
}

/**
 * A store of so many entries at most: the one that was not read or written for the longest time goes first, which its
 * changelog is told (Kafka Streams' MemoryNavigableLRUCache). The order of use is part of the store: it is undone with a
 * transaction, and a durable store has it after a restart.
 */
export class LruStore<K, V> extends LruReader<K, V> implements KeyValueStore<K, V> {
  readonly #now: () => number;

  /** @param now the event time of the record that runs: it is that of each change. */
  constructor(spec: StoreSpec, access: StoreAccess, now: () => number = () => 0) {
    super(spec, access);
    this.#now = now;
  }

  override get(key: K): V | undefined {
    const text = keyTextOf(this.spec, key);
    const present = this.read(text);
    if (present === undefined) return undefined;
    this.#use(text, present.value, present.at, undefined);
    return this.spec.value.deserialize(present.value) as V;
  }

  put(key: K, value: V | null): void {
    const text = keyTextOf(this.spec, key);
    if (value === null || value === undefined) this.#delete(text, true);
    else this.#insert(text, bytesOf(this.spec.value, value), true);
  }

  putIfAbsent(key: K, value: V | null): V | undefined {
    const present = this.get(key);
    if (present === undefined) this.put(key, value);
    return present;
  }

  putAll(entries: Iterable<readonly [K, V | null]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  delete(key: K): V | undefined {
    const text = keyTextOf(this.spec, key);
    const present = this.read(text);
    this.#delete(text, true);
    return present === undefined ? undefined : (this.spec.value.deserialize(present.value) as V);
  }

  /** A record of the changelog: evictions are in it. */
  restore({ key, value }: LoggedRecord): void {
    const text = keyText(key);
    if (value === null) this.#delete(text, false);
    else this.#insert(text, Uint8Array.from(value), false);
  }

  #insert(text: KeyText, value: Uint8Array, isLogged: boolean): void {
    const present = this.read(text);
    if (present === undefined) {
      const { entries, uses } = this.counts;
      this.#count({ entries: entries + 1, uses });
      if (entries >= this.spec.entriesMax!) this.#evict(isLogged);
    }
    const record = { key: keyBytes(text), value, timestamp: this.#now() };
    this.#use(text, value, present?.at, isLogged ? record : undefined);
  }

  #delete(text: KeyText, isLogged: boolean): void {
    const present = this.read(text);
    const record = isLogged ? { key: keyBytes(text), value: null, timestamp: this.#now() } : undefined;
    this.access.put(`${ENTRIES}${text}`, undefined, record);
    if (present === undefined) return;
    this.access.put(`${ORDER}${timeText(present.at)}`, undefined, undefined);
    const { entries, uses } = this.counts;
    this.#count({ entries: entries - 1, uses });
  }

  #evict(isLogged: boolean): void {
    for (const [, key] of this.access.range({ from: ORDER, to: textBehind(ORDER) })) {
      this.#delete(keyText(key), isLogged);
      return;
    }
  }

  /** It is the last one used now. */
  #use(text: KeyText, value: Uint8Array, before: number | undefined, logged: LoggedRecord | undefined): void {
    const { entries, uses } = this.counts;
    if (before !== undefined) this.access.put(`${ORDER}${timeText(before)}`, undefined, undefined);
    this.access.put(`${ORDER}${timeText(uses)}`, keyBytes(text), undefined);
    const stored = Buffer.concat([Buffer.from(timeText(uses), "latin1"), value]);
    this.access.put(`${ENTRIES}${text}`, stored, logged);
    this.#count({ entries, uses: uses + 1 });
  }

  #count({ entries, uses }: Counts): void {
    this.access.put(COUNTS, Buffer.from(timeText(entries) + timeText(uses), "latin1"), undefined);
  }
}
