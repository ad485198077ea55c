import type { TaskStore } from "../task-store.ts";
import type { StoreReader } from "./plain-store.ts";

/** A store as of the last commit, whatever its task is computing. */
export function committedReader({ table, isCached }: TaskStore): StoreReader {
  return {
    get: (key) => table.committed(key),
    range: (range) => table.committedRange(range),
    get size() {
      return table.size;
    },
    isCached,
  };
}
