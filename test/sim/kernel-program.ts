import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { PeridotError } from "../../host/errors.ts";
import { string } from "../../host/serdes/index.ts";
import { makeTaskRunner } from "../../host/task/runner.ts";
import type { TaskRunner } from "../../host/task/task.ts";
import { compile } from "../../host/topology/compile.ts";
import { DEFAULT_ERROR_SETTINGS } from "../../host/topology/error-settings.ts";
import type { Program, RunnerFacts } from "./program.ts";
import { INPUT_TOPIC, OUTPUT_TOPIC } from "./scenario.ts";

/** The real runner: rows through kernels and user functions. */
export const kernelProgram: Program = {
  outputsOf: (key, value) => (counts(value) ? [resultOf(key, value)] : []),
  makeRunner: (facts) => trapping(makeRunner(facts), facts.traps),
};

function makeRunner({ scenario, nowMs }: RunnerFacts): TaskRunner {
  const builder = new StreamsBuilder();
  builder
    .stream(INPUT_TOPIC, { key: string, value: string })
    .filter((_key, value) => counts(value))
    .map((key, value) => [key, resultOf(key, value)])
    .to(OUTPUT_TOPIC, { key: string, value: string });
  return makeTaskRunner({
    plan: compile(builder.build(), "app"),
    partitionsOf: new Map([
      [INPUT_TOPIC, scenario.inputPartitions],
      [OUTPUT_TOPIC, scenario.outputPartitions],
    ]),
    errors: DEFAULT_ERROR_SETTINGS,
    clock: { now: nowMs, timer: () => ({ cancel: () => {} }) },
    batchRowsMax: scenario.batchRecordsMax,
  });
}

function counts(value: string): boolean {
  return Number(value.slice(value.lastIndexOf(":") + 1)) % 7 !== 3;
}

function resultOf(key: string, value: string): string {
  return `${key}>${value}`;
}

function trapping(runner: TaskRunner, traps: () => boolean): TaskRunner {
  const process = runner.process.bind(runner);
  runner.process = (mayGoOn) => {
    if (traps()) throw new PeridotError("KERNEL_TRAPPED", { what: "the schedule says so" });
    return process(mayGoOn);
  };
  return runner;
}
