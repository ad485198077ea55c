import type { ChangelogPosition } from "../state/state-backend.ts";

export interface RestoreFacts {
  /** What the store's backend says; undefined: nothing. */
  readonly position: ChangelogPosition | undefined;
  /**
   * The changelog's partition as it is: the first offset, and the one behind the last, open transactions included; of a
   * source topic that stands in for one: see `consumedUpTo`.
   */
  readonly topicId: string;
  readonly earliest: bigint;
  readonly latest: bigint;
  /** In milliseconds since the epoch. */
  readonly now: number;
  /** How long the changelog keeps tombstones at least (delete.retention.ms). */
  readonly tombstonesKeptMs: number;
}

export type RestoreDecision =
  /** The store is all that the changelog says. */
  | { readonly restore: "nothing"; readonly to: bigint }
  | { readonly restore: "tail"; readonly from: bigint; readonly to: bigint }
  /** What the store has is to be forgotten first. */
  | { readonly restore: "all"; readonly from: bigint; readonly to: bigint; readonly because: RestoreReason };

export type RestoreReason = "new" | "other-topic" | "old" | "out-of-range";

/**
 * What of its changelog a store lacks. Its position counts only for the very topic that it was taken from, as long as what
 * lies behind it is still there: records, and tombstones, which compaction removes after a time.
 */
export function decideRestore(facts: RestoreFacts): RestoreDecision {
  const { position, topicId, earliest, latest: to, now, tombstonesKeptMs } = facts;
  const from = earliest < to ? earliest : to;
  const all = (because: RestoreReason): RestoreDecision => ({ restore: "all", from, to, because });
  if (position === undefined) return all("new");
  if (position.topicId !== topicId) return all("other-topic");
  if (position.offset === to) return { restore: "nothing", to };
  if (position.offset < earliest || position.offset > to) return all("out-of-range");
  if (now - position.at > tombstonesKeptMs / 2) return all("old");
  return { restore: "tail", from: position.offset, to };
}

/**
 * How far a source topic says what its table's store is: as far as its task has come, which goes on from there.
 *
 * @param committed of the partition; undefined: nothing is.
 * @param latest behind the last offset that there is.
 */
export function consumedUpTo(committed: bigint | undefined, earliest: bigint, latest: bigint): bigint {
  if (committed === undefined) return earliest;
  return committed < latest ? committed : latest;
}
