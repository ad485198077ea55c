/** Reads a key-value store. Keys come in the order of their serialized bytes. */
export interface ReadOnlyKeyValueStore<K, V> {
  /** undefined: there is none. */
  get(key: K): V | undefined;
  /** From `from` to `to`, both included; undefined: open (KIP-763). */
  range(from?: K, to?: K): Iterable<readonly [K, V]>;
  reverseRange(from?: K, to?: K): Iterable<readonly [K, V]>;
  all(): Iterable<readonly [K, V]>;
  reverseAll(): Iterable<readonly [K, V]>;
  /** Keys whose bytes begin with these (KIP-614): `string.serialize("a")`. */
  prefixScan(prefix: Uint8Array | string): Iterable<readonly [K, V]>;
  approximateNumEntries(): number;
}

/** A store of values by key. Each change goes to the store's changelog. Null as a value deletes. */
export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  put(key: K, value: V | null): void;
  /** @returns the value that is there already; undefined: none was, and this one is now. */
  putIfAbsent(key: K, value: V | null): V | undefined;
  putAll(entries: Iterable<readonly [K, V | null]>): void;
  /** @returns what was there. */
  delete(key: K): V | undefined;
}

/** A value, and the event time of the record that made it, in milliseconds since the epoch. */
export interface ValueAndTimestamp<V> {
  readonly value: V;
  readonly timestamp: number;
}
