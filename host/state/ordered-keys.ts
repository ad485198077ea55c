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

/** Entries that a scan reads at a time: what is put or deleted between two such reads, it sees. */
export const SCAN_ENTRIES = 128;

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

  /** The first keys of a range. */
  take({ from, to, reverse }: TextRange, keysMax: number): readonly KeyText[] {
    this.#sortIn();
    const taken: KeyText[] = [];
    if (reverse === true) {
      for (const [key] of this.#tree.entriesReversed(to, undefined, true)) {
        if (from !== undefined && key < from) break;
        if (taken.push(key) === keysMax) break;
      }
      return taken;
    }
    const last = to ?? this.#tree.maxKey();
    const low = from ?? this.#tree.minKey();
    if (last === undefined || low === undefined || low > last) return taken;
    this.#tree.forRange(low, last, to === undefined, (key) =>
      taken.push(key) === keysMax ? ENOUGH : undefined,
    );
    return taken;
  }
}

const ENOUGH = { break: true };

/** A key that a scan has come to, and the backend's bytes under it; undefined: it has none. */
export type FoundKey = readonly [key: KeyText, stored: Uint8Array | undefined];

/**
 * The first keys of a range, of two sources with keys in order: each once.
 *
 * @param stored undefined: there is one source alone
 * @returns `rest` is what comes behind them; undefined: nothing.
 */
export function firstOfBoth(
  own: OrderedKeys,
  stored: Iterable<readonly [Uint8Array, Uint8Array]> | undefined,
  range: TextRange,
  keysMax: number,
): { readonly found: readonly FoundKey[]; readonly rest: TextRange | undefined } {
  const ownKeys = own.take(range, keysMax);
  const found =
    stored === undefined
      ? ownKeys.map((key): FoundKey => [key, undefined])
      : merged(ownKeys, stored, range.reverse === true, keysMax);
  const last = found.length < keysMax ? undefined : found.at(-1)?.[0];
  if (last === undefined) return { found, rest: undefined };
  return { found, rest: range.reverse === true ? { ...range, to: last } : { ...range, from: `${last}\0` } };
}

function merged(
  ownKeys: readonly KeyText[],
  stored: Iterable<readonly [Uint8Array, Uint8Array]>,
  isReverse: boolean,
  keysMax: number,
): readonly FoundKey[] {
  const isBefore = isReverse ? (a: KeyText, b: KeyText) => a > b : (a: KeyText, b: KeyText) => a < b;
  const entries = stored[Symbol.iterator]();
  const found: FoundKey[] = [];
  let next = 0;
  try {
    let entry = nextOf(entries);
    while (found.length < keysMax) {
      const ownKey = ownKeys[next];
      if (ownKey === undefined && entry === undefined) break;
      if (entry === undefined || (ownKey !== undefined && isBefore(ownKey, entry[0]))) {
        found.push([ownKey!, undefined]);
        next++;
      } else {
        found.push(entry);
        if (ownKey === entry[0]) next++;
        entry = nextOf(entries);
      }
    }
  } finally {
    entries.return?.();
  }
  return found;
}

function nextOf(entries: Iterator<readonly [Uint8Array, Uint8Array]>): FoundKey | undefined {
  const next = entries.next();
  return next.done === true ? undefined : [keyText(next.value[0]), next.value[1]];
}

function compareTexts(a: KeyText, b: KeyText): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
