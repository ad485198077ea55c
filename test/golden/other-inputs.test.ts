import { suite, test } from "node:test";
import { SeededRandom } from "../sim/seeded-random.ts";
import { randomInputs } from "./random-inputs.ts";
import { areasIn, readScenarios, SCENARIO_FOLDER } from "./scenario.ts";
import { checkInvariance, hasInvariance } from "./scenario-invariance.ts";

// Inputs that nobody has chosen, over each scenario's topology: INPUT_SEEDS of them, from INPUT_SEED on.

const SEEDS = Number(process.env.INPUT_SEEDS ?? 2);
const FIRST = Number(process.env.INPUT_SEED ?? 1);

suite("the batch is never observable, whatever comes", () => {
  for (const area of areasIn(SCENARIO_FOLDER)) {
    for (const scenario of readScenarios(SCENARIO_FOLDER, area).filter(hasInvariance)) {
      for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
        const inputs = randomInputs(scenario, new SeededRandom(seed));
        if (inputs.length === 0) continue;
        test(`${scenario.name}, INPUT_SEED=${seed}`, () => checkInvariance({ ...scenario, inputs }));
      }
    }
  }
});
