import type { StateBackend, StoreChanges } from "./state-backend.ts";

/** Entries of a transaction that holds nothing else. */
const ENTRIES_AHEAD = 16_384;

/**
 * Commits most of a store's changes in transactions of their own, without the position that they stand for: for stores to
 * which it does no harm if they are ahead of it. A transaction of LMDB holds all pages that it changes in memory.
 *
 * @returns the entries that are left, not many.
 */
export function commitAhead(
  backend: StateBackend,
  { store, entries }: StoreChanges,
): StoreChanges["entries"] {
  let left: (readonly [Uint8Array, Uint8Array | undefined])[] = [];
  for (const entry of entries) {
    if (left.length === ENTRIES_AHEAD) {
      backend.commit([{ store, entries: left, position: undefined }]);
      left = [];
    }
    left.push(entry);
  }
  return left;
}
