import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { StreamsBuilder as Builder } from "../../host/dsl/streams-builder.ts";
import {
  bytes,
  hoppingWindows,
  joinWindows,
  type StreamsBuilder,
  sessionWindows,
  slidingWindows,
  string,
  TopologyTestDriver,
  tumblingWindows,
  untilTimeLimit,
  untilWindowCloses,
} from "../../host/index.ts";
import { compile } from "../../host/topology/compile.ts";
import { describe } from "../../host/topology/describe/describe.ts";

// The bytes in changelog and repartition topics, and the names of these, are Kafka Streams': a Java application's topics
// can be taken over, and its tools read ours. Cases of bytes/internal-topics.json whose operators are there.

interface Case {
  readonly name: string;
  readonly topology: string;
  readonly inputs: readonly {
    readonly topic: string;
    readonly key: string;
    readonly value: string | null;
    readonly timestamp: string;
    readonly headers: readonly { readonly key: string; readonly value: string }[];
  }[];
  readonly topics: Readonly<
    Record<
      string,
      readonly {
        readonly key: string;
        readonly value: string | null;
        /** null: that of the wall clock. */
        readonly timestamp: string | null;
        readonly headers: readonly { readonly key: string; readonly value: string }[];
      }[]
    >
  >;
}

const TEXTS = { key: string, value: string };
const FILE = join(import.meta.dirname, "bytes", "internal-topics.json");
const { cases } = JSON.parse(readFileSync(FILE, "utf8")) as { readonly cases: readonly Case[] };

const TOPOLOGIES: Readonly<Record<string, (builder: StreamsBuilder) => void>> = {
  count: (builder) => builder.stream("in", TEXTS).groupByKey().count(),
  reduce: (builder) =>
    builder
      .stream("in", TEXTS)
      .groupByKey()
      .reduce((all, each) => all + each),
  "groupBy (repartition), count": (builder) =>
    builder
      .stream("in", TEXTS)
      .groupBy((key, value) => `${value}-${key}`, { key: string })
      .count(),
  "tumbling windows of 10 ms, count": (builder) =>
    builder
      .stream("in", TEXTS)
      .groupByKey()
      .windowedBy(tumblingWindows({ sizeMs: 10, graceMs: 1_000 }))
      .count(),
  "hopping windows of 10 ms by 5, reduce": (builder) =>
    builder
      .stream("in", TEXTS)
      .groupByKey()
      .windowedBy(hoppingWindows({ sizeMs: 10, advanceMs: 5, graceMs: 1_000 }))
      .reduce((all, each) => all + each),
  "sliding windows of 10 ms, count": (builder) =>
    builder
      .stream("in", TEXTS)
      .groupByKey()
      .windowedBy(slidingWindows({ differenceMs: 10, graceMs: 1_000 }))
      .count(),
  "sessions with 6 ms gap, count": (builder) =>
    builder
      .stream("in", TEXTS)
      .groupByKey()
      .windowedBy(sessionWindows({ gapMs: 6 }))
      .count(),
  "tumbling windows of 10 ms, count, suppress until the window closes": (builder) =>
    builder
      .stream("in", TEXTS)
      .groupByKey()
      .windowedBy(tumblingWindows({ sizeMs: 10, graceMs: 20 }))
      .count()
      .suppress(untilWindowCloses()),
  "table, suppress until 20 ms": (builder) =>
    builder.table("in", TEXTS).suppress(untilTimeLimit(20)).toStream().to("out", TEXTS),
  "table groupBy, reduce with subtractor": (builder) =>
    builder
      .table("in", TEXTS)
      .groupBy((key, value) => [value, key], TEXTS)
      .reduce(
        (all, each) => `${all}+${each}`,
        (all, each) => `${all}-${each}`,
      ),
  "table groupBy the same key, reduce with subtractor": (builder) =>
    builder
      .table("in", TEXTS)
      .groupBy((_key, value) => ["all", value], TEXTS)
      .reduce(
        (all, each) => `${all}+${each}`,
        (all, each) => `${all}-${each}`,
      ),
  "versioned table": (builder) =>
    builder.stream("in", TEXTS).toTable({ store: "versioned", historyMs: 1_000 }),
  "foreign-key inner join": (builder) =>
    builder
      .table("left", TEXTS)
      .joinOnForeignKey(
        builder.table("right", TEXTS),
        (value) => value,
        (one, other) => `${one}/${other}`,
      )
      .toStream()
      .to("out", TEXTS),
  "foreign-key left join": (builder) =>
    builder
      .table("left", TEXTS)
      .leftJoinOnForeignKey(
        builder.table("right", TEXTS),
        (value) => value,
        (one, other) => `${one}/${other}`,
      )
      .toStream()
      .to("out", TEXTS),
  "stream-stream inner join, 10 ms, no grace": (builder) => joined(builder, "join"),
  "stream-stream left join, 10 ms, no grace": (builder) => joined(builder, "leftJoin"),
  "stream-stream outer join, 10 ms, no grace": (builder) => joined(builder, "outerJoin"),
  "stream toTable after map": (builder) =>
    builder
      .stream("in", TEXTS)
      .selectKey((key) => key + key)
      .toTable({ ...TEXTS, store: "kv" }),
};

