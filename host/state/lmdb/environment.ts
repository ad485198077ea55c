import type { Database, RootDatabase } from "lmdb";
import { PeridotError } from "../../errors.ts";

export type Environment = RootDatabase<Buffer, Buffer>;
/** One store's entries; see stored-entry.ts. */
export type EntryDatabase = Database<Buffer, Buffer>;

/** The file may grow to so much; nothing of it is taken before it is needed. */
const MAP_BYTES = 2 ** 40;
const STORES_MAX = 1024;
const BINARY = { encoding: "binary", keyEncoding: "binary", cache: false } as const;

/** The package is loaded when it is first needed. */
export async function openEnvironment(path: string, readOnly: boolean): Promise<Environment> {
  const { open } = await loadPackage(() => import("lmdb"));
  // overlappingSync off: a commit is on disk when it returns
  return open<Buffer, Buffer>({
    ...BINARY,
    path,
    maxDbs: STORES_MAX,
    noSubdir: false,
    overlappingSync: false,
    ...(readOnly ? { readOnly } : { mapSize: MAP_BYTES }),
  });
}

export function openDatabase(environment: Environment, name: string): EntryDatabase {
  return environment.openDB<Buffer, Buffer>({ ...BINARY, name });
}

/** @throws STATE_BACKEND_FAILED: the package is not there, or not for this platform */
export async function loadPackage<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const problem = `the package lmdb cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
    const remedy = 'Install it for this platform (npm install lmdb), or set stateBackend to "memory"';
    throw new PeridotError("STATE_BACKEND_FAILED", { backend: "lmdb", problem, remedy }, error);
  }
}
