import { PeridotError } from "../errors.ts";
import type { StateBackendType } from "../state/state-backend.ts";
import type { KeyValueStore, ValueAndTimestamp } from "../state/stores/key-value-store.ts";
import type { SessionStore } from "../state/stores/session-store.ts";
import type { VersionedKeyValueStore } from "../state/stores/versioned-store.ts";
import type { WindowStore } from "../state/stores/window-store.ts";
import type { Serde } from "../topology/serde.ts";
import type { StoreSpec, WindowRetention } from "../topology/store-spec.ts";

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

/** A store of the entries that were used last: others go, which its changelog is told. */
export function lruStore<K, V>(
  options: StoreOptions<K, V> & { readonly entriesMax: number },
): StoreSpec<KeyValueStore<K, V>> {
  const { entriesMax, name } = options;
  if (!(Number.isSafeInteger(entriesMax) && entriesMax > 0))
    throw storeMisuse(
      `the store "${name}" is to have ${entriesMax} entries at most`,
      "Give a whole number from 1 on",
    );
  return { ...specOf("lru", options), entriesMax };
}

/** What a store of windows has beside what every store has. Times are milliseconds. */
export interface WindowStoreOptions<K, V> extends StoreOptions<K, V> {
  /** How long a window can be seen, from its start on, in the store's own stream time. */
  readonly retentionMs: number;
  /** From a window's start to its end. */
  readonly windowSizeMs: number;
  /** Several values under one key and start: each put adds one. Default false. */
  readonly retainDuplicates?: boolean;
}

/** A store of values by key and window. */
export function windowStore<K, V>(options: WindowStoreOptions<K, V>): StoreSpec<WindowStore<K, V>> {
  return { ...specOf("window", options), windows: windowsOf(options) };
}

/** The same of values with timestamps. */
export function timestampedWindowStore<K, V>(
  options: WindowStoreOptions<K, V>,
): StoreSpec<WindowStore<K, ValueAndTimestamp<V>>> {
  return { ...specOf("timestamped-window", options), windows: windowsOf(options) };
}

/** A store of values by key and session. @param options.retentionMs how long a session can be seen, from its end on */
export function sessionStore<K, V>(
  options: StoreOptions<K, V> & { readonly retentionMs: number },
): StoreSpec<SessionStore<K, V>> {
  const windows = windowsOf({ ...options, windowSizeMs: 0 });
  return { ...specOf("session", options), windows };
}

function windowsOf({
  name,
  retentionMs,
  windowSizeMs,
  retainDuplicates = false,
}: Pick<
  WindowStoreOptions<never, never>,
  "name" | "retentionMs" | "windowSizeMs" | "retainDuplicates"
>): WindowRetention {
  if (!(Number.isSafeInteger(retentionMs) && retentionMs >= 0))
    throw storeMisuse(
      `the store "${name}" is to keep its windows for ${retentionMs} ms`,
      "Give a whole number from 0 on",
    );
  if (!(Number.isSafeInteger(windowSizeMs) && windowSizeMs >= 0))
    throw storeMisuse(
      `the windows of the store "${name}" are of ${windowSizeMs} ms`,
      "Give a whole number from 0 on",
    );
  if (windowSizeMs > retentionMs) {
    throw storeMisuse(
      `the store "${name}" is to keep windows of ${windowSizeMs} ms for ${retentionMs} ms`,
      "Keep them at least as long as they are",
    );
  }
  return retentionOf(retentionMs, windowSizeMs, { keepsDuplicates: retainDuplicates });
}

/** Kafka Streams' default: two segments within the retention, of a minute at least. */
const SEGMENT_MS_MIN = 60_000;

export function retentionOf(
  retentionMs: number,
  sizeMs: number,
  given: Partial<Pick<WindowRetention, "keepsDuplicates" | "isTimeOrdered">> = {},
): WindowRetention {
  const segmentMs = Math.max(Math.floor(retentionMs / 2), SEGMENT_MS_MIN);
  return Object.freeze({
    retentionMs,
    segmentMs,
    sizeMs,
    keepsDuplicates: false,
    isTimeOrdered: false,
    ...given,
  });
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
