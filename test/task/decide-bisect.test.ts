import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  type BisectDecision,
  type BisectFacts,
  decideBisect,
  type Suspects,
} from "../../host/task/decide-bisect.ts";
import { BATCH_ROWS_MAX } from "../../kernels/abi/limits.ts";

const offsets = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => BigInt(from + index));
const facts = (changes: Partial<BisectFacts>): BisectFacts => ({
  offsets: [],
  trapped: false,
  at: undefined,
  suspects: undefined,
  ...changes,
});
const suspects = (from: number, rows: number, passed = false): Suspects => ({
  from: BigInt(from),
  rows,
  passed,
});

const TABLE: readonly (readonly [string, Partial<BisectFacts>, BisectDecision])[] = [
  ["nothing known, nothing ran", {}, { bisect: "clear" }],
  ["nothing known, all passed", { offsets: offsets(5, 10) }, { bisect: "clear" }],
  [
    "the kernel was at a record",
    { offsets: offsets(5, 10), trapped: true, at: 7n, suspects: suspects(5, 4) },
    { bisect: "blame", offset: 7n, suspects: undefined },
  ],
  [
    "there was one record only",
    { offsets: [8n], trapped: true },
    { bisect: "blame", offset: 8n, suspects: suspects(9, 1, true) },
  ],
  ["one of ten", { offsets: offsets(5, 10), trapped: true }, { bisect: "try", suspects: suspects(5, 5) }],
  [
    "one of three, offsets with gaps",
    { offsets: [5n, 9n, 30n], trapped: true },
    { bisect: "try", suspects: suspects(5, 1) },
  ],
  [
    "half of them passed: the other half is next",
    { offsets: offsets(5, 5), suspects: suspects(5, 5) },
    { bisect: "try", suspects: suspects(10, 5, true) },
  ],
  [
    "the other half passed as well: twice as many",
    { offsets: offsets(10, 5), suspects: suspects(10, 5, true) },
    { bisect: "try", suspects: suspects(15, 10, true) },
  ],
  [
    "only records before the suspects passed",
    { offsets: offsets(1, 4), suspects: suspects(5, 5) },
    { bisect: "try", suspects: suspects(5, 5) },
  ],
  ["nothing ran", { suspects: suspects(5, 5) }, { bisect: "try", suspects: suspects(5, 5) }],
  [
    "more passed than a batch has",
    { offsets: offsets(5, 5), suspects: suspects(5, BATCH_ROWS_MAX / 2, true) },
    { bisect: "clear" },
  ],
];

suite("decideBisect", () => {
  for (const [title, given, decision] of TABLE) {
    test(title, () => assert.deepEqual(decideBisect(facts(given)), decision));
  }
});

/** Runs over a partition from the last commit on, cut where the suspects say; a trap undoes what was not committed. */
function search(count: number, poison: ReadonlySet<bigint>, tells: boolean) {
  const blamed = new Set<bigint>();
  let known: Suspects | undefined;
  let next = 0n;
  let traps = 0;
  while (next < count) {
    const all = offsets(Number(next), Math.min(64, count - Number(next))).filter((each) => !blamed.has(each));
    let given = all;
    if (known !== undefined) {
      const first = all.findIndex((each) => each >= known!.from);
      if (first >= 0) given = all.slice(0, first > 0 ? first : known.rows);
    }
    const at = given.find((each) => poison.has(each));
    const decision = decideBisect({
      offsets: given,
      trapped: at !== undefined,
      at: tells ? at : undefined,
      suspects: known,
    });
    if (at !== undefined) traps++;
    else next = given.length === 0 ? next + 64n : given.at(-1)! + 1n;
    if (decision.bisect === "blame") blamed.add(decision.offset);
    known = decision.bisect === "clear" ? undefined : decision.suspects;
    assert.ok(traps < 20 * (poison.size + 1), "the search ends");
  }
  return { blamed: [...blamed], traps };
}

for (const tells of [true, false]) {
  for (const at of [[], [0], [63], [64], [7, 8, 9], [0, 30, 31, 63, 64, 150, 199]]) {
    test(`records ${at.join(", ")} of 200 are found and no others, by a kernel that ${tells ? "tells" : "does not tell"}`, () => {
      const poison = new Set(at.map(BigInt));
      const { blamed, traps } = search(200, poison, tells);
      assert.deepEqual(blamed, [...poison]);
      assert.ok(traps <= poison.size * (tells ? 1 : 8), `${traps} traps`);
    });
  }
}
