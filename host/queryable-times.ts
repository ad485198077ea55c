import { type AskStores, RemoteStore } from "./remote-store.ts";
import type { ReadOnlySessionStore, SessionEntry } from "./state/stores/session-store.ts";
import type { ReadOnlyVersionedStore, VersionedRecord } from "./state/stores/versioned-store.ts";
import type { ReadOnlyWindowStore } from "./state/stores/window-store.ts";
import type { StoreSpec } from "./topology/store-spec.ts";
import type { Windowed } from "./topology/windowed.ts";

const isMissing = (found: unknown) => found === undefined;
const isEmpty = (found: readonly unknown[]) => found.length === 0;

/**
 * A store of windows of the running application, read from outside: see QueryableStore. Windows are named by their start; times
 * are milliseconds since the epoch, and what is older than the retention is not there.
 */
export class QueryableWindowStore<K, V> {
  readonly #store: RemoteStore<ReadOnlyWindowStore<K, V>>;

  /** Stores come from Peridot#windowStore. */
  constructor(spec: StoreSpec, ask: AskStores) {
    this.#store = new RemoteStore(spec, ask);
  }

  /** The value of a window; undefined: there is none. @throws STORE_UNAVAILABLE */
  get(key: K, start: number): Promise<V | undefined> {
    return this.#store.ofOne((store) => store.get(key, start), isMissing);
  }

  /** The windows of a key whose starts lie from `from` to `to`, both included, the earliest first. @throws STORE_UNAVAILABLE */
  fetch(key: K, from: number, to: number): Promise<readonly (readonly [start: number, value: V])[]> {
    return this.#store.ofOne((store) => [...store.fetch(key, from, to)], isEmpty);
  }

  /** The windows of all keys whose starts lie from `from` to `to`, both included; task by task. @throws STORE_UNAVAILABLE */
  fetchAll(from: number, to: number): AsyncGenerator<readonly [Windowed<K>, V], void> {
    return this.#store.ofTasks((store) => store.fetchAll(from, to));
  }

  /** All windows; task by task. @throws STORE_UNAVAILABLE */
  all(): AsyncGenerator<readonly [Windowed<K>, V], void> {
    return this.#store.ofTasks((store) => store.all());
  }
}

/** A store of sessions of the running application, read from outside: see QueryableStore, and ReadOnlySessionStore. */
export class QueryableSessionStore<K, V> {
  readonly #store: RemoteStore<ReadOnlySessionStore<K, V>>;

  /** Stores come from Peridot#sessionStore. */
  constructor(spec: StoreSpec, ask: AskStores) {
    this.#store = new RemoteStore(spec, ask);
  }

  /** The value of a session; undefined: there is none. @throws STORE_UNAVAILABLE */
  fetchSession(key: K, start: number, end: number): Promise<V | undefined> {
    return this.#store.ofOne((store) => store.fetchSession(key, start, end), isMissing);
  }

  /** The sessions of a key, in the order of their ends. @throws STORE_UNAVAILABLE */
  fetch(key: K): Promise<readonly SessionEntry<K, V>[]> {
    return this.#store.ofOne((store) => [...store.fetch(key)], isEmpty);
  }

  /** The sessions of a key that end at `earliestEnd` or later, and start at `latestStart` or before. @throws STORE_UNAVAILABLE */
  findSessions(key: K, earliestEnd: number, latestStart: number): Promise<readonly SessionEntry<K, V>[]> {
    return this.#store.ofOne((store) => [...store.findSessions(key, earliestEnd, latestStart)], isEmpty);
  }

  /** All sessions; task by task. @throws STORE_UNAVAILABLE */
  all(): AsyncGenerator<SessionEntry<K, V>, void> {
    return this.#store.ofTasks((store) => store.all());
  }
}

/** A store of rows with their past, of the running application, read from outside: see QueryableStore. */
export class QueryableVersionedStore<K, V> {
  readonly #store: RemoteStore<ReadOnlyVersionedStore<K, V>>;

  /** Stores come from Peridot#versionedStore. */
  constructor(spec: StoreSpec, ask: AskStores) {
    this.#store = new RemoteStore(spec, ask);
  }

  /** The latest version; undefined: there is no row. @throws STORE_UNAVAILABLE */
  get(key: K): Promise<VersionedRecord<V> | undefined> {
    return this.#store.ofOne((store) => store.get(key), isMissing);
  }

  /** The version that was valid at a time, in milliseconds since the epoch; undefined: there was none. @throws STORE_UNAVAILABLE */
  getAsOf(key: K, timestamp: number): Promise<VersionedRecord<V> | undefined> {
    return this.#store.ofOne((store) => store.getAsOf(key, timestamp), isMissing);
  }
}
