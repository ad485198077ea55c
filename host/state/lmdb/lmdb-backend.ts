import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "lmdb";
import { PeridotError } from "../../errors.ts";
import type {
  ChangelogPosition,
  KeyRange,
  StateBackend,
  StateBackendType,
  StoreChanges,
} from "../state-backend.ts";
import { type Environment, openEnvironment } from "./environment.ts";
import { markClosed, markOpen, setAside, unsound } from "./sound-files.ts";
import { POSITIONS, readEntry, storedKey, writeEntry } from "./stored-entry.ts";

/** Keys that are deleted at a time when a store is cleared. */
const CLEAR_KEYS = 10_000;

type Store = Database<Buffer, Buffer>;

/**
 * Stores in LMDB: one environment a task, one database in it a store. Each commit is one transaction, on disk when it
 * returns. LMDB has no checksums, and can kill the process on damaged pages: each entry carries a CRC-32C, and after an
 * unclean end a child process reads everything first.
 */
export const lmdb: StateBackendType = {
  name: "lmdb",
  persistent: true,
  async open(directory, warn) {
    const path = join(directory, "lmdb");
    const problem = await unsound(path);
    if (problem !== undefined) {
      const aside = setAside(path);
      warn(`the state in ${path} ${problem}: it is set aside as ${aside}, and restored from the changelogs`);
    }
    mkdirSync(path, { recursive: true });
    markOpen(path);
    try {
      return new LmdbBackend(path, await openEnvironment(path, false));
    } catch (error) {
      throw failed(path, error);
    }
  },
};

class LmdbBackend implements StateBackend {
  readonly #path: string;
  readonly #env: Environment;
  readonly #stores = new Map<string, Store>();
  readonly #positions: Store;

  constructor(path: string, env: Environment) {
    this.#path = path;
    this.#env = env;
    this.#positions = this.#open(POSITIONS);
  }

  position(store: string): ChangelogPosition | undefined {
    const bytes = this.#positions.get(Buffer.from(store));
    if (bytes === undefined) return undefined;
    const { topicId, offset, at } = JSON.parse(String(bytes)) as Record<"topicId" | "offset" | "at", string>;
    return { topicId, offset: BigInt(offset), at: Number(at) };
  }

  get(store: string, key: Uint8Array): Uint8Array | undefined {
    const stored = storedKey(key);
    const entry = this.#store(store).get(stored);
    return entry && readEntry(this.#path, stored, entry)[1];
  }

  *range(store: string, { from, to, reverse }: KeyRange): Iterable<readonly [Uint8Array, Uint8Array]> {
    const low = storedKey(from ?? EMPTY);
    const high = to === undefined ? BEHIND_ALL : storedKey(to);
    // backwards LMDB begins at the first key that is not behind `start`, and `end` is not included
    const range = reverse === true ? { start: high, end: low, reverse: true } : { start: low, end: high };
    for (const { key, value } of this.#store(store).getRange({ ...range, snapshot: false })) {
      if (reverse === true && to !== undefined && Buffer.compare(key, high) >= 0) continue;
      yield readEntry(this.#path, key, value);
    }
    if (reverse !== true || Buffer.compare(low, high) >= 0) return;
    const last = this.#store(store).get(low);
    if (last !== undefined) yield readEntry(this.#path, low, last);
  }

  size(store: string): number {
    return this.#store(store).getCount();
  }

  commit(changes: readonly StoreChanges[]): void {
    try {
      this.#env.transactionSync(() => {
        for (const { store, entries, position } of changes) {
          const database = this.#store(store);
          for (const [key, value] of entries) {
            if (value === undefined) database.removeSync(storedKey(key));
            else database.putSync(storedKey(key), writeEntry(key, value));
          }
          if (position !== undefined) this.#positions.putSync(Buffer.from(store), positionBytes(position));
        }
      });
    } catch (error) {
      throw failed(this.#path, error);
    }
  }

  clear(store: string): void {
    const database = this.#store(store);
    for (let keys = this.#firstKeys(database); keys.length > 0; keys = this.#firstKeys(database)) {
      this.#env.transactionSync(() => {
        for (const key of keys) database.removeSync(key);
        this.#positions.removeSync(Buffer.from(store));
      });
    }
    this.#env.transactionSync(() => this.#positions.removeSync(Buffer.from(store)));
  }

  async close(): Promise<void> {
    await this.#env.close();
    markClosed(this.#path);
  }

  #firstKeys(database: Store): Buffer[] {
    return [...database.getKeys({ limit: CLEAR_KEYS })];
  }

  #store(name: string): Store {
    return this.#stores.get(name) ?? this.#open(name);
  }

  #open(name: string): Store {
    const store = this.#env.openDB<Buffer, Buffer>({ name, encoding: "binary", keyEncoding: "binary" });
    this.#stores.set(name, store);
    return store;
  }
}

const EMPTY = Buffer.alloc(0);
const BEHIND_ALL = Buffer.of(0xff);

function positionBytes({ topicId, offset, at }: ChangelogPosition): Buffer {
  return Buffer.from(JSON.stringify({ topicId, offset: String(offset), at: String(at) }));
}

function failed(path: string, error: unknown): PeridotError {
  const problem = error instanceof Error ? error.message : String(error);
  const remedy = /ENOSPC|MDB_MAP_FULL|No space/.test(problem)
    ? "Make room on the disk, and start again: nothing is lost"
    : "Start again: what is not there is restored from the changelogs";
  const backend = existsSync(path) ? `lmdb in ${path}` : "lmdb";
  return new PeridotError("STATE_BACKEND_FAILED", { backend, problem, remedy }, error);
}
