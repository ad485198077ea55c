import { type AskStores, askedOf, PAGE_ENTRIES } from "./remote-store.ts";
import type { TextRange } from "./state/ordered-keys.ts";
import { keyTextOf } from "./state/stores/bytes-of.ts";
import type { ReadOnlyKeyValueStore } from "./state/stores/key-value-store.ts";
import { readStore } from "./state/stores/open-store.ts";
import type { StoreAnswer, StoreQuery } from "./task/store-query.ts";
import type { StoreSpec } from "./topology/store-spec.ts";

/**
 * A store of the running application, read from outside: the entries of those tasks that this process has, as of their last
 * commits. Each call is answered by the threads that own them, between two batches.
 */
export class QueryableStore<K, V> {
  readonly #spec: StoreSpec;
  readonly #ask: AskStores;

  /** Stores come from Peridot#store. */
  constructor(spec: StoreSpec, ask: AskStores) {
    this.#spec = spec;
    this.#ask = ask;
  }

  /**
   * The value under a key; undefined: none of this process's tasks has any.
   *
   * @throws STORE_UNAVAILABLE: the process has no task with this store now
   */
  async get(key: K): Promise<V | undefined> {
    const answers = await this.#asked({ store: this.#spec.name, key: keyTextOf(this.#spec, key) });
    const bytes = answers.flatMap(({ entries }) => entries)[0]?.[1];
    return this.#over({ get: () => bytes }).get(key);
  }

  /** The keys from `from` to `to`, both included, in their bytes' order; task by task. */
  range(from?: K, to?: K): AsyncGenerator<readonly [K, V], void> {
    const low = from === undefined ? undefined : keyTextOf(this.#spec, from);
    const high = to === undefined ? undefined : `${keyTextOf(this.#spec, to)}\0`;
    return this.#entries({ from: low, to: high });
  }

  /** All entries, in the order of the keys' bytes; task by task. */
  all(): AsyncGenerator<readonly [K, V], void> {
    return this.#entries({});
  }

  async *#entries(range: TextRange): AsyncGenerator<readonly [K, V], void> {
    const { name: store } = this.#spec;
    const tasks = (await this.#asked({ store })).flatMap((answer) => answer.tasks).sort();
    for (const task of tasks) {
      for (let rest = range; ; ) {
        const answers = await this.#asked({ store, task, range: rest, limit: PAGE_ENTRIES });
        const entries = answers.flatMap((answer) => answer.entries);
        yield* this.#over({ range: () => entries }).all();
        const last = entries.at(-1);
        if (last === undefined || entries.length < PAGE_ENTRIES) break;
        rest = { ...rest, from: `${last[0]}\0` };
      }
    }
  }

  #asked(query: StoreQuery): Promise<readonly StoreAnswer[]> {
    return askedOf(this.#spec, this.#ask, query);
  }

  /** Reads bytes that have come as the store's keys and values. */
  #over(bytes: Partial<Parameters<typeof readStore>[1]>): ReadOnlyKeyValueStore<K, V> {
    const reader = { get: () => undefined, range: () => [], size: 0, ...bytes };
    return readStore(this.#spec, reader) as ReadOnlyKeyValueStore<K, V>;
  }
}
