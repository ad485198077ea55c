import type { MemberIdentity, OffsetToCommit } from "../transport/port.ts";
import type { TransactionTag } from "./transaction-tag.ts";

declare const issued: unique symbol;

/**
 * Leave to end one transaction: which offsets, in whose name, under which tag. Only decide-commit.ts issues one;
 * `commit()` takes nothing else. A permit written by hand does not compile (test/types/permit.test-d.ts).
 */
export interface CommitPermit {
  readonly [issued]: true;
  readonly offsets: readonly OffsetToCommit[];
  /** The pair of member and generation that the transaction began with: it never gets a newer one. */
  readonly identity: MemberIdentity;
  readonly tag: TransactionTag;
}
