import assert from "node:assert/strict";
import { test } from "node:test";
import type { Feed } from "../../host/import-export/feed.ts";
import { runSeed, type Verdict } from "../sim/run-seed.ts";
import { drawScenario } from "../sim/scenario.ts";
import { importProgram, plantImport } from "./import-program.ts";

const SEEDS_MAX = 300;
/** What a reader of the topic would notice. */
const VISIBLE: ReadonlySet<string> = new Set(["missing", "extra", "order"]);

/** Wrong rules; where few seeds show one, the seed where the search begins. */
const PLANTED: readonly (readonly [name: string, spoil: (feed: Feed) => void, firstSeed?: number])[] = [
  [
    "the position is not read back: the source begins anew",
    (feed) => {
      const found = feed.found.bind(feed);
      feed.found = (committed) => found(committed && { ...committed, metadata: "" });
    },
  ],
  [
    "what an aborted transaction held is not given again",
    (feed) => {
      feed.rewind = () => {};
    },
  ],
  [
    "the position runs ahead by an item that is not written",
    (feed) => {
      const pass = feed.pass.bind(feed);
      let passed = 0;
      feed.pass = () => {
        pass();
        if (++passed % 50 === 0 && feed.next?.failure === undefined && feed.next !== undefined) pass();
      };
    },
  ],
  [
    "another has fed meanwhile, and what was taken before is fed all the same",
    (feed) => {
      const found = feed.found.bind(feed);
      let isFirst = true;
      feed.found = async (committed) => {
        if (isFirst || committed === undefined) await found(committed);
        else feed.assign([{ topic: "out", partition: 0, offset: undefined }]);
        isFirst = false;
      };
      feed.release = async () => {};
    },
    90,
  ],
];

for (const [name, spoil, firstSeed = 1] of PLANTED) {
  test(`the seeds catch it: ${name}`, async () => {
    const caught = await firstToCatch(spoil, firstSeed);
    assert(caught !== undefined, `none of ${SEEDS_MAX} seeds catches it`);
  });
}

async function firstToCatch(spoil: (feed: Feed) => void, firstSeed: number): Promise<Verdict | undefined> {
  for (let seed = firstSeed; seed < firstSeed + SEEDS_MAX; seed++) {
    if (drawScenario(seed).guarantee !== "exactly_once_v2") continue;
    const verdict = await runSeed(seed, plantImport(spoil), importProgram);
    if (verdict.failure !== undefined && VISIBLE.has(verdict.failure.kind)) return verdict;
  }
  return undefined;
}
