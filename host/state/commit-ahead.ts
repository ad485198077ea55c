import type { StateBackend, StoreChanges } from "./state-backend.ts";

/**
 * Commits most of a store's changes in transactions of their own, without the position that they stand for: for stores to
 * which it does no harm if they are ahead of it. A transaction of LMDB holds all pages that it changes in memory.
 *
 * @param entriesMax of each of them
 * @returns the entries that are left, not many.
 */
export function commitAhead(
  backend: StateBackend,
  { store, entries }: StoreChanges,
  entriesMax: number,
): StoreChanges["entries"] {
  let left: (readonly [Uint8Array, Uint8Array | undefined])[] = [];
  for (const entry of entries) {
    if (left.length === entriesMax) {
      backend.commit([{ store, entries: left, position: undefined }]);
      left = [];
    }
    left.push(entry);
  }
  return left;
}
