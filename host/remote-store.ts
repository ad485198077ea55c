import { PeridotError } from "./errors.ts";
import type { KeyText } from "./state/key-text.ts";
import type { TextRange } from "./state/ordered-keys.ts";
import { readStore } from "./state/stores/open-store.ts";
import type { StoreAnswer, StoreQuery } from "./task/store-query.ts";
import type { TaskName } from "./task/thread-port.ts";
import type { StoreSpec } from "./topology/store-spec.ts";

/** Asks all stream threads of the process. */
export type AskStores = (query: StoreQuery) => Promise<readonly StoreAnswer[]>;

export const PAGE_ENTRIES = 500;

type Entries = StoreAnswer["entries"];

/** @throws STORE_UNAVAILABLE: the process has no task with this store now */
export async function askedOf(
  spec: StoreSpec,
  ask: AskStores,
  query: StoreQuery,
): Promise<readonly StoreAnswer[]> {
  const answers = await ask(query);
  if (answers.some(({ tasks }) => tasks.length > 0)) return answers;
  throw new PeridotError("STORE_UNAVAILABLE", { store: spec.name });
}

/** What a read has asked for, and nobody has fetched yet. */
class Lacking {
  readonly fetch: () => Promise<void>;

  constructor(fetch: () => Promise<void>) {
    this.fetch = fetch;
  }
}

/**
 * Stores that are read through a thread's answers. A read is a function over a store as processors have it; where bytes are
 * lacking they are fetched, and it begins anew, until none are. Each answer is as of the last commit at its time.
 */
export class RemoteStore<S> {
  readonly #spec: StoreSpec;
  readonly #ask: AskStores;

  constructor(spec: StoreSpec, ask: AskStores) {
    this.#spec = spec;
    this.#ask = ask;
  }

  /** What each task gives, task by task. @throws STORE_UNAVAILABLE */
  async *ofTasks<R>(read: (store: S) => Iterable<R>): AsyncGenerator<R, void> {
    for (const task of await this.#tasks()) yield* await this.#read(task, (store) => [...read(store)]);
  }

  /** What the first task gives that has something: a key is in one of them. @throws STORE_UNAVAILABLE */
  async ofOne<R>(read: (store: S) => R, isNothing: (found: R) => boolean): Promise<R> {
    const [first, ...others] = await this.#tasks();
    let found = await this.#read(first!, read);
    for (const task of others) {
      if (!isNothing(found)) break;
      found = await this.#read(task, read);
    }
    return found;
  }

  async #tasks(): Promise<readonly TaskName[]> {
    const answers = await askedOf(this.#spec, this.#ask, { store: this.#spec.name });
    return answers.flatMap(({ tasks }) => tasks).sort();
  }

  async #read<R>(task: TaskName, read: (store: S) => R): Promise<R> {
    const keys = new Map<KeyText, Uint8Array | undefined>();
    const ranges = new Map<string, Entries>();
    const reader = {
      size: 0,
      get: (key: KeyText) => {
        if (!keys.has(key)) throw new Lacking(async () => void keys.set(key, await this.#get(task, key)));
        return keys.get(key);
      },
      range: (range: TextRange) => {
        const name = JSON.stringify([range.from, range.to, range.reverse === true]);
        const found = ranges.get(name);
        if (found === undefined)
          throw new Lacking(async () => void ranges.set(name, await this.#range(task, range)));
        return found;
      },
    };
    for (;;) {
      try {
        return read(readStore(this.#spec, reader) as S);
      } catch (thrown) {
        if (!(thrown instanceof Lacking)) throw thrown;
        await thrown.fetch();
      }
    }
  }

  async #get(task: TaskName, key: KeyText): Promise<Uint8Array | undefined> {
    return (await this.#entries({ store: this.#spec.name, task, key }))[0]?.[1];
  }

  async #range(task: TaskName, range: TextRange): Promise<Entries> {
    const found: (readonly [KeyText, Uint8Array])[] = [];
    for (let rest = range; ; ) {
      const page = await this.#entries({ store: this.#spec.name, task, range: rest, limit: PAGE_ENTRIES });
      found.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_ENTRIES) return found;
      rest = range.reverse === true ? { ...rest, to: last[0] } : { ...rest, from: `${last[0]}\0` };
    }
  }

  async #entries(query: StoreQuery): Promise<Entries> {
    return (await askedOf(this.#spec, this.#ask, query)).flatMap(({ entries }) => entries);
  }
}
