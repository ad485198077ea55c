import { BATCH_ROWS_MAX } from "../../kernels/abi/limits.ts";

/** Where the search for a record that a kernel traps at has come to. Offsets are those of the source partition. */
export interface Suspects {
  /** The first record that may be it: those before it have passed. */
  readonly from: bigint;
  /** How many are tried at once, from there on, with all that another kernel has made of them. */
  readonly rows: number;
  /** The last try passed: were they a half, the other one is what is tried now. */
  readonly passed: boolean;
}

/** How a run of a kernel over some records ended, and what was known before. */
export interface BisectFacts {
  /** The records that it was given, or that those were made of: rising, each once. */
  readonly offsets: readonly bigint[];
  /** It trapped; else it passed. */
  readonly trapped: boolean;
  /** The record that it was at, if it told: a kernel that is given one record at a time does. */
  readonly at: bigint | undefined;
  readonly suspects: Suspects | undefined;
}

export type BisectDecision =
  /** This record is for the settings to decide about, and not given to the kernel again. The search goes on behind it. */
  | { readonly bisect: "blame"; readonly offset: bigint; readonly suspects: Suspects | undefined }
  /** So many records next time. */
  | { readonly bisect: "try"; readonly suspects: Suspects }
  /** Nothing is suspected: all there are. */
  | { readonly bisect: "clear" };

/**
 * What a run of a kernel tells about the record that it traps at. A record is blamed only if the kernel was at it, or had
 * no other: what it does within a batch cannot be seen from outside. After a trap the first half is tried; after a pass the
 * other half, and after another twice as many.
 */
export function decideBisect({ offsets, trapped, at, suspects }: BisectFacts): BisectDecision {
  const first = offsets[0];
  const last = offsets.at(-1);
  if (first !== undefined && last !== undefined) {
    if (trapped) return afterTrap(offsets, at, first);
    if (suspects !== undefined && last >= suspects.from) return afterPass(last, suspects);
  }
  return suspects === undefined ? { bisect: "clear" } : { bisect: "try", suspects };
}

function afterTrap(offsets: readonly bigint[], at: bigint | undefined, first: bigint): BisectDecision {
  if (at !== undefined) return { bisect: "blame", offset: at, suspects: undefined };
  if (offsets.length === 1)
    return { bisect: "blame", offset: first, suspects: { from: first + 1n, rows: 1, passed: true } };
  return { bisect: "try", suspects: { from: first, rows: offsets.length >> 1, passed: false } };
}

function afterPass(last: bigint, { rows, passed }: Suspects): BisectDecision {
  const next = passed ? 2 * rows : rows;
  if (next >= BATCH_ROWS_MAX) return { bisect: "clear" };
  return { bisect: "try", suspects: { from: last + 1n, rows: next, passed: true } };
}
