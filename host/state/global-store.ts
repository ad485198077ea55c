import type { KeyText } from "./key-text.ts";
import { firstOfBoth, OrderedKeys, SCAN_ENTRIES, type TextRange } from "./ordered-keys.ts";
import type { TableEntry } from "./store-table.ts";

/** The rows of a global table, in memory. What is put is there for all at once: nothing of it is ever undone. */
export class GlobalStore {
  readonly #entries = new Map<KeyText, Uint8Array>();
  /** undefined: nobody has scanned yet. */
  #ordered: OrderedKeys | undefined;

  get(key: KeyText): Uint8Array | undefined {
    return this.#entries.get(key);
  }

  *range(range: TextRange): Iterable<TableEntry> {
    this.#ordered ??= new OrderedKeys(this.#entries.keys());
    for (let rest: TextRange | undefined = range; rest !== undefined; ) {
      const part = firstOfBoth(this.#ordered, undefined, rest, SCAN_ENTRIES);
      for (const [key] of part.found) {
        const value = this.#entries.get(key);
        if (value !== undefined) yield [key, value];
      }
      rest = part.rest;
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @param value undefined deletes. */
  put(key: KeyText, value: Uint8Array | undefined): void {
    if (value === undefined) {
      this.#entries.delete(key);
      this.#ordered?.delete(key);
      return;
    }
    this.#entries.set(key, value);
    this.#ordered?.add(key);
  }
}
