import type { StoreTable } from "../store-table.ts";
import type { StoreReader } from "./plain-store.ts";

/** A store as of the last commit, whatever its task is computing. */
export function committedReader(table: StoreTable): StoreReader {
  return {
    get: (key) => table.committed(key),
    range: (range) => table.committedRange(range),
    get size() {
      return table.size;
    },
  };
}
