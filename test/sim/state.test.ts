import assert from "node:assert/strict";
import { test } from "node:test";
import { plantNothing } from "./defect.ts";
import { runSeed, tell } from "./run-seed.ts";
import { drawScenario } from "./scenario.ts";
import { statefulProgram } from "./stateful-program.ts";

/** As in sim.test.ts. */
const SEEDS = Number(process.env.SIM_SEEDS ?? 200);

test(`${SEEDS} seeds with state: output, changelogs and disks are exact`, async () => {
  let exactlyOnce = 0;
  for (let seed = 1; exactlyOnce < SEEDS; seed++) {
    if (drawScenario(seed).guarantee !== "exactly_once_v2") continue;
    exactlyOnce++;
    const verdict = await runSeed(seed, plantNothing, statefulProgram);
    if (verdict.failure !== undefined) assert.fail(tell(verdict));
  }
});
