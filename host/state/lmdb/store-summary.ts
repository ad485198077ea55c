import type { ChangelogPosition } from "../state-backend.ts";
import { checksumOf, readEntry, storedKey, writeEntry } from "./stored-entry.ts";

/** The database in which the stores' summaries lie, an entry each: no store has this name. */
export const SUMMARIES = "/summaries";

/**
 * What is known of a store, written in the transaction of its entries. Count and checksum tell whether the entries are
 * those of this commit: pages of an older one are sound each for itself.
 */
export interface StoreSummary {
  readonly position: ChangelogPosition | undefined;
  readonly entries: number;
  /** All entries' checksums, added up in 32 bits. */
  readonly checksum: number;
}

export const NOTHING: StoreSummary = { position: undefined, entries: 0, checksum: 0 };

/** A summary while entries come and go. */
export class RunningSummary {
  entries: number;
  checksum: number;

  constructor({ entries, checksum }: Pick<StoreSummary, "entries" | "checksum">) {
    this.entries = entries;
    this.checksum = checksum;
  }

  add(entry: Uint8Array): void {
    this.entries++;
    this.checksum = (this.checksum + checksumOf(entry)) >>> 0;
  }

  remove(entry: Uint8Array): void {
    this.entries--;
    this.checksum = (this.checksum - checksumOf(entry)) >>> 0;
  }
}

/** As an entry of the database of summaries. */
export function writeSummary(store: string, { position, entries, checksum }: StoreSummary): [Buffer, Buffer] {
  const place = position && { ...position, offset: String(position.offset) };
  const key = Buffer.from(store);
  return [
    storedKey(key),
    writeEntry(key, Buffer.from(JSON.stringify({ entries, checksum, position: place }))),
  ];
}

export function readSummary(path: string, stored: Buffer, entry: Buffer): StoreSummary {
  const [, text] = readEntry(path, stored, entry);
  const { position, entries, checksum } = JSON.parse(String(text)) as WrittenSummary;
  return { position: position && { ...position, offset: BigInt(position.offset) }, entries, checksum };
}

interface WrittenSummary {
  readonly position?: Omit<ChangelogPosition, "offset"> & { readonly offset: string };
  readonly entries: number;
  readonly checksum: number;
}
