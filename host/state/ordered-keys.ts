import sortedBTree from "sorted-btree";
import { type KeyText, keyText } from "./key-text.ts";

const { default: BTree } = sortedBTree;

/** A part of a store's keys; `to` itself is not in it. An absent end is open. */
export interface TextRange {
  readonly from?: KeyText | undefined;
  readonly to?: KeyText | undefined;
  /** From the last to the first. */
  readonly reverse?: boolean | undefined;
}

/** Keys in the order of their bytes. They are sorted in when somebody asks for a range. */
export class OrderedKeys {
  readonly #tree: InstanceType<typeof BTree<KeyText, true>>;
  #added: KeyText[] = [];

  constructor(keys: Iterable<KeyText>) {
    this.#tree = new BTree<KeyText, true>(
      Array.from(keys, (key): [KeyText, true] => [key, true]),
      compareTexts,
    );
  }

  add(key: KeyText): void {
    this.#added.push(key);
  }

  delete(key: KeyText): void {
    this.#sortIn();
    this.#tree.delete(key);
  }

  #sortIn(): void {
    for (const key of this.#added) this.#tree.set(key, true, false);
    this.#added = [];
  }

  *in({ from, to, reverse }: TextRange): Generator<KeyText, undefined> {
    this.#sortIn();
    if (reverse === true) {
      for (const [key] of this.#tree.entriesReversed(to, undefined, true)) {
        if (from !== undefined && key < from) return;
        yield key;
      }
      return;
    }
    for (const key of this.#tree.keys(from)) {
      if (to !== undefined && key >= to) return;
      yield key;
    }
  }
}

/** A key that a scan has come to, and the backend's bytes under it; undefined: it has none. */
export type FoundKey = readonly [key: KeyText, stored: Uint8Array | undefined];

/**
 * The first keys of a range, of two sources with keys in order: each once.
 *
 * @returns `rest` is what comes behind them; undefined: nothing.
 */
export function firstOfBoth(
  own: OrderedKeys,
  stored: Iterable<readonly [Uint8Array, Uint8Array]>,
  range: TextRange,
  keysMax: number,
): { readonly found: readonly FoundKey[]; readonly rest: TextRange | undefined } {
  const isBefore =
    range.reverse === true ? (a: KeyText, b: KeyText) => a > b : (a: KeyText, b: KeyText) => a < b;
  const ownKeys = own.in(range);
  const entries = stored[Symbol.iterator]();
  const found: FoundKey[] = [];
  try {
    let ownKey = ownKeys.next().value;
    let entry = nextOf(entries);
    while (found.length < keysMax) {
      if (ownKey === undefined && entry === undefined) return { found, rest: undefined };
      if (entry === undefined || (ownKey !== undefined && isBefore(ownKey, entry[0]))) {
        found.push([ownKey!, undefined]);
        ownKey = ownKeys.next().value;
      } else {
        found.push(entry);
        if (ownKey === entry[0]) ownKey = ownKeys.next().value;
        entry = nextOf(entries);
      }
    }
  } finally {
    entries.return?.();
  }
  const [last] = found.at(-1)!;
  return { found, rest: range.reverse === true ? { ...range, to: last } : { ...range, from: `${last}\0` } };
}

function nextOf(entries: Iterator<readonly [Uint8Array, Uint8Array]>): FoundKey | undefined {
  const next = entries.next();
  return next.done === true ? undefined : [keyText(next.value[0]), next.value[1]];
}

function compareTexts(a: KeyText, b: KeyText): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
