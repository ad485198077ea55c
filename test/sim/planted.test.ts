import assert from "node:assert/strict";
import { test } from "node:test";
import { PLANTED, type PlantedDefect } from "./planted.ts";
import { runSeed, tell, type Verdict } from "./run-seed.ts";
import { drawScenario } from "./scenario.ts";

const SEEDS_MAX = 500;
/** What a reader of the output would notice. */
const VISIBLE: ReadonlySet<string> = new Set(["missing", "extra", "order"]);

for (const defect of PLANTED) {
  test(`the seeds catch it: ${defect.name} (${defect.breaks})`, async () => {
    const caught = await firstToCatch(defect);
    assert(caught !== undefined, `none of ${SEEDS_MAX} seeds catches it`);
    const sound = await runSeed(caught.seed);
    assert.equal(sound.failure, undefined, tell(sound));
  });
}

async function firstToCatch(defect: PlantedDefect): Promise<Verdict | undefined> {
  const first = defect.firstSeed ?? 1;
  for (let seed = first; seed < first + SEEDS_MAX; seed++) {
    if (drawScenario(seed).guarantee !== (defect.guarantee ?? "exactly_once_v2")) continue;
    const verdict = await runSeed(seed, defect.plant);
    if (verdict.failure !== undefined && VISIBLE.has(verdict.failure.kind)) return verdict;
  }
  return undefined;
}
