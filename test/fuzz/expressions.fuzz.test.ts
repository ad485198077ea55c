import assert from "node:assert/strict";
import { test } from "node:test";
import type { KStream } from "../../host/dsl/kstream.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { f64, i32, i64, json, jsonOf, type Serde, string } from "../../host/serdes/index.ts";
import { compile } from "../../host/topology/compile.ts";
import type { PlanStep } from "../../host/topology/plan.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { TopologyRun } from "../task/harness.ts";
import { ExpressionCase, type Step } from "./expression-cases.ts";
import { functionOf } from "./expression-reference.ts";

/** A row costs more here than in the other fuzz tests. */
const COUNT = Number(process.env.FUZZ_COUNT ?? 100_000) / 5;
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const PER_CASE = 200;

type Fields = Readonly<Record<string, unknown>>;
type AnyStream = KStream<string, Fields, "key" | "value">;

const KEY_SERDES = { string, i32, i64, f64, json: json<unknown>() };

/** The steps over values of a serde; as they are declared, or (but for filters) as functions in plain JavaScript. */
function topologyOf(value: Serde<Fields>, { steps, keyType }: ExpressionCase, asFunctions: boolean) {
  return (builder: StreamsBuilder) => {
    let stream = builder.stream("in", { key: string, value }) as unknown as AnyStream;
    for (const step of steps) {
      if ("filter" in step) {
        const condition = step.filter as never;
        stream = step.keeps ? stream.filter(condition) : stream.filterNot(condition);
      } else stream = (asFunctions ? calling(stream, step) : declaring(stream, step)) as AnyStream;
    }
    stream.to("out", { key: KEY_SERDES[keyType] as never, value: json<Fields>() });
  };
}

function declaring(stream: AnyStream, step: Exclude<Step, { readonly filter: object }>): unknown {
  if ("selectKey" in step) return stream.selectKey(step.selectKey);
  return "map" in step ? stream.map(step.map as never) : stream.mapValues(step.project as never);
}

function calling(stream: AnyStream, step: Exclude<Step, { readonly filter: object }>): unknown {
  if ("project" in step) return stream.mapValues(functionOf(step.project) as never);
  const field = "map" in step ? step.map.key : step.selectKey;
  const keyOf = (value: Fields | null) =>
    value !== null && Object.hasOwn(value, field) ? (value[field] ?? null) : null;
  if ("selectKey" in step) return stream.selectKey((_key, value) => keyOf(value));
  const make = functionOf(step.map.value);
  return stream.map((_key, value) => [keyOf(value), make(value)]);
}

function stepsOf(topology: (builder: StreamsBuilder) => void): PlanStep[] {
  const builder = new StreamsBuilder();
  topology(builder);
  const below = (steps: readonly PlanStep[]): PlanStep[] =>
    steps.flatMap((step) => ("children" in step ? [step, ...below(step.children)] : []));
  return below(compile(builder.build(), "app").subTopologies[0]!.sources[0]!.children);
}

function outputs(
  topology: (builder: StreamsBuilder) => void,
  rows: readonly (string | null)[],
  batchRowsMax = PER_CASE,
) {
  const errors = {
    onProcessingError: "deadLetter",
    onProductionError: "deadLetter",
    deadLetterTopic: "dead",
  } as const;
  const run = new TopologyRun(topology, { errors, batchRowsMax });
  run.add(
    "in",
    rows.map((value, index) => ({ key: String(index), value, timestamp: index })),
  );
  run.drain();
  const { out = [], dead = [] } = run.cut("latin1");
  // the one thing that tells the forms apart
  const told = dead.map((letter) => ({
    ...letter,
    headers: letter.headers.filter(([name]) => !name.endsWith("stacktrace")),
  }));
  return { out, dead: told };
}

test(`${COUNT} rows through random declarative steps: kernels and functions make the same bytes of them`, () => {
  const random = new SeededRandom(SEED);
  const seen = { segments: 0, calls: 0, checks: 0, out: 0, dead: 0 };
  for (let done = 0; done < COUNT; done += PER_CASE) {
    const made = new ExpressionCase(random.fork());
    const rows = Array.from({ length: PER_CASE }, () => made.row());
    const serde = jsonOf(made.schema) as unknown as Serde<Fields>;
    const { rows: _, ...rest } = serde;
    const unread: Serde<Fields> = { ...rest, normalizes: true };
    const topology = topologyOf(serde, made, false);
    const byKernels = outputs(topology, rows, random.pick([7, 64, PER_CASE]));
    const about = () => `case ${done / PER_CASE} of seed ${SEED}: ${inspectable(made)}`;
    assert.deepEqual(byKernels, outputs(topologyOf(unread, made, false), rows), about());
    assert.deepEqual(byKernels.out, outputs(topologyOf(unread, made, true), rows).out, about());
    for (const step of stepsOf(topology)) {
      if (step.kind === "segment") seen.segments++;
      else seen.calls++;
      if (step.kind === "segment" && step.checks.length > 0) seen.checks++;
    }
    seen.out += byKernels.out.length;
    seen.dead += byKernels.dead.length;
  }
  // the cases are worth something: both forms ran, and both ends were reached
  for (const count of Object.values(seen)) assert.ok(count > 0, JSON.stringify(seen));
  assert.ok(seen.segments > seen.calls, JSON.stringify(seen));
  assert.ok(seen.out > COUNT / 10, JSON.stringify(seen));
});

function inspectable({ schema, steps }: ExpressionCase): string {
  const text = (_name: string, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  };
  return JSON.stringify({ schema, steps }, text);
}
