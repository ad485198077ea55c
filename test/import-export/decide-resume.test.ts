import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decideResume,
  type ResumeDecision,
  type ResumeFacts,
} from "../../host/import-export/decide-resume.ts";

const at = (offset: bigint, incarnation: string, position = "") => ({
  offset,
  tag: { incarnation, number: 3 },
  position,
});
const BY_TOOL = { offset: 0n, tag: undefined, position: "" };

/** A process that has fed from offset 10 on, where another one's commit stood. */
const FED: ResumeFacts = {
  found: at(10n, "other", '"p10"'),
  last: at(10n, "other", '"p10"'),
  incarnation: "mine",
  isOpen: true,
  hasPositions: true,
};
const NEW: ResumeFacts = { ...FED, found: undefined, last: undefined, isOpen: false, hasPositions: false };

const ROWS: readonly (readonly [string, ResumeFacts, ResumeDecision])[] = [
  ["the first start of all", NEW, { resume: "open", offset: 0n, position: "" }],
  [
    "a start behind what another life has committed",
    { ...NEW, found: at(10n, "former", '{"byte":7}') },
    { resume: "open", offset: 10n, position: '{"byte":7}' },
  ],
  [
    "a start where no positions are: from the source's start, counting on",
    { ...NEW, found: at(10n, "former") },
    { resume: "open", offset: 10n, position: "" },
  ],
  ["nobody has committed meanwhile, neither have we", FED, { resume: "go-on", offset: 10n }],
  [
    "nobody has ever committed",
    { ...FED, found: undefined, last: undefined },
    { resume: "go-on", offset: 0n },
  ],
  [
    "we were the last to commit",
    { ...FED, found: at(25n, "mine", '"p25"') },
    { resume: "go-on", offset: 25n },
  ],
  [
    "another has fed: from where it has come to",
    { ...FED, found: at(25n, "other", '"p25"') },
    { resume: "open", offset: 25n, position: '"p25"' },
  ],
  [
    "another has fed the same number of items as we have in hand: theirs count",
    { ...FED, found: at(10n, "third", '"p10"') },
    { resume: "open", offset: 10n, position: '"p10"' },
  ],
  [
    "the same process has committed what stood before, in a later transaction",
    { ...FED, found: { ...at(10n, "other", '"p10"'), tag: { incarnation: "other", number: 4 } } },
    { resume: "open", offset: 10n, position: '"p10"' },
  ],
  [
    "another has fed, and the source has no positions: what we hold is in no topic yet",
    { ...FED, hasPositions: false, found: at(25n, "other") },
    { resume: "renumber", offset: 25n },
  ],
  [
    "another has fed, and our source has not given its first item yet: its positions are told by theirs",
    { ...FED, last: undefined, hasPositions: false, found: at(5n, "other", "5") },
    { resume: "open", offset: 5n, position: "5" },
  ],
  [
    "another has fed items without positions, and our source has not given its first item yet",
    { ...FED, last: undefined, hasPositions: false, found: at(5n, "other") },
    { resume: "renumber", offset: 5n },
  ],
  [
    "we were the last, but have closed the source since",
    { ...FED, isOpen: false, found: at(25n, "mine", '"p25"') },
    { resume: "open", offset: 25n, position: '"p25"' },
  ],
  ["a tool has set the offset", { ...FED, found: BY_TOOL }, { resume: "open", offset: 0n, position: "" }],
  ["the offsets were deleted", { ...FED, found: undefined }, { resume: "open", offset: 0n, position: "" }],
];

test("decideResume", async (t) => {
  for (const [name, facts, expected] of ROWS) {
    await t.test(name, () => assert.deepEqual(decideResume(facts), expected));
  }
  const all: Record<ResumeDecision["resume"], true> = { "go-on": true, open: true, renumber: true };
  assert.deepEqual(new Set(ROWS.map(([, , { resume }]) => resume)), new Set(Object.keys(all)));
});
