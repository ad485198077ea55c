import type { KeyText } from "./key-text.ts";
import { OrderedKeys, type TextRange } from "./ordered-keys.ts";
import type { TableEntry } from "./store-table.ts";

/** The rows of a global table, in memory. What is put is there for all at once: nothing of it is ever undone. */
export class GlobalStore {
  readonly #entries = new Map<KeyText, Uint8Array>();
  /** undefined: nobody has scanned since the last new key. */
  #ordered: OrderedKeys | undefined;

  get(key: KeyText): Uint8Array | undefined {
    return this.#entries.get(key);
  }

  *range(range: TextRange): Iterable<TableEntry> {
    this.#ordered ??= new OrderedKeys(this.#entries.keys());
    for (const key of this.#ordered.in(range)) {
      const value = this.#entries.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @param value undefined deletes. */
  put(key: KeyText, value: Uint8Array | undefined): void {
    if (value === undefined) {
      this.#entries.delete(key);
      return;
    }
    this.#entries.set(key, value);
    this.#ordered?.add(key);
  }
}
