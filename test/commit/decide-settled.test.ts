import assert from "node:assert/strict";
import { test } from "node:test";
import { decideSettled, type SettledDecision, type SettledFacts } from "../../host/commit/decide-settled.ts";
import { tagText } from "../../host/commit/transaction-tag.ts";

const TAG = { incarnation: "life-0", number: 7 };
const OURS = tagText(TAG);
const OTHERS = tagText({ incarnation: "life-1", number: 7 });
const BEFORE = tagText({ incarnation: "life-0", number: 6 });

/** Partitions 0 and 1 stood at 10 and 20; the transaction holds 15 and 25. */
const FACTS: SettledFacts = {
  tag: TAG,
  held: [at(0, 15n), at(1, 25n)],
  before: new Map([
    ["in-0", 10n],
    ["in-1", 20n],
  ]),
  found: [],
};

const ROWS: readonly (readonly [string, Partial<SettledFacts>, SettledDecision["outcome"]])[] = [
  ["all offsets carry its tag", { found: [found(0, 15n, OURS), found(1, 25n, OURS)] }, "committed"],
  ["all offsets are as before", { found: [found(0, 10n, BEFORE), found(1, 20n, BEFORE)] }, "aborted"],
  ["there was no offset before, and there is none", { before: new Map() }, "aborted"],
  [
    "the first commit of all",
    { before: new Map(), found: [found(0, 15n, OURS), found(1, 25n, OURS)] },
    "committed",
  ],
  [
    "a punctuator's transaction: the offset did not move, its tag tells",
    { held: [at(0, 10n)], found: [found(0, 10n, OURS)] },
    "committed",
  ],
  [
    "a punctuator's transaction, aborted: the tag is an older one",
    { held: [at(0, 10n)], found: [found(0, 10n, BEFORE)] },
    "aborted",
  ],
  ["the same offsets under another's tag", { found: [found(0, 15n, OTHERS), found(1, 25n, OTHERS)] }, "lost"],
  [
    "the same offsets under an earlier tag of ours",
    { found: [found(0, 15n, BEFORE), found(1, 25n, BEFORE)] },
    "lost",
  ],
  ["somebody went on from them", { found: [found(0, 18n, OTHERS), found(1, 29n, OTHERS)] }, "lost"],
  ["one as before, one of another", { found: [found(0, 10n, BEFORE), found(1, 29n, OTHERS)] }, "lost"],
  ["half of it: no broker may do that", { found: [found(0, 15n, OURS), found(1, 20n, BEFORE)] }, "lost"],
  ["an offset has vanished", { found: [found(0, 10n, BEFORE)] }, "lost"],
  ["a reset tool wrote metadata of its own", { found: [found(0, 15n, ""), found(1, 25n, "")] }, "lost"],
];

test("decideSettled", async (t) => {
  for (const [name, facts, outcome] of ROWS) {
    await t.test(name, () => assert.deepEqual(decideSettled({ ...FACTS, ...facts }), { outcome }));
  }
  const all: Record<SettledDecision["outcome"], true> = { committed: true, aborted: true, lost: true };
  assert.deepEqual(
    new Set(ROWS.map(([, , outcome]) => outcome)),
    new Set(Object.keys(all)),
    "every variant stands in the table",
  );
});

function at(partition: number, offset: bigint) {
  return { topic: "in", partition, offset };
}

function found(partition: number, offset: bigint, metadata: string) {
  return { topic: "in", partition, offset, metadata };
}
