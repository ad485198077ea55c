import { PeridotError } from "../errors.ts";
import type { StateBackendType } from "../state/state-backend.ts";
import type { KeyValueStore, ValueAndTimestamp } from "../state/stores/key-value-store.ts";
import type { VersionedKeyValueStore } from "../state/stores/versioned-store.ts";
import type { Serde } from "../topology/serde.ts";
import type { StoreSpec } from "../topology/store-spec.ts";

/** What every store has. */
export interface StoreOptions<K, V> {
  readonly name: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  /** Where it lives; default: as the application's option `stateBackend` says. Stores of one application may differ. */
  readonly backend?: StateBackendType;
  /** Several changes of a key between two commits become one. Default false. */
  readonly caching?: boolean;
  /** Configuration of its changelog topic; false: it has none, and begins empty wherever its task moves. */
  readonly logging?: false | Readonly<Record<string, string>>;
}

/** A store of values by key, for `builder.addStateStore`. */
export function keyValueStore<K, V>(options: StoreOptions<K, V>): StoreSpec<KeyValueStore<K, V>> {
  return specOf("key-value", options);
}

/** A store of values with timestamps, by key. */
export function timestampedKeyValueStore<K, V>(
  options: StoreOptions<K, V>,
): StoreSpec<KeyValueStore<K, ValueAndTimestamp<V>>> {
  return specOf("timestamped-key-value", options);
}

/** A store of values by key that knows its past. */
export function versionedKeyValueStore<K, V>(
  options: StoreOptions<K, V> & {
    /** How far back its past can be asked for, in milliseconds of stream time. */
    readonly historyMs: number;
  },
): StoreSpec<VersionedKeyValueStore<K, V>> {
  const { historyMs } = options;
  if (!(Number.isSafeInteger(historyMs) && historyMs >= 0)) {
    throw storeMisuse(
      `the store "${options.name}" is to keep a history of ${historyMs} ms`,
      "Give a whole number from 0 on",
    );
  }
  if (options.caching === true) {
    throw storeMisuse(
      `the versioned store "${options.name}" is to be cached`,
      "Leave caching out: each version counts",
    );
  }
  return { ...specOf("versioned", options), historyMs };
}

export function specOf(
  kind: StoreSpec["kind"],
  options: StoreOptions<never, never> | StoreOptions<unknown, unknown>,
): StoreSpec<never> {
  const { name, key, value, backend, caching = false, logging = {} } = options;
  if (!/^[a-zA-Z0-9._-]{1,200}$/.test(name)) {
    throw storeMisuse(
      `"${name}" is no name for a store`,
      "It becomes part of a topic's name: give 1 to 200 of the letters a-z, A-Z, 0-9, dot, underscore and hyphen",
    );
  }
  return { name, kind, key, value, backend, caching, logging };
}

export function storeMisuse(problem: string, remedy: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", { problem, remedy });
}
