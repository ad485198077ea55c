import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { runScenario } from "./run-scenario.ts";
import { areasIn, HELD_OUT_FOLDER, readScenarios, SCENARIO_FOLDER } from "./scenario.ts";
import { checkInvariance, hasInvariance } from "./scenario-invariance.ts";

// Scenarios recorded from Kafka Streams 4.3.1: scenarios/FORMAT.md.

const AREAS = areasIn(SCENARIO_FOLDER);
const HELD_OUT = areasIn(HELD_OUT_FOLDER).flatMap((area) => readScenarios(HELD_OUT_FOLDER, area));

suite("what Kafka Streams does, the test driver does", () => {
  for (const area of AREAS) {
    for (const scenario of readScenarios(SCENARIO_FOLDER, area))
      test(scenario.name, () => assert.deepEqual(runScenario(scenario), { is: "passed" }));
  }

  for (const scenario of HELD_OUT)
    test(scenario.name, () => assert.deepEqual(runScenario(scenario), { is: "passed" }));

  test("no area is left out", () => assert.equal(AREAS.length, 20));
});

suite("the batch is never observable", () => {
  for (const scenario of HELD_OUT.filter(hasInvariance)) test(scenario.name, () => checkInvariance(scenario));

  for (const area of AREAS) {
    for (const scenario of readScenarios(SCENARIO_FOLDER, area).filter(hasInvariance))
      test(scenario.name, () => checkInvariance(scenario));
  }
});
