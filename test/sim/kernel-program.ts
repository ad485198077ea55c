import type { KStream } from "../../host/dsl/kstream.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { PeridotError } from "../../host/errors.ts";
import { string } from "../../host/serdes/index.ts";
import { makeTaskRunner } from "../../host/task/runner.ts";
import type { TaskRunner } from "../../host/task/task.ts";
import { compile } from "../../host/topology/compile.ts";
import { DEFAULT_ERROR_SETTINGS } from "../../host/topology/error-settings.ts";
import { ONE_PART, type Program, type RunnerFacts } from "./program.ts";
import { INPUT_TOPIC, OUTPUT_TOPIC } from "./scenario.ts";

/** The real runner: rows through kernels and user functions. */
export const kernelProgram: Program = {
  ...ONE_PART,
  outputsOf: (key, value) => (counts(value) ? [resultOf(key, value)] : []),
  makeRunner: (facts) => trapping(makeRunner(facts, straight), facts.traps),
};

const RELAY = "app-relay-repartition";

/** The same in two sub-topologies, with a topic between, and two records made of each. */
export const relayProgram: Program = {
  outputsOf: (key, value) =>
    counts(value) ? [`${resultOf(key, value)}.0`, `${resultOf(key, value)}.1`] : [],
  makeRunner: (facts) => trapping(makeRunner(facts, relayed), facts.traps),
  subTopologies: [
    { subTopology: 0, sourceTopics: [INPUT_TOPIC] },
    { subTopology: 1, sourceTopics: [RELAY] },
  ],
  between: [RELAY],
};

type Stream = KStream<string, string>;

function straight(stream: Stream): Stream {
  return stream.map((key, value) => [key, resultOf(key, value)]);
}

function relayed(stream: Stream): Stream {
  return stream
    .repartition({ name: "relay", key: string, value: string })
    .flatMapValues((value, key) => [0, 1].map((each) => `${resultOf(key, value)}.${each}`));
}

function makeRunner({ scenario, nowMs }: RunnerFacts, way: (stream: Stream) => Stream): TaskRunner {
  const builder = new StreamsBuilder();
  const counted = builder
    .stream(INPUT_TOPIC, { key: string, value: string })
    .filter((_key, value) => counts(value));
  way(counted).to(OUTPUT_TOPIC, { key: string, value: string });
  return makeTaskRunner({
    plan: compile(builder.build(), "app"),
    partitionsOf: new Map([
      [INPUT_TOPIC, scenario.inputPartitions],
      [RELAY, scenario.outputPartitions],
      [OUTPUT_TOPIC, scenario.outputPartitions],
    ]),
    errors: DEFAULT_ERROR_SETTINGS,
    clock: { now: nowMs },
    batchRowsMax: scenario.batchRecordsMax,
  });
}

function counts(value: string): boolean {
  return Number(value.slice(value.lastIndexOf(":") + 1)) % 7 !== 3;
}

function resultOf(key: string, value: string): string {
  return `${key}>${value}`;
}

export function trapping(runner: TaskRunner, traps: () => boolean): TaskRunner {
  const process = runner.process.bind(runner);
  runner.process = (mayGoOn) => {
    if (traps()) throw new PeridotError("KERNEL_TRAPPED", { what: "the schedule says so" });
    return process(mayGoOn);
  };
  return runner;
}
