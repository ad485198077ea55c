import type { StateBackend } from "../../host/state/state-backend.ts";
import type { SubTopologySources } from "../../host/task/decide-assignment.ts";
import type { TaskRunner } from "../../host/task/task.ts";
import type { TaskStates } from "../../host/task/task-states.ts";
import type { Plan } from "../../host/topology/plan.ts";
import type { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import type { Input } from "./input.ts";
import type { Difference } from "./judge.ts";
import { PlainRunner, plainOutputsOf } from "./plain-runner.ts";
import { INPUT_TOPIC, OUTPUT_TOPIC, type Scenario } from "./scenario.ts";

/** What the simulated application computes, and how. */
export interface Program {
  /** The values that come of one record, all under its key. */
  readonly outputsOf: (key: string, value: string) => readonly string[];
  readonly makeRunner: (facts: RunnerFacts) => TaskRunner;
  readonly subTopologies: readonly SubTopologySources[];
  /** Topics between the sub-topologies, with as many partitions as the output. */
  readonly between: readonly string[];
  /** Of tasks with stores; undefined: they have none. */
  readonly plan?: Plan;
  /** Topics of stores, with as many partitions as the input. */
  readonly changelogs?: readonly string[];
  /** Looks at changelogs and disks. */
  readonly judgeState?: (
    broker: EmbeddedBroker,
    input: Input,
    disks: ReadonlyMap<string, StateBackend>,
  ) => Difference | undefined;
  /** Whether the committed offsets stand for all of the input; default: the group's offsets in the input topic. */
  readonly judgeOffsets?: (broker: EmbeddedBroker, input: Input) => Difference | undefined;
}

/** One sub-topology that reads the input. */
export const ONE_PART = {
  subTopologies: [{ subTopology: 0, sourceTopics: [INPUT_TOPIC] }],
  between: [],
} as const;

export interface RunnerFacts {
  readonly scenario: Scenario;
  readonly nowMs: () => number;
  readonly traps: () => boolean;
  /** Of the thread that the runner is for. */
  readonly states?: TaskStates | undefined;
}

/** Quick: no kernels. */
export const plainProgram: Program = {
  ...ONE_PART,
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
