import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type CutDecision,
  type CutFacts,
  decideCut,
  decideStep,
  type StepDecision,
  type StepFacts,
} from "../../host/commit/decide-commit.ts";
import { tagText } from "../../host/commit/transaction-tag.ts";

const IDLE: StepFacts = {
  now: 1_000,
  firstRowAt: undefined,
  commitIntervalMs: 100,
  pendingBytes: 0,
  pendingBytesMax: 1_000,
  committing: false,
  hasInput: false,
};

const STEPS: readonly (readonly [string, Partial<StepFacts>, StepDecision])[] = [
  ["nothing is there: wait until something happens", {}, { step: "await-input", waitMs: undefined }],
  ["input is there", { hasInput: true }, { step: "compute" }],
  [
    "a commit is due later: wait for input until then",
    { firstRowAt: 970 },
    { step: "await-input", waitMs: 70 },
  ],
  ["a commit is due later, and input is there", { firstRowAt: 970, hasInput: true }, { step: "compute" }],
  ["a commit is due now", { firstRowAt: 900, hasInput: true }, { step: "cut" }],
  ["a commit is overdue", { firstRowAt: 1 }, { step: "cut" }],
  [
    "the bytes are full before the interval is over",
    { firstRowAt: 999, pendingBytes: 1_000 },
    { step: "cut" },
  ],
  [
    "full of bytes that no row of this commit wrote",
    { pendingBytes: 1_000, hasInput: true },
    { step: "compute" },
  ],
  ["computing goes on while a transaction ends", { committing: true, hasInput: true }, { step: "compute" }],
  [
    "a commit is due while another ends: the interval alone cuts nothing",
    { committing: true, firstRowAt: 1, hasInput: true },
    { step: "compute" },
  ],
  [
    "no input while a transaction ends: its end wakes us",
    { committing: true, firstRowAt: 1 },
    { step: "await-input", waitMs: undefined },
  ],
  [
    "computed enough ahead of the ending transaction",
    { committing: true, hasInput: true, pendingBytes: 1_000 },
    { step: "await-commit" },
  ],
];

test("decideStep", async (t) => {
  for (const [name, facts, expected] of STEPS) {
    await t.test(name, () => assert.deepEqual(decideStep({ ...IDLE, ...facts }), expected));
  }
  const seen = new Set(STEPS.map(([, , { step }]) => step));
  const all: Record<StepDecision["step"], true> = {
    cut: true,
    compute: true,
    "await-input": true,
    "await-commit": true,
  };
  assert.deepEqual(seen, new Set(Object.keys(all)), "every variant stands in the table");
});

const IDENTITY = { groupId: "app", generation: 4, memberId: "member-1", instanceId: undefined };
const TAG = { incarnation: "life-0", number: 7 };
const CUT: CutFacts = {
  offsets: [
    { topic: "in", partition: 0, offset: 5n },
    { topic: "in", partition: 2, offset: 9n },
  ],
  batches: 3,
  owned: new Set(["in-0", "in-1", "in-2"]),
  identity: IDENTITY,
  tag: TAG,
};

const CUTS: readonly (readonly [string, Partial<CutFacts>, CutDecision["cut"]])[] = [
  ["offsets and records", {}, "commit"],
  ["offsets alone: every row was filtered out", { batches: 0 }, "commit"],
  ["neither", { offsets: [], batches: 0 }, "nothing"],
  ["neither, and no tasks any more", { offsets: [], batches: 0, identity: undefined }, "nothing"],
  ["records without an offset would be unfenced", { offsets: [] }, "refuse"],
  ["offsets in nobody's name", { identity: undefined }, "refuse"],
  ["an offset of a partition that is another's", { owned: new Set(["in-0", "in-1"]) }, "refuse"],
];

test("decideCut", async (t) => {
  for (const [name, facts, expected] of CUTS) {
    await t.test(name, () => {
      const decision = decideCut({ ...CUT, ...facts });
      assert.equal(decision.cut, expected);
      if (decision.cut === "refuse") assert.notEqual(decision.reason, "");
    });
  }
  const all: Record<CutDecision["cut"], true> = { commit: true, nothing: true, refuse: true };
  assert.deepEqual(
    new Set(CUTS.map(([, , cut]) => cut)),
    new Set(Object.keys(all)),
    "every variant stands in the table",
  );
});

test("a permit holds the offsets with their tag and the pair of member and generation, and cannot be changed", () => {
  const decision = decideCut(CUT);
  assert(decision.cut === "commit");
  const { permit } = decision;
  const metadata = tagText(TAG);
  assert.deepEqual(permit.offsets, [
    { topic: "in", partition: 0, offset: 5n, metadata },
    { topic: "in", partition: 2, offset: 9n, metadata },
  ]);
  assert.equal(permit.identity, IDENTITY);
  assert.deepEqual(permit.tag, TAG);
  assert(Object.isFrozen(permit));
});

test("what a task wants to read back stands behind the tag", () => {
  const decision = decideCut({
    ...CUT,
    offsets: [{ topic: "in", partition: 0, offset: 5n, metadata: '{"byte":7}' }],
  });
  assert(decision.cut === "commit");
  assert.equal(decision.permit.offsets[0]?.metadata, tagText(TAG, '{"byte":7}'));
});

test("the refusal names the partition that is not the thread's", () => {
  const decision = decideCut({ ...CUT, owned: new Set(["in-0"]) });
  assert(decision.cut === "refuse");
  assert.match(decision.reason, /in-2/);
});
