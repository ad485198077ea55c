import type { KeyRange } from "../state-backend.ts";
import type { EntryDatabase } from "./environment.ts";
import { type Entry, readEntry, siblingsOf, storedRange } from "./stored-entry.ts";

/** Read at a time: between two such reads no cursor is open, so that no read transaction outlives a turn. */
const PART_ENTRIES = 128;

interface StoredEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** A range's entries in the order of their keys, also of those that are too long for LMDB. */
export function* readRange(path: string, database: EntryDatabase, range: KeyRange): Iterable<Entry> {
  const { from, to } = range;
  const isReverse = range.reverse === true;
  let { low, high } = storedRange(from, to);
  while (Buffer.compare(low, high) < 0) {
    const part = readPart(database, low, high, isReverse);
    const last = part.at(-1);
    if (last === undefined) return;
    for (let first = 0; first < part.length; ) {
      const siblings = siblingsOf(part[first]!.key);
      let next = first + 1;
      while (siblings !== undefined && next < part.length && isIn(part[next]!.key, siblings)) next++;
      const isLast = next === part.length;
      const run = siblings && isLast ? readAll(database, siblings) : part.slice(first, next);
      const entries = run.map(({ key, value }) => readEntry(path, key, value));
      if (siblings !== undefined) entries.sort(isReverse ? (a, b) => byKey(b, a) : byKey);
      for (const entry of entries) if (isWithin(entry[0], from, to)) yield entry;
      first = next;
    }
    const siblings = siblingsOf(last.key);
    if (isReverse) high = siblings?.low ?? last.key;
    else low = siblings?.high ?? Buffer.concat([last.key, Buffer.of(0)]);
  }
}

/** From `low` on, before `high`: the first of them, or in reverse the last. */
function readPart(database: EntryDatabase, low: Buffer, high: Buffer, isReverse: boolean): StoredEntry[] {
  if (!isReverse) return [...database.getRange({ start: low, end: high, limit: PART_ENTRIES })];
  // LMDB begins at the last key up to `start`, and leaves `end` out
  const found = [...database.getRange({ start: high, end: low, reverse: true, limit: PART_ENTRIES + 1 })];
  const part = found.filter(({ key }) => Buffer.compare(key, high) < 0 && Buffer.compare(key, low) >= 0);
  const lowest = part.length < PART_ENTRIES ? database.get(low) : undefined;
  if (lowest !== undefined && !part.at(-1)?.key.equals(low)) part.push({ key: low, value: lowest });
  return part;
}

function readAll(database: EntryDatabase, { low, high }: { readonly low: Buffer; readonly high: Buffer }) {
  return [...database.getRange({ start: low, end: high })];
}

function isIn(stored: Buffer, { low, high }: { readonly low: Buffer; readonly high: Buffer }): boolean {
  return Buffer.compare(stored, low) >= 0 && Buffer.compare(stored, high) < 0;
}

function isWithin(key: Buffer, from: Uint8Array | undefined, to: Uint8Array | undefined): boolean {
  return (
    (from === undefined || Buffer.compare(key, from) >= 0) &&
    (to === undefined || Buffer.compare(key, to) < 0)
  );
}

function byKey([a]: Entry, [b]: Entry): number {
  return Buffer.compare(a, b);
}
