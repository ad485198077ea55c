import type { commitTransaction } from "../../host/commit/commit.ts";
import { decideCut } from "../../host/commit/decide-commit.ts";
import type { CommitPermit } from "../../host/commit/permit.ts";

/** Leave to commit cannot be made by hand: only decide-commit.ts issues it. */
const identity = { groupId: "app", generation: 1, memberId: "member", instanceId: undefined };
const tag = { incarnation: "life", number: 1 };

// @ts-expect-error the mark of issue is missing
export const byHand: CommitPermit = { offsets: [], identity, tag };

// @ts-expect-error a mark of another kind is none
export const byForgery: CommitPermit = { issued: true, offsets: [], identity, tag };

type Permit = Parameters<typeof commitTransaction>[1];
// @ts-expect-error nor does commit take one
export const handedIn: Permit = { offsets: [], identity, tag };

const decision = decideCut({ offsets: [], batches: 0, owned: new Set(), identity, tag });
if (decision.cut === "commit") {
  const granted: CommitPermit = decision.permit;
  // @ts-expect-error nothing is added later
  granted.offsets.push({ topic: "in", partition: 0, offset: 1n, metadata: "" });
  // @ts-expect-error the pair of member and generation stays
  granted.identity = { ...identity, generation: 2 };
}
