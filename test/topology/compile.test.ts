import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { json, string } from "../../host/serdes/index.ts";
import { compile } from "../../host/topology/compile.ts";
import { type PlanStep, sinkTopics, sourceTopics } from "../../host/topology/plan.ts";
import type { RowType, Serde } from "../../host/topology/serde.ts";

interface Client {
  readonly Name: string;
  readonly State: string;
  readonly Age: number;
  readonly Active: boolean;
}

/** JSON that kernels make rows of, as far as the topology is concerned. */
const rows: Serde<Client> = {
  ...json<Client>(),
  name: "json(Client)",
  rows: {
    descriptor: new Uint8Array(0),
    fields: [
      { name: "Name", type: "string" },
      { name: "State", type: "string" },
      { name: "Age", type: "f64" },
      { name: "Active", type: "bool" },
    ],
  } as unknown as RowType,
};

function build(describe: (builder: StreamsBuilder) => void) {
  const builder = new StreamsBuilder();
  describe(builder);
  return compile(builder.build());
}

function refusal(says: RegExp) {
  return { code: "TOPOLOGY_INVALID", message: says };
}

/** The plan's steps as text, children in brackets. */
function shape(steps: readonly PlanStep[]): string {
  return steps
    .map((step) => {
      if (step.kind === "sink") return `${step.topic}#${step.ordinal}${step.shared ? "*" : ""}`;
      const name = step.kind === "call" ? step.call.shape : `segment(${step.names.length})`;
      return `${name}[${shape(step.children)}]`;
    })
    .join(" ");
}

test("declarative steps over rows are fused into one segment, in terms of the source's row", () => {
  const plan = build((builder) =>
    builder
      .stream("in", { key: string, value: rows })
      .filter({ State: "QLD" })
      .mapValues({ name: "Name", years: "Age" })
      .filterNot({ years: { lt: 18 } })
      .mapValues({ age: "years" })
      .to("out"),
  );
  const [segment] = plan.subTopologies[0]!.sources[0]!.children;
  assert.ok(segment?.kind === "segment");
  assert.equal(segment.names.length, 4);
  assert.deepEqual(segment.filters, [
    { all: [{ field: "State", comparator: "eq", constant: "QLD" }], keeps: true },
    { all: [{ field: "Age", comparator: "lt", constant: 18 }], keeps: false },
  ]);
  assert.deepEqual(segment.projection, [{ name: "age", from: "Age" }]);
  assert.equal(shape(segment.children), "out#0");
});

test("a segment with several children is not fused; each child goes on from it", () => {
  const plan = build((builder) => {
    const named = builder.stream("in", { key: string, value: rows }).mapValues({ name: "Name", age: "Age" });
    named.filter({ age: { gt: 1 } }).to("a");
    named.to("b");
  });
  assert.equal(shape(plan.subTopologies[0]!.sources[0]!.children), "segment(1)[segment(1)[a#0] b#1]");
});

test("functions that leave values alone leave them rows; others end them", () => {
  const plan = build((builder) => {
    const stream = builder.stream("in", { key: string, value: rows }).peek(() => {});
    stream.filter({ Active: true }).to("a");
    stream
      .mapValues((client) => ({ n: client.Name }))
      .filter({ n: "x" })
      .to("b", { value: json<{ n: string }>() });
  });
  assert.equal(
    shape(plan.subTopologies[0]!.sources[0]!.children),
    "peek[segment(1)[a#0] mapValues[filter[b#1]]]",
  );
});

test("without rows, declarative steps run as functions", () => {
  const plan = build((builder) =>
    builder.stream("in", { key: string, value: json<Client>() }).filter({ State: "QLD" }).to("out"),
  );
  assert.equal(shape(plan.subTopologies[0]!.sources[0]!.children), "filter[out#0]");
});

test("sinks know what of the source's bytes they may write as it is", () => {
  const plan = build((builder) => {
    const stream = builder.stream("in", { key: string, value: json<Client>() });
    stream.to("same");
    stream.mapValues((client) => client.Name).to("value", { value: string });
    stream.map((key, client) => [key, client]).to("both", { key: string, value: json<Client>() });
  });
  const sinks = plan.subTopologies[0]!.sources[0]!.children.map((step) =>
    step.kind === "sink" ? step : step.children[0]!,
  );
  assert.deepEqual(
    sinks.map((sink) => sink.kind === "sink" && [sink.topic, sink.keepsKey, sink.keepsValue]),
    [
      ["same", true, true],
      ["value", true, false],
      ["both", false, false],
    ],
  );
});

test("sinks that share a topic know it", () => {
  const plan = build((builder) => {
    const stream = builder.stream("in", { key: string, value: string });
    stream.to("x");
    stream.filter(() => true).to("y");
    stream.to("x");
  });
  assert.equal(shape(plan.subTopologies[0]!.sources[0]!.children), "x#0* filter[y#1] x#2*");
});

test("sources that read alike become one; each other makes its own sub-topology", () => {
  const plan = build((builder) => {
    builder.stream("in", { key: string, value: string }).to("a");
    builder.stream("other", { key: string, value: string }).to("b");
    builder.stream("in", { key: string, value: string }).to("c");
  });
  assert.deepEqual(
    plan.subTopologies.map((each) => [each.id, shape(each.sources[0]!.children)]),
    [
      [0, "a#0 c#1"],
      [1, "b#0"],
    ],
  );
  assert.deepEqual(sourceTopics(plan), ["in", "other"]);
  assert.deepEqual(sinkTopics(plan), ["a", "c", "b"]);
});

test("topologies that cannot run are refused", () => {
  assert.throws(() => build(() => {}), refusal(/it has no source/));
  assert.throws(
    () =>
      build((builder) => {
        builder.stream("in", { key: string, value: string });
        builder.stream(["in", "more"], { key: string, value: string });
      }),
    refusal(/the topic "in" is read by two sources/),
  );
  const conditions: readonly [object, RegExp][] = [
    [{ Sate: "QLD" }, /names the field "Sate".*They have: Name, State, Age, Active/s],
    [{ Age: "18" }, /compares the field "Age" \(f64\) with string 18/],
    [{ Name: 1 }, /compares the field "Name" \(string\) with number 1/],
    [{ Active: { lt: true } }, /orders the field "Active", a boolean/],
    [{ Name: { lt: null } }, /orders the field "Name" against null/],
  ];
  for (const [condition, says] of conditions) {
    assert.throws(
      () => build((builder) => builder.stream("in", { key: string, value: rows }).filter(condition as never)),
      refusal(says),
    );
  }
  assert.throws(
    () =>
      build((builder) =>
        builder
          .stream("in", { key: string, value: rows })
          .mapValues({ name: "Name" })
          .mapValues({ x: "Name" as never }),
      ),
    refusal(/names the field "Name".*They have: name/s),
  );
});

test("equal topologies have equal hashes; another function, serde or topic gives another", () => {
  const build = (topic: string, fn: (value: string) => string) => {
    const builder = new StreamsBuilder();
    builder.stream("in", { key: string, value: string }).mapValues(fn).to(topic, { value: string });
    return compile(builder.build()).hash;
  };
  const hash = build("out", (value) => value);
  assert.match(hash, /^[0-9a-f]{64}$/);
  assert.equal(
    build("out", (value) => value),
    hash,
  );
  assert.notEqual(
    build("other", (value) => value),
    hash,
  );
  assert.notEqual(
    build("out", (value) => `${value}!`),
    hash,
  );
});
