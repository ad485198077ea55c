import type { StoreSpec } from "../../topology/store-spec.ts";
import { type KeyText, keyBytes, keyText } from "../key-text.ts";
import type { TextRange } from "../ordered-keys.ts";
import type { StoreAccess } from "../store-access.ts";
import { bytesOf, keyOf, keyTextOf, textBehind } from "./bytes-of.ts";
import type { KeyValueStore, ReadOnlyKeyValueStore } from "./key-value-store.ts";

/** How values lie in a store, and in its changelog. */
export interface ValueLayout<V> {
  read(bytes: Uint8Array): V;
  write(value: V): { readonly stored: Uint8Array; readonly logged: Uint8Array; readonly timestamp: number };
}

/** What is read of a store: by the task, or by queries from outside. */
export type StoreReader = Pick<StoreAccess, "get" | "range" | "size" | "isCached">;

export class ReadableStore<K, V> implements ReadOnlyKeyValueStore<K, V> {
  readonly spec: StoreSpec;
  protected readonly layout: ValueLayout<V>;
  readonly #reader: StoreReader;

  constructor(spec: StoreSpec, reader: StoreReader, layout: ValueLayout<V>) {
    this.spec = spec;
    this.#reader = reader;
    this.layout = layout;
  }

  get(key: K): V | undefined {
    const bytes = this.#reader.get(this.keyText(key));
    return bytes === undefined ? undefined : this.layout.read(bytes);
  }

  range(from?: K, to?: K): Iterable<readonly [K, V]> {
    return this.#scan(from, to, false);
  }

  reverseRange(from?: K, to?: K): Iterable<readonly [K, V]> {
    return this.#scan(from, to, true);
  }

  all(): Iterable<readonly [K, V]> {
    return this.#entries({});
  }

  reverseAll(): Iterable<readonly [K, V]> {
    return this.#entries({ reverse: true });
  }

  prefixScan(prefix: Uint8Array | string): Iterable<readonly [K, V]> {
    const from = keyText(typeof prefix === "string" ? Buffer.from(prefix) : prefix);
    return this.#entries({ from, to: textBehind(from) });
  }

  approximateNumEntries(): number {
    return this.#reader.size;
  }

  protected keyText(key: K): KeyText {
    return keyTextOf(this.spec, key);
  }

  #scan(from: K | undefined, to: K | undefined, reverse: boolean): Iterable<readonly [K, V]> {
    const low = isOpen(from) ? undefined : this.keyText(from);
    const high = isOpen(to) ? undefined : this.keyText(to);
    if (low !== undefined && high !== undefined && low > high) return [];
    return this.#entries({ from: low, to: high === undefined ? undefined : `${high}\0`, reverse });
  }

  *#entries(range: TextRange): Iterable<readonly [K, V]> {
    for (const [key, bytes] of this.#reader.range(range)) {
      yield [keyOf<K>(this.spec.key, key), this.layout.read(bytes)];
    }
  }
}

function isOpen(key: unknown): key is undefined | null {
  return key === undefined || key === null;
}

/** A store of values by key, plain or with timestamps: that is for its layout to say. */
export class PlainStore<K, V> extends ReadableStore<K, V> implements KeyValueStore<K, V> {
  readonly #access: StoreAccess;
  readonly #now: () => number;
  readonly #headers: (() => Uint8Array) | undefined;

  /**
   * @param now the event time of the record that runs: what is deleted is deleted then.
   * @param headers of the record that runs, raw, where they go to the changelog too.
   */
  constructor(
    spec: StoreSpec,
    access: StoreAccess,
    layout: ValueLayout<V>,
    now: () => number,
    headers?: () => Uint8Array,
  ) {
    super(spec, access, layout);
    this.#access = access;
    this.#now = now;
    this.#headers = headers;
  }

  put(key: K, value: V | null): void {
    const text = this.keyText(key);
    const bytes = keyBytes(text);
    const headers = this.#headers === undefined ? {} : { rawHeaders: this.#headers() };
    if (value === null || value === undefined) {
      this.#access.put(text, undefined, { key: bytes, value: null, timestamp: this.#now(), ...headers });
      return;
    }
    const { stored, logged, timestamp } = this.layout.write(value);
    this.#access.put(text, stored, { key: bytes, value: logged, timestamp, ...headers });
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
    const present = this.get(key);
    this.put(key, null);
    return present;
  }
}

/** A plain store's values are its changelog's. */
export function plainLayout<V>({ value }: StoreSpec, now: () => number): ValueLayout<V> {
  return {
    read: (bytes) => value.deserialize(bytes) as V,
    write: (made) => {
      const stored = bytesOf(value, made);
      return { stored, logged: stored, timestamp: now() };
    },
  };
}
