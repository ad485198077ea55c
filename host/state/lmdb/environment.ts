import type { RootDatabase } from "lmdb";

export type Environment = RootDatabase<unknown, Buffer>;

/** The file may grow to so much; nothing of it is taken before it is needed. */
const MAP_BYTES = 2 ** 40;
const STORES_MAX = 1024;

/** The package is loaded when it is first needed. */
export async function openEnvironment(path: string, readOnly: boolean): Promise<Environment> {
  const { open } = await import("lmdb");
  const common = { path, maxDbs: STORES_MAX, cache: false, noSubdir: false, overlappingSync: false } as const;
  return open<unknown, Buffer>({
    ...common,
    keyEncoding: "binary",
    encoding: "binary",
    ...(readOnly ? { readOnly } : { mapSize: MAP_BYTES }),
  });
}
