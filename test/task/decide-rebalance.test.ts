import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decideRebalance,
  type GenerationEnd,
  type RebalanceDecision,
} from "../../host/task/decide-rebalance.ts";

const TABLE: Record<GenerationEnd, RebalanceDecision["act"]> = {
  rebalance: "revoke-then-join",
  "member-lost": "drop-then-join",
  "thread-lost": "drop-then-join",
  "topics-changed": "revoke-then-join",
  closing: "close-then-leave",
};

test("decideRebalance", async (t) => {
  for (const [end, act] of Object.entries(TABLE) as [GenerationEnd, RebalanceDecision["act"]][]) {
    await t.test(end, () => assert.deepEqual(decideRebalance(end), { act }));
  }
  const all: Record<RebalanceDecision["act"], true> = {
    "revoke-then-join": true,
    "drop-then-join": true,
    "close-then-leave": true,
  };
  assert.deepEqual(
    new Set(Object.values(TABLE)),
    new Set(Object.keys(all)),
    "every variant stands in the table",
  );
});
