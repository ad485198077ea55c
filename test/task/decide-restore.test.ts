import assert from "node:assert/strict";
import { test } from "node:test";
import { consumedUpTo, decideRestore, type RestoreFacts } from "../../host/task/decide-restore.ts";

const TOPIC = "1".repeat(32);
const DAY = 86_400_000;
const NOW = 100 * DAY;
const base: RestoreFacts = {
  position: { topicId: TOPIC, offset: 50n, at: NOW - 1_000 },
  topicId: TOPIC,
  earliest: 10n,
  latest: 90n,
  now: NOW,
  tombstonesKeptMs: DAY,
};
const position = (changes: Partial<NonNullable<RestoreFacts["position"]>>) => ({
  position: { ...base.position!, ...changes },
});
const all = (because: string) => ({ restore: "all", from: 10n, to: 90n, because });

const CASES: readonly (readonly [string, Partial<RestoreFacts>, object])[] = [
  ["the tail", {}, { restore: "tail", from: 50n, to: 90n }],
  ["nothing is missing", position({ offset: 90n }), { restore: "nothing", to: 90n }],
  ["nothing is missing, however old", position({ offset: 90n, at: 0 }), { restore: "nothing", to: 90n }],
  ["nothing is known", { position: undefined }, all("new")],
  ["another topic of the same name", position({ topicId: "2".repeat(32) }), all("other-topic")],
  ["tombstones may be gone", position({ at: NOW - DAY / 2 - 1 }), all("old")],
  ["just young enough", position({ at: NOW - DAY / 2 }), { restore: "tail", from: 50n, to: 90n }],
  ["what follows is gone", position({ offset: 9n }), all("out-of-range")],
  ["the log ends before", position({ offset: 91n }), all("out-of-range")],
  [
    "nothing is missing, whatever else is gone",
    { latest: 5n, ...position({ offset: 5n }) },
    { restore: "nothing", to: 5n },
  ],
  [
    "all that it was made of is gone",
    { latest: 5n, ...position({ offset: 4n }) },
    { restore: "all", from: 5n, to: 5n, because: "out-of-range" },
  ],
  [
    "an empty changelog",
    { position: undefined, earliest: 0n, latest: 0n },
    { restore: "all", from: 0n, to: 0n, because: "new" },
  ],
];

for (const [what, changes, expected] of CASES) {
  test(`restore: ${what}`, () => assert.deepEqual(decideRestore({ ...base, ...changes }), expected));
}

const ENDS: readonly (readonly [string, bigint | undefined, bigint])[] = [
  ["as far as its task has come", 50n, 50n],
  ["nowhere, before anything is committed", undefined, 10n],
  ["to its end, if more was committed of another topic of the same name", 91n, 90n],
  ["no further than was consumed before the rest was deleted", 5n, 5n],
];

for (const [what, committed, expected] of ENDS) {
  test(`a source topic counts ${what}`, () => assert.equal(consumedUpTo(committed, 10n, 90n), expected));
}
