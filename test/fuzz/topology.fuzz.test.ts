import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, PeridotError, TopologyTestDriver } from "../../host/index.ts";
import { InputRecorder } from "../golden/input-sequence.ts";
import { assertInvariance } from "../golden/invariance.ts";
import { TopicContents } from "../golden/topic-contents.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { buildSpec } from "./build-spec.ts";
import { DepthFirst, type PlainOutput } from "./depth-first.ts";
import { randomSpec } from "./random-topology.ts";
import type { Spec } from "./topology-spec.ts";

/** A topology takes as long as some hundred values of the other fuzz tests. */
const COUNT = Math.ceil(Number(process.env.FUZZ_COUNT ?? 20_000) / 500);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const BYTES = { key: bytes, value: bytes };

interface RecordedRun {
  readonly driver: TopologyTestDriver;
  readonly recorder: InputRecorder;
  readonly contents: TopicContents;
  readonly seen: Record<string, unknown[]>;
  readonly stopped: boolean;
}

/** Runs the inputs one by one in the test driver, and takes everything down. */
function run(spec: Spec): RecordedRun {
  const seen: Record<string, unknown[]> = {};
  const driver = new TopologyTestDriver(
    (builder) => buildSpec(builder, spec, (name, what) => (seen[name] ??= []).push(what)),
    { errors: errorsOf(spec), partitions: spec.partitions, strictOrder: false },
  );
  const recorder = new InputRecorder();
  const contents = new TopicContents();
  let stopped = false;
  recorder.during(() => {
    for (const input of spec.inputs) {
      const { topic, key, value, ...rest } = input;
      contents.piped(topic, input.partition, {
        ...rest,
        key: key === null ? null : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
      });
      try {
        driver.input(topic, BYTES).pipeRaw(key, value, rest);
      } catch (error) {
        assert.ok(error instanceof PeridotError && error.kind === "record", String(error));
        stopped = true;
      }
      for (const name of driver.producedTopics) {
        for (const record of driver.output(name, BYTES).readAll())
          contents.produced({ ...record, topic: name });
      }
      if (stopped) return;
    }
  });
  return { driver, recorder, contents, seen, stopped };
}

function errorsOf({ actions, deadLetterTopic }: Spec) {
  return { ...actions, deadLetterTopic };
}

/** What the interpreter says, and what came out, in the same words. */
function written(spec: Spec, { contents }: RecordedRun): Record<string, PlainOutput[]> {
  const names = Object.entries(contents.written);
  return Object.fromEntries(
    names.map(([name, records]) => {
      const at = name.lastIndexOf("-");
      const [topic, partition] = [name.slice(0, at), Number(name.slice(at + 1))];
      const plain = records.map(({ key, value, timestamp, headers }) => ({
        topic,
        partition,
        key: key && String(Buffer.from(key)),
        value: value && String(Buffer.from(value)),
        timestamp,
        headers: headers
          .filter((each) => !(topic === spec.deadLetterTopic && each.key.startsWith("__streams.errors.")))
          .map((each) => ({ key: each.key, value: String(each.value) })),
      }));
      return [name, plain];
    }),
  );
}

/** @returns what should have come out, and has. */
function check(spec: Spec): DepthFirst {
  const ran = run(spec);
  const reference = new DepthFirst(spec);
  for (const input of spec.inputs) if (!reference.stopped) reference.run(input);
  assert.deepEqual(written(spec, ran), reference.written);
  const { counters } = ran.driver;
  assert.deepEqual(
    { skipped: counters.skipped, deadLettered: counters.deadLettered, stopped: ran.stopped },
    { skipped: reference.skipped, deadLettered: reference.deadLettered, stopped: reference.stopped },
  );
  assertInvariance(
    {
      build: (builder, see) => buildSpec(builder, spec, see),
      applicationId: "test",
      errors: errorsOf(spec),
      partitions: spec.partitions,
    },
    { ...ran, counters },
  );
  return reference;
}

/** For the message of a failure. */
function drawing({ nodes, inputs, ...rest }: Spec): string {
  return JSON.stringify({ nodes, ...rest, inputs: inputs.length }, (_name, part: unknown) =>
    typeof part === "function" ? "ƒ" : part,
  );
}

/** With the seed that repeats it. */
function checkSeed(seed: number): { readonly spec: Spec; readonly reference: DepthFirst } {
  const spec = randomSpec(new SeededRandom(seed));
  try {
    return { spec, reference: check(spec) };
  } catch (error) {
    throw new Error(`FUZZ_SEED=${seed} FUZZ_COUNT=1: ${drawing(spec)}`, { cause: error });
  }
}

test(`${COUNT} random topologies: depth first, in batches of any size`, () => {
  const shown = { inputs: 0, outputs: 0, bad: 0, stopped: 0, internal: 0 };
  for (let seed = SEED; seed < SEED + COUNT; seed++) {
    const { spec, reference } = checkSeed(seed);
    shown.inputs += spec.inputs.length;
    shown.outputs += Object.values(reference.written).flat().length;
    shown.bad += reference.skipped + reference.deadLettered;
    shown.stopped += Number(reference.stopped);
    shown.internal += spec.nodes.filter((node) => node.op === "repartition").length;
  }
  // the topologies have shown something
  if (COUNT >= 40)
    for (const [what, count] of Object.entries(shown)) assert.ok(count >= 5, `${what}: ${count}`);
});
