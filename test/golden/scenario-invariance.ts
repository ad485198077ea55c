import { buildTopology } from "./build-topology.ts";
import { InputRecorder } from "./input-sequence.ts";
import { assertInvariance } from "./invariance.ts";
import type { Scenario } from "./scenario.ts";
import { errorSettings, ScenarioRun } from "./scenario-run.ts";

/** Whether a scenario's output is a function of its tasks' inputs alone. */
export function hasInvariance({ buildError, topology, config }: Scenario): boolean {
  if (buildError !== undefined) return false;
  // What comes to a global table is no task's input: when it is there, nobody promises.
  if (topology.some(({ op }) => op === "globalTable")) return false;
  // A commit point cuts a batch, and what a record cache tells depends on them: here there is one behind each row.
  return config?.cacheMaxBytes === undefined;
}

/**
 * Runs a scenario's inputs a record at a time, up to the one that stops it, then each task's input sequence again in
 * other batches.
 */
export function checkInvariance(scenario: Scenario): void {
  const recorder = new InputRecorder();
  const run = new ScenarioRun(scenario);
  recorder.during(() => {
    for (const step of scenario.inputs) {
      if ("error" in run.step(step)) return;
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