function joined(builder: StreamsBuilder, kind: "join" | "leftJoin" | "outerJoin"): void {
  const [left, right] = [builder.stream("left", TEXTS), builder.stream("right", TEXTS)];
  const windows = joinWindows({ differenceMs: 10 });
  const both = (one: string | null, other: string | null) => `${one}/${other}`;
  const results =
    kind === "join"
      ? left.join(right, both, windows)
      : kind === "leftJoin"
        ? left.leftJoin(right, both, windows)
        : left.outerJoin(right, both, windows);
  results.to("out", TEXTS);
}

suite("internal topics are Kafka Streams'", () => {
  for (const { name, topology, inputs, topics } of cases) {
    test(name, async () => {
      const build = TOPOLOGIES[name]!;
      const builder = new Builder();
      build(builder);
      assert.equal(`${(await describe(builder.build(), "text")).trimEnd()}\n`, `${topology.trimEnd()}\n`);
      const driver = new TopologyTestDriver(build, { applicationId: "app" });
      for (const { topic, key, value, timestamp, headers } of inputs) {
        driver.input(topic, TEXTS).pipe(key, value as string, {
          timestamp: Number(timestamp),
          headers: headers.map((each) => ({ key: each.key, value: Buffer.from(each.value, "hex") })),
        });
      }
      const found = Object.fromEntries(
        driver.producedTopics.map((topic) => [
          topic,
          driver
            .output(topic, { key: bytes, value: bytes })
            .readAll()
            .map(({ key, value, timestamp, headers }) => ({
              key: hexOf(key),
              value: hexOf(value),
              timestamp: `${timestamp}`,
              headers: headers.map((each) => ({ key: each.key, value: hexOf(each.value) })),
            })),
        ]),
      );
      assert.deepEqual(comparable(found as Case["topics"], topics), comparable(topics, topics));
      const written = compile(builder.build(), "app").internalTopics.map((each) => each.topic);
      const internal = Object.keys(topics).filter((topic) => topic.startsWith("app-"));
      assert.deepEqual(written.sort(), internal.sort());
    });
  }

  test("all cases are there", () =>
    assert.deepEqual(cases.map(({ name }) => name).sort(), Object.keys(TOPOLOGIES).sort()));
});

/** Of what a commit has written of a suppression's buffer only the order within each key counts: Java hashes the keys. */
function comparable(found: Case["topics"], topics: Case["topics"]): Case["topics"] {
  const entries = Object.entries(found).map(([topic, records]) => {
    if (!topic.includes("-SUPPRESS-")) return [topic, records] as const;
    assert.ok(topics[topic]!.every(({ timestamp }) => timestamp === null));
    const sorted = records.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    return [topic, sorted.map((record) => ({ ...record, timestamp: null }))] as const;
  });
  return Object.fromEntries(entries);
}

function hexOf(part: Uint8Array | null): string | null {
  return part === null ? null : Buffer.from(part).toString("hex");
}
