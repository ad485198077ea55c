import type { TaskRunner } from "../../host/task/task.ts";
import { PlainRunner, plainOutputsOf } from "./plain-runner.ts";
import { OUTPUT_TOPIC, type Scenario } from "./scenario.ts";

/** What the simulated application computes, and how. */
export interface Program {
  /** The values that come of one record, all under its key. */
  readonly outputsOf: (key: string, value: string) => readonly string[];
  readonly makeRunner: (facts: RunnerFacts) => TaskRunner;
}

export interface RunnerFacts {
  readonly scenario: Scenario;
  readonly nowMs: () => number;
  readonly traps: () => boolean;
}

/** Quick: no kernels. */
export const plainProgram: Program = {
  outputsOf: plainOutputsOf,
  makeRunner: ({ scenario, nowMs, traps }) =>
    new PlainRunner({
      outputTopic: OUTPUT_TOPIC,
      outputPartitions: scenario.outputPartitions,
      batchRecordsMax: scenario.batchRecordsMax,
      nowMs,
      traps,
    }),
};
