import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { string } from "../../host/serdes/index.ts";
import { err } from "../../host/topology/result.ts";
import { readRecordBatches } from "../batch/record-batch-reader.ts";
import { brief, TopologyRun } from "./harness.ts";

const text = { key: string, value: string };
const records = ["a", "b", "a", "c", "b"].map((value, index) => ({
  key: `k${index}`,
  value,
  timestamp: 10 + index,
  headers: [["h", `${index}`]] as const,
}));

for (const batchRowsMax of [1, 2, 1000]) {
  test(`a function chooses each record's topic, by all that is known of it (batches of ${batchRowsMax})`, () => {
    const seen: string[] = [];
    const run = new TopologyRun(
      (builder) => {
        const stream = builder.stream("in", text);
        stream.to((_key, value, { topic, partition, offset, timestamp, headers }) => {
          seen.push(`${topic}-${partition}:${offset}@${timestamp} ${headers[0]?.value}`);
          return `out-${value}`;
        });
        stream.mapValues((value) => value.toUpperCase()).to("out-a", { value: string });
      },
      { batchRowsMax },
    );
    run.add("in", records);
    assert.equal(run.drain(), 5);
    const cut = run.cut();
    assert.deepEqual(brief(cut["out-a"]), ["k0=a", "k0=A", "k1=B", "k2=a", "k2=A", "k3=C", "k4=B"]);
    assert.deepEqual(brief(cut["out-b"]), ["k1=b", "k4=b"]);
    assert.deepEqual(brief(cut["out-c"]), ["k3=c"]);
    assert.equal(seen.at(-1), "in-0:4@14 4");
  });

  test(`a chosen topic that does not exist, or is none, makes a bad record (batches of ${batchRowsMax})`, () => {
    const topology = (builder: StreamsBuilder) =>
      builder.stream("in", text).to((_key, value) => (value === "c" ? "" : `out-${value}`));
    const run = new TopologyRun(topology, {
      batchRowsMax,
      partitions: { "out-b": 0 },
      errors: { onProductionError: "deadLetter", deadLetterTopic: "dead" },
    });
    run.add("in", records);
    run.drain();
    const cut = run.cut();
    assert.deepEqual(brief(cut["out-a"]), ["k0=a", "k2=a"]);
    assert.deepEqual(brief(cut.dead), ["k1=b", "k3=c", "k4=b"]);
    const messages = cut.dead!.map(({ headers }) => Object.fromEntries(headers)["__streams.errors.message"]!);
    assert.match(messages[0]!, /no topic out-b/);
    assert.match(messages[1]!, /topic extractor gave ""/);
  });
}

test("a name that no topic can have makes a bad record", () => {
  const names = [
    "no such",
    ".",
    "..",
    "",
    "\u00e9",
    "x".repeat(250),
    "a/b",
    "out\n",
    "...",
    "A.b_c-9",
    "x".repeat(249),
  ];
  const run = new TopologyRun((builder) => builder.stream("in", text).to((_key, value) => value), {
    errors: { onProductionError: "deadLetter", deadLetterTopic: "dead" },
  });
  run.add(
    "in",
    names.map((value) => ({ key: "k", value })),
  );
  run.drain();
  const { dead, ...written } = run.cut();
  assert.deepEqual(
    dead!.map(({ value }) => String(value)),
    names.slice(0, 8),
  );
  assert.deepEqual(Object.keys(written).sort(), names.slice(8).sort());
  const headers = Object.fromEntries(dead![0]!.headers);
  assert.match(
    headers["__streams.errors.message"]!,
    /topic extractor gave "no such": the name of a topic is/,
  );
});

/** Values by partition. */
function partitionsOf(run: TopologyRun): string[][] {
  const found: string[][] = [[], [], []];
  for (const { partition, bytes, release } of run.runner.cut().batches) {
    const values = readRecordBatches(bytes).flatMap((batch) =>
      batch.records.map(({ value }) => String(value)),
    );
    found[partition]!.push(...values);
    release?.();
  }
  return found;
}

test("a function chooses partitions: one, several, none, or leaves it to the key", () => {
  const chosen: Readonly<Record<string, number | readonly number[] | undefined>> = {
    a: 2,
    b: [0, 1, 1],
    c: [],
  };
  const run = new TopologyRun(
    (builder) =>
      builder.stream("in", text).to("out", {
        partitioner: (topic, _key, value, partitions) => {
          assert.deepEqual([topic, partitions], ["out", 3]);
          return chosen[value];
        },
      }),
    { partitions: { out: 3 } },
  );
  run.add("in", records);
  run.drain();
  assert.deepEqual(partitionsOf(run), [
    ["b", "b"],
    ["b", "b"],
    ["a", "a"],
  ]);

  const byKey = (partitioner: (() => undefined) | undefined) => {
    const other = new TopologyRun(
      (builder) => builder.stream("in", text).to("out", partitioner && { partitioner }),
      { partitions: { out: 3 } },
    );
    other.add("in", records);
    other.drain();
    return partitionsOf(other);
  };
  assert.deepEqual(
    byKey(() => undefined),
    byKey(undefined),
  );
});

test("a function may refuse a record instead of choosing, null leaves it to the key, and repartitions have one as well", () => {
  const run = new TopologyRun(
    (builder) => {
      const stream = builder.stream("in", text);
      stream
        .filter((_key, value) => value !== "c")
        .to("out", { partitioner: (_topic, _key, value) => (value === "b" ? err("no b") : null) as never });
      stream.to((_key, value) => (value === "c" ? err("no c") : "out") as never);
    },
    { errors: { onProductionError: "deadLetter", deadLetterTopic: "dead" } },
  );
  run.add("in", records);
  run.drain();
  const cut = run.cut();
  assert.deepEqual(brief(cut.out), ["k0=a", "k0=a", "k1=b", "k2=a", "k2=a", "k4=b"]);
  assert.deepEqual(
    cut.dead!.map(({ key, headers }) => [key, Object.fromEntries(headers)["__streams.errors.message"]]),
    [
      ["k1", "no b"],
      ["k3", "no c"],
      ["k4", "no b"],
    ],
  );

  const relayed = new TopologyRun(
    (builder) =>
      builder
        .stream("in", text)
        .repartition({ name: "relay", partitioner: () => 2 })
        .forEach(() => {}),
    { partitions: { "app-relay-repartition": 3 } },
  );
  relayed.add("in", records);
  relayed.drain();
  assert.deepEqual(partitionsOf(relayed), [[], [], ["a", "b", "a", "c", "b"]]);
});

test("a partition that the topic does not have makes a bad record", () => {
  const run = new TopologyRun((builder) => builder.stream("in", text).to("out", { partitioner: () => 3 }), {
    partitions: { out: 3 },
  });
  run.add("in", records);
  assert.throws(() => run.drain(), {
    code: "RECORD_FAILED",
    message: /partitioner chose partition 3, and out has 0 to 2/,
  });
});
