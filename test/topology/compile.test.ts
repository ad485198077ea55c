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
  return compile(builder.build(), "app");
}

function refusal(says: RegExp) {
  return { code: "TOPOLOGY_INVALID", message: says };
}

/** The plan's steps as text, children in brackets. */
function shape(steps: readonly PlanStep[]): string {
  return steps
    .map((step) => {
      if (step.kind === "sink") return String(step.topic);
      if (step.kind === "branch") return `branch[${step.ways.map(shape).join(" | ")}]`;
      if (step.kind === "process") return step.name;
      if (step.kind === "kernel") return `${step.kernel.kernel}[${shape(step.children)}]`;
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
  assert.equal(shape(segment.children), "out");
});

test("a segment with several children is not fused; each child goes on from it", () => {
  const plan = build((builder) => {
    const named = builder.stream("in", { key: string, value: rows }).mapValues({ name: "Name", age: "Age" });
    named.filter({ age: { gt: 1 } }).to("a");
    named.to("b");
  });
  assert.equal(shape(plan.subTopologies[0]!.sources[0]!.children), "segment(1)[segment(1)[a] b]");
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
    "peek[segment(1)[a] mapValues[filter[b]]]",
  );
});

test("without rows, declarative steps run as functions", () => {
  const plan = build((builder) =>
    builder.stream("in", { key: string, value: json<Client>() }).filter({ State: "QLD" }).to("out"),
  );
  assert.equal(shape(plan.subTopologies[0]!.sources[0]!.children), "filter[out]");
});

test("sinks know what of the source's bytes they may write as it is", () => {
  const plan = build((builder) => {
    const stream = builder.stream("in", { key: string, value: json<Client>() });
    stream.to("same");
    stream.mapValues((client) => client.Name).to("value", { value: string });
    stream.map((key, client) => [key, client]).to("both", { key: string, value: json<Client>() });
  });
  const sinks = plan.subTopologies[0]!.sources[0]!.children.map((step) =>
    step.kind === "call" ? step.children[0]! : step,
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

test("what stands behind a merge stands below each of the merged streams, in their order", () => {
  const plan = build((builder) => {
    const stream = builder.stream("in", { key: string, value: string });
    const kept = stream.filter(() => true);
    const mapped = stream.mapValues((value) => value);
    const other = builder.stream("other", { key: string, value: string });
    kept
      .merge(mapped.mapValues((value) => value))
      .merge(other)
      .to("out", { value: string });
    stream.merge(stream).to("self");
  });
  assert.deepEqual(
    plan.subTopologies.map(({ sources }) => sources.map(({ children }) => shape(children))),
    [["filter[out] mapValues[mapValues[out]] self", "out"]],
  );
});

test("a repartition is a topic of the application's own between two sub-topologies", () => {
  const plan = build((builder) =>
    builder
      .stream("in", { key: string, value: string })
      .selectKey((_key, value) => value)
      .repartition({ name: "by-value", key: string, partitions: 3 })
      .to("out"),
  );
  assert.deepEqual(
    plan.subTopologies.map(({ sources }) => sources.map(({ topics, children }) => [topics, shape(children)])),
    [[[["in"], "selectKey[filter[app-by-value-repartition]]"]], [[["app-by-value-repartition"], "out"]]],
  );
  assert.deepEqual(plan.internalTopics, [
    { topic: "app-by-value-repartition", partitions: 3, writtenBy: [0], isRead: true },
  ]);
});

test("a branch is a step of its own for functions, and filters for conditions over rows", () => {
  const plan = build((builder) => {
    const stream = builder.stream("in", { key: string, value: rows });
    const ways = stream
      .split()
      .branch("old", { Age: { ge: 60 } })
      .branch("active", { Active: true })
      .defaultBranch("others");
    ways.old.to("old");
    ways.others.to("others");
    const { a } = stream
      .split()
      .branch("a", (key) => key === "a")
      .branch("b", { Active: true })
      .noDefaultBranch();
    a.to("a");
  });
  const [source] = plan.subTopologies[0]!.sources;
  assert.equal(shape(source!.children), "segment(1)[old] segment(1)[others] branch[a | ]");
  const filters = source!.children.flatMap((step) => (step.kind === "segment" ? [step.filters] : []));
  assert.deepEqual(
    filters.map((all) =>
      all.map(({ keeps, all: [first] }) => [first && "field" in first && first.field, keeps]),
    ),
    [
      [["Age", true]],
      [
        ["Age", false],
        ["Active", false],
      ],
    ],
  );
});

test("branches and merges whose ways would be too many are refused", () => {
  assert.throws(
    () =>
      build((builder) => {
        let stream = builder.stream("in", { key: string, value: string });
        for (let depth = 0; depth < 14; depth++) {
          stream = stream.filter(() => true).merge(stream.filterNot(() => true));
        }
        stream.to("out");
      }),
    refusal(/more than 10000 ways through branches and merges.*repartition/s),
  );
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
      [0, "a c"],
      [1, "b"],
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
  assert.throws(
    () =>
      build((builder) => {
        builder.stream("in-1", { key: string, value: string });
        builder.stream(/in-.*/, { key: string, value: string });
      }),
    refusal(/the topic "in-1" is read by KSTREAM-SOURCE-0000000000, and matches the pattern/),
  );
  for (const read of ["rates", /ra.*/]) {
    assert.throws(
      () =>
        build((builder) => {
          builder.globalTable("rates", { key: string, value: string });
          builder.stream(read, { key: string, value: string });
        }),
      refusal(/"rates" of a global table \(KSTREAM-SOURCE-0000000001\) is read by KSTREAM-SOURCE-0000000003/),
    );
  }
  assert.throws(
    () =>
      build((builder) => {
        builder.stream("in", { key: string, value: string });
        builder.globalTable("rates", { key: string, value: string }, { store: "one" });
        builder.globalTable("rates", { key: string, value: string }, { store: "two" });
      }),
    refusal(/"rates" of a global table .* is read by KSTREAM-SOURCE-0000000001 as well/),
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
    return compile(builder.build(), "app").hash;
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
