import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { PeridotError } from "../../errors.ts";
import type {
  ChangelogPosition,
  KeyRange,
  StateBackend,
  StateBackendType,
  StoreChanges,
} from "../state-backend.ts";
import { type EntryDatabase, type Environment, openDatabase, openEnvironment } from "./environment.ts";
import { readRange } from "./read-range.ts";
import { discardLock, markClosed, markOpen, setAside, unsound } from "./sound-files.ts";
import {
  NOTHING,
  RunningSummary,
  readSummary,
  type StoreSummary,
  SUMMARIES,
  writeSummary,
} from "./store-summary.ts";
import { readEntry, storedKey, writeEntry } from "./stored-entry.ts";

/**
 * Stores in LMDB: one environment a task, one database in it a store, so that a store is counted and cleared as a whole.
 * Each commit is one transaction, on disk when it returns. LMDB has no checksums, and can kill the process on damaged
 * pages: each entry carries a CRC-32C, and after an unclean end a child process reads everything first.
 */
export const lmdb: StateBackendType = {
  name: "lmdb",
  persistent: true,
  async open(directory, warn) {
    const path = join(directory, "lmdb");
    try {
      const problem = await unsound(path);
      if (problem !== undefined) {
        const aside = setAside(path);
        warn(
          `the state in ${path} ${problem}: it is set aside as ${aside}, and restored from the changelogs`,
        );
      }
      mkdirSync(path, { recursive: true });
      discardLock(path);
      markOpen(path);
      return new LmdbBackend(path, await openEnvironment(path, false));
    } catch (error) {
      throw error instanceof PeridotError ? error : failed(path, error);
    }
  },
};

class LmdbBackend implements StateBackend {
  readonly #path: string;
  readonly #env: Environment;
  readonly #databases = new Map<string, EntryDatabase>();
  readonly #summaries: EntryDatabase;

  constructor(path: string, env: Environment) {
    this.#path = path;
    this.#env = env;
    this.#summaries = openDatabase(env, SUMMARIES);
  }

  position(store: string): ChangelogPosition | undefined {
    return this.#summary(store).position;
  }

  get(store: string, key: Uint8Array): Uint8Array | undefined {
    const stored = storedKey(key);
    const entry = this.#database(store).get(stored);
    return entry && readEntry(this.#path, stored, entry)[1];
  }

  range(store: string, range: KeyRange): Iterable<readonly [Uint8Array, Uint8Array]> {
    return readRange(this.#path, this.#database(store), range);
  }

  size(store: string): number {
    return this.#summary(store).entries;
  }

  commit(changes: readonly StoreChanges[]): void {
    this.#transact(
      changes.map(({ store }) => store),
      () => {
        for (const change of changes) this.#write(change);
      },
    );
  }

  clear(store: string): void {
    this.#transact([store], () => {
      this.#database(store).clearSync();
      this.#summaries.removeSync(storedKey(Buffer.from(store)));
    });
  }

  async close(): Promise<void> {
    await this.#env.close();
    markClosed(this.#path);
  }

  /** A database that is opened in a transaction would go with it: they are all opened before. */
  #transact(stores: readonly string[], change: () => void): void {
    try {
      for (const store of stores) this.#database(store);
      this.#env.transactionSync(change);
    } catch (error) {
      throw error instanceof PeridotError ? error : failed(this.#path, error);
    }
  }

  #write({ store, entries, position }: StoreChanges): void {
    const database = this.#database(store);
    const summary = this.#summary(store);
    const running = new RunningSummary(summary);
    for (const [key, value] of entries) {
      const stored = storedKey(key);
      const before = database.getBinaryFast(stored);
      if (before !== undefined) running.remove(before);
      if (value !== undefined) {
        const entry = writeEntry(key, value);
        running.add(entry);
        database.putSync(stored, entry);
      } else if (before !== undefined) database.removeSync(stored);
    }
    const { entries: count, checksum } = running;
    const now = { position: position ?? summary.position, entries: count, checksum };
    this.#summaries.putSync(...writeSummary(store, now));
  }

  #summary(store: string): StoreSummary {
    const stored = storedKey(Buffer.from(store));
    const entry = this.#summaries.get(stored);
    return entry === undefined ? NOTHING : readSummary(this.#path, stored, entry);
  }

  #database(store: string): EntryDatabase {
    let database = this.#databases.get(store);
    if (database === undefined) {
      database = openDatabase(this.#env, store);
      this.#databases.set(store, database);
    }
    return database;
  }
}

function failed(path: string, error: unknown): PeridotError {
  const problem = error instanceof Error ? error.message : String(error);
  // LMDB calls it an input/output error, too, when only a part of what it writes fits
  const remedy = /ENOSPC|EFBIG|EIO|No space|too large|Input\/output/.test(problem)
    ? "Make room on the disk if it is full, and start again: nothing is lost"
    : "Start again: what is not there is restored from the changelogs";
  const backend = existsSync(path) ? `lmdb in ${path}` : "lmdb";
  return new PeridotError("STATE_BACKEND_FAILED", { backend, problem, remedy }, error);
}
