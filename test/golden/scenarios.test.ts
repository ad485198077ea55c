import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { buildTopology } from "./build-topology.ts";
import { InputRecorder } from "./input-sequence.ts";
import { assertInvariance } from "./invariance.ts";
import { runScenario } from "./run-scenario.ts";
import { areasIn, readScenarios, SCENARIO_FOLDER, type Scenario } from "./scenario.ts";
import { errorSettings, ScenarioRun } from "./scenario-run.ts";

// Scenarios recorded from Kafka Streams 4.3.1: scenarios/FORMAT.md.

const AREAS = areasIn(SCENARIO_FOLDER);

suite("what Kafka Streams does, the test driver does", () => {
  for (const area of AREAS) {
    for (const scenario of readScenarios(SCENARIO_FOLDER, area))
      test(scenario.name, () => assert.deepEqual(runScenario(scenario), { is: "passed" }));
  }

  test("no area is left out", () => assert.equal(AREAS.length, 20));
});

suite("the batch is never observable", () => {
  const scenarios = AREAS.flatMap((area) => readScenarios(SCENARIO_FOLDER, area));
  for (const scenario of scenarios) {
    if (scenario.buildError !== undefined) continue;
    // What comes to a global table is no task's input: when it is there, nobody promises.
    if (scenario.topology.some(({ op }) => op === "globalTable")) continue;
    // A commit point cuts a batch, and what a record cache tells depends on them: here there is one behind each row.
    if (scenario.config?.cacheMaxBytes !== undefined) continue;
    test(scenario.name, () => checkInvariance(scenario));
  }
});

function checkInvariance(scenario: Scenario): void {
  const recorder = new InputRecorder();
  const run = new ScenarioRun(scenario);
  recorder.during(() => {
    for (const step of scenario.inputs) {
      run.step(step);
      if ("advanceWallClockMs" in step) recorder.clock(run.driver.wallClock);
    }
  });
  const { topology, config } = scenario;
  assertInvariance(
    {
      applicationId: "test",
      build: (builder, see) => buildTopology(builder, topology, (id, key, value) => see(id, { key, value })),
      errors: errorSettings(config),
      emitIntervalMs: config?.emitIntervalMs,
      partitions: {},
    },
    { recorder, contents: run.contents, counters: run.driver.counters, seen: run.seen },
  );
}
