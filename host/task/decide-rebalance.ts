/** What can end a generation of the group for this process. */
export type GenerationEnd =
  /** The coordinator asks all members to join again. */
  | "rebalance"
  /** The group went on without us: session timed out, or removed. */
  | "member-lost"
  /** A stream thread was fenced: its tasks may be others' already. */
  | "thread-lost"
  /** The leader found that the source topics have other partitions than the tasks were made for. */
  | "topics-changed"
  /** close() was called. */
  | "closing";

export type RebalanceDecision =
  /** Commit and hand over first, then join: no one else has the tasks before JoinGroup is sent. */
  | { readonly act: "revoke-then-join" }
  /** A commit would be refused, or would double records: undo, then join. */
  | { readonly act: "drop-then-join" }
  | { readonly act: "close-then-leave" };

/**
 * What comes first at the end of a generation. JoinGroup is sent only when each thread has answered.
 */
export function decideRebalance(end: GenerationEnd): RebalanceDecision {
  switch (end) {
    case "rebalance":
    case "topics-changed":
      return { act: "revoke-then-join" };
    case "member-lost":
    case "thread-lost":
      return { act: "drop-then-join" };
    case "closing":
      return { act: "close-then-leave" };
  }
}
