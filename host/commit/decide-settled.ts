import type { OffsetToCommit, TopicPartition } from "../transport/port.ts";
import { nameOf } from "./partition-name.ts";
import { parseTag, type TransactionTag } from "./transaction-tag.ts";

/**
 * What is known after InitProducerId has settled a transaction whose outcome nobody knew: the stable committed
 * offsets, read after that, for every partition the transaction held.
 */
export interface SettledFacts {
  /** The tag that the doubtful transaction would have written. */
  readonly tag: TransactionTag;
  /** The offsets that it held. */
  readonly held: readonly (TopicPartition & { readonly offset: bigint })[];
  /** What its partitions had before it, as far as the thread committed or read it; absent: no offset. */
  readonly before: ReadonlyMap<string, bigint>;
  /** What is there now. */
  readonly found: readonly OffsetToCommit[];
}

export type SettledDecision =
  | { readonly outcome: "committed" }
  | { readonly outcome: "aborted" }
  /** Neither fits: somebody else has committed since. What we hold is theirs now. */
  | { readonly outcome: "lost" };

/** Reads the outcome of a transaction back from the offsets' metadata: it committed all of them, or none. */
export function decideSettled(facts: SettledFacts): SettledDecision {
  const found = new Map(facts.found.map((each) => [nameOf(each), each]));
  let committed = 0;
  let unchanged = 0;
  for (const held of facts.held) {
    const name = nameOf(held);
    const now = found.get(name);
    if (now !== undefined && now.offset === held.offset && isSame(parseTag(now.metadata), facts.tag))
      committed++;
    else if (now?.offset === facts.before.get(name)) unchanged++;
  }
  if (committed === facts.held.length) return { outcome: "committed" };
  if (unchanged === facts.held.length) return { outcome: "aborted" };
  return { outcome: "lost" };
}

function isSame(tag: TransactionTag | undefined, other: TransactionTag): boolean {
  return tag !== undefined && tag.incarnation === other.incarnation && tag.number === other.number;
}
