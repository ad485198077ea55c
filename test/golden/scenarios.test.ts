import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { buildTopology, unsupportedOp } from "./build-topology.ts";
import { InputRecorder } from "./input-sequence.ts";
import { assertInvariance } from "./invariance.ts";
import { runScenario } from "./run-scenario.ts";
import { areasIn, readScenarios, SCENARIO_FOLDER, type Scenario } from "./scenario.ts";
import { errorSettings, ScenarioRun } from "./scenario-run.ts";

// Scenarios recorded from Kafka Streams 4.3.1: scenarios/FORMAT.md.

const AREAS = areasIn(SCENARIO_FOLDER);

/** What cannot run yet, in areas most of which can: the first operator that is missing. Strike out what passes. */
const NOT_YET: Readonly<Record<string, string>> = {
  "errors/deserialization-stream-time": "process",
  "errors/deserialization-table": "table",
  "errors/deserialization-global": "globalTable",
  "errors/processing-continue-aggregate": "groupByKey",
  "errors/processing-continue-processor": "process",
  "errors/processing-continue-downstream-of-store": "groupByKey",
  "errors/processing-stream-time": "process",
  "errors/dlq-processing-repartition": "groupBy",
  "errors/dlq-unused": "groupByKey",
  "merge-branch/merge-then-count": "groupByKey",
  "repartition/group-by-new-key": "groupBy",
  "repartition/group-by-null-key": "groupBy",
  "repartition/select-key-then-group": "groupByKey",
  "repartition/map-then-join": "join",
  "repartition/to-table-after-key-change": "toTable",
  "repartition/two-groupings": "groupBy",
  "time/from-field-skip": "process",
  "time/from-field-partition-time": "process",
  "time/from-field-window": "groupByKey",
  "time/table-from-field": "table",
  "time/constant-zero": "groupByKey",
  "time/output-map-chain": "groupBy",
  "time/aggregate-of-table-timestamp": "table",
  "time/join-timestamps": "table",
  "time/through-window-result": "groupByKey",
};

/** Areas that need state, all of them. */
const WITH_STATE: ReadonlySet<string> = new Set([
  "aggregate",
  "cogroup",
  "global-table",
  "join-fk",
  "join-stream-stream",
  "join-stream-table",
  "join-table-table",
  "processor",
  "punctuate",
  "session",
  "sliding",
  "suppress",
  "table",
  "versioned",
  "window",
]);

suite("what Kafka Streams does, the test driver does", () => {
  for (const area of AREAS.filter((each) => !WITH_STATE.has(each))) {
    for (const scenario of readScenarios(SCENARIO_FOLDER, area)) {
      const op = NOT_YET[scenario.name];
      test(op === undefined ? scenario.name : `${scenario.name}: not yet, for want of ${op}`, () => {
        assert.deepEqual(runScenario(scenario), op === undefined ? { is: "passed" } : { is: "skipped", op });
      });
    }
  }

  test("areas with state are all skipped", () => {
    assert.equal(AREAS.length, 20);
    for (const area of WITH_STATE) {
      const verdicts = readScenarios(SCENARIO_FOLDER, area).map((scenario) => runScenario(scenario).is);
      assert.ok(verdicts.length > 0, area);
      assert.deepEqual(
        new Set(verdicts),
        new Set(["skipped"]),
        `${area}: strike it out, and list what is left`,
      );
    }
  });
});

suite("the batch is never observable", () => {
  const scenarios = AREAS.flatMap((area) => readScenarios(SCENARIO_FOLDER, area));
  for (const scenario of scenarios) {
    if (scenario.buildError !== undefined || unsupportedOp(scenario.topology) !== undefined) continue;
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
      partitions: {},
    },
    { recorder, contents: run.contents, counters: run.driver.counters, seen: run.seen },
  );
}
