import sortedBTree from "sorted-btree";
import { type KeyText, keyBytes, keyText } from "./key-text.ts";
import type {
  ChangelogPosition,
  KeyRange,
  StateBackend,
  StateBackendType,
  StoreChanges,
} from "./state-backend.ts";

const { default: BTree } = sortedBTree;

/** Read at a time: what is committed between two such reads, a range sees. */
const PART_ENTRIES = 128;

interface MemoryStore {
  readonly entries: InstanceType<typeof BTree<KeyText, Uint8Array>>;
  position: ChangelogPosition | undefined;
}

/** Stores in the process's memory: each new process restores them from their changelogs. */
export const memory: StateBackendType = {
  name: "memory",
  persistent: false,
  open: async () => new MemoryBackend(),
};

export class MemoryBackend implements StateBackend {
  readonly #stores = new Map<string, MemoryStore>();

  position(store: string): ChangelogPosition | undefined {
    return this.#stores.get(store)?.position;
  }

  get(store: string, key: Uint8Array): Uint8Array | undefined {
    return this.#stores.get(store)?.entries.get(keyText(key));
  }

  *range(store: string, { from, to, reverse }: KeyRange): Iterable<readonly [Uint8Array, Uint8Array]> {
    let low = from && keyText(from);
    let high = to && keyText(to);
    for (;;) {
      const part = this.#part(store, low, high, reverse === true);
      for (const [key, value] of part) yield [keyBytes(key), value];
      if (part.length < PART_ENTRIES) return;
      if (reverse === true) high = part.at(-1)![0];
      else low = `${part.at(-1)![0]}\0`;
    }
  }

  /** The first entries of a range, or in reverse the last: a tree that changes while it is read repeats or misses some. */
  #part(store: string, low: KeyText | undefined, high: KeyText | undefined, isReverse: boolean) {
    const part: [KeyText, Uint8Array][] = [];
    const entries = this.#stores.get(store)?.entries;
    if (entries === undefined) return part;
    for (const entry of isReverse ? entries.entriesReversed(high, undefined, true) : entries.entries(low)) {
      const [key, value] = entry;
      if (isReverse ? low !== undefined && key < low : high !== undefined && key >= high) break;
      part.push([key, value]);
      if (part.length === PART_ENTRIES) break;
    }
    return part;
  }

  size(store: string): number {
    return this.#stores.get(store)?.entries.size ?? 0;
  }

  commit(changes: readonly StoreChanges[]): void {
    for (const { store: name, entries, position } of changes) {
      let store = this.#stores.get(name);
      if (store === undefined) {
        store = { entries: new BTree<KeyText, Uint8Array>(undefined, compareTexts), position: undefined };
        this.#stores.set(name, store);
      }
      for (const [key, value] of entries) {
        if (value === undefined) store.entries.delete(keyText(key));
        else store.entries.set(keyText(key), value);
      }
      store.position = position ?? store.position;
    }
  }

  clear(store: string): void {
    this.#stores.delete(store);
  }

  async close(): Promise<void> {}
}

function compareTexts(a: KeyText, b: KeyText): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
