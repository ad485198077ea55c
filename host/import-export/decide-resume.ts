import type { TransactionTag } from "../commit/transaction-tag.ts";

/** What stands as the committed position of an import. */
export interface CommittedPosition {
  /** Items since the import's first one. */
  readonly offset: bigint;
  /** Of the transaction that committed it; undefined where a tool has set the offset. */
  readonly tag: TransactionTag | undefined;
  /** JSON; "": there is none. */
  readonly position: string;
}

/** What this process knows when it is told to feed an import: for the first time, or again after a rebalance. */
export interface ResumeFacts {
  /** Stable, after the producer was made; undefined: nothing is committed. */
  readonly found: CommittedPosition | undefined;
  /** What was found the last time. */
  readonly last: CommittedPosition | undefined;
  /** The incarnation in the tags of this process's own commits. */
  readonly incarnation: string;
  /** The source is open still, and what it gave since the last commit is held. */
  readonly isOpen: boolean;
  /** The source was opened at a position, or has given one. */
  readonly hasPositions: boolean;
}

export type ResumeDecision =
  /** Nobody has fed meanwhile: go on with what is held from this offset on. */
  | { readonly resume: "go-on"; readonly offset: bigint }
  /** Open the source at this position (JSON; "": from its start); what is held is somebody else's now. */
  | { readonly resume: "open"; readonly offset: bigint; readonly position: string }
  /** Others have fed meanwhile, but this source cannot be asked for what they have not: what is held is counted on. */
  | { readonly resume: "renumber"; readonly offset: bigint };

/**
 * Where feeding begins. The last commit's tag says whose it was: as long as it is ours, or the one that we found
 * before, what we hold continues it. An offset that a tool has set has no tag and no position: from the start.
 */
export function decideResume(facts: ResumeFacts): ResumeDecision {
  const { found, last, isOpen } = facts;
  const offset = found?.offset ?? 0n;
  const position = found?.position ?? "";
  if (!isOpen) return { resume: "open", offset, position };
  const isOurs = found?.tag?.incarnation === facts.incarnation;
  const isUnchanged =
    found?.offset === last?.offset &&
    found?.position === last?.position &&
    found?.tag?.incarnation === last?.tag?.incarnation &&
    found?.tag?.number === last?.tag?.number;
  if (isOurs || isUnchanged) return { resume: "go-on", offset };
  // A source that has not given an item yet is one with positions if others have committed one.
  return facts.hasPositions || position !== ""
    ? { resume: "open", offset, position }
    : { resume: "renumber", offset };
}
