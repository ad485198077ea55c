import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { KStream } from "../../host/dsl/kstream.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { bytes, i32, i64, json, string } from "../../host/serdes/index.ts";
import { compile } from "../../host/topology/compile.ts";
import type { InKernels } from "../../host/topology/plan.ts";
import type { Serde } from "../../host/topology/serde.ts";

/** Whether kernels change the store "s" of a topology. */
function inKernels(describe: (builder: StreamsBuilder) => void): InKernels {
  const builder = new StreamsBuilder();
  describe(builder);
  const stores = compile(builder.build(), "app").subTopologies.flatMap((each) => each.stores);
  return stores.find(({ spec }) => spec.name === "s")!.inKernels;
}

const upper: Serde<string> = {
  name: "upper",
  format: "custom",
  serialize: (text) => text.toUpperCase(),
  deserialize: (read) => Buffer.from(read).toString().toUpperCase(),
};
const Order = z.object({ n: z.number() });

const streamOf =
  <K, V>(key: Serde<K>, value: Serde<V>) =>
  (builder: StreamsBuilder) =>
    builder.stream("in", { key, value });
const count = <K, V>(stream: KStream<K, V>) => stream.groupByKey().count({ store: "s" });

const COUNTS: readonly (readonly [
  what: string,
  inKernels: InKernels,
  describe: (builder: StreamsBuilder) => void,
])[] = [
  [
    "bytes that kernels know",
    "always",
    (builder) => count(streamOf(string, bytes)(builder)).toStream().to("out"),
  ],
  [
    "two topics",
    "always",
    (builder) => {
      const counts = count(streamOf(string, bytes)(builder)).toStream();
      counts.to("out");
      counts.to("other");
    },
  ],
  [
    "one topic twice",
    "without-cache",
    (builder) => {
      const counts = count(streamOf(string, bytes)(builder)).toStream();
      counts.to("out");
      counts.to("out");
    },
  ],
  [
    "a topic by function",
    "without-cache",
    (builder) =>
      count(streamOf(string, bytes)(builder))
        .toStream()
        .to(() => "out"),
  ],
  [
    "a topic that others write",
    "without-cache",
    (builder) => {
      const source = streamOf(string, bytes)(builder);
      count(source).toStream().to("out");
      source.to("out");
    },
  ],
  ["numbers as keys", "always", (builder) => count(streamOf(i32, i64)(builder)).toStream().to("out")],
  ["a table that nobody reads", "always", (builder) => void count(streamOf(string, string)(builder))],
  [
    "behind a repartition",
    "always",
    (builder) =>
      void streamOf(
        string,
        string,
      )(builder)
        .groupBy((_key, value) => value, { key: string })
        .count({ store: "s" }),
  ],
  [
    "JSON with a schema, behind a filter of fields",
    "always",
    (builder) => void count(streamOf(string, json(Order))(builder).filter({ n: { gt: 1 } } as never)),
  ],
  [
    "JSON without one, which may be null",
    "never",
    (builder) => void count(streamOf(string, json())(builder)),
  ],
  [
    "a filter before it",
    "always",
    (builder) => void count(streamOf(string, string)(builder).filter(() => true)),
  ],
  [
    "functions behind it",
    "without-cache",
    (builder) =>
      count(streamOf(string, string)(builder))
        .toStream()
        .mapValues(String)
        .flatMapValues((text) => [text])
        .to("out", { key: string, value: string }),
  ],
  ["keys of a user's serde", "never", (builder) => void count(streamOf(upper, string)(builder))],
  [
    "values of a user's serde, which may read null",
    "never",
    (builder) => void count(streamOf(string, upper)(builder)),
  ],
  [
    "values that a function has made",
    "never",
    (builder) => void count(streamOf(string, string)(builder).mapValues(String)),
  ],
  [
    "another key in the store than in the topic",
    "never",
    (builder) =>
      void streamOf(
        bytes,
        bytes,
      )(builder)
        .groupByKey()
        .count({ store: "s", key: upper as never }),
  ],
  [
    "a versioned store",
    "never",
    (builder) => void streamOf(string, string)(builder).groupByKey().count({ store: "s", historyMs: 1000 }),
  ],
  [
    "a table made of it",
    "never",
    (builder) =>
      void count(streamOf(string, string)(builder)).filter((_key, value) => value! > 1n, { store: "t" }),
  ],
  [
    "a processor behind it",
    "never",
    (builder) =>
      void count(streamOf(string, string)(builder))
        .toStream()
        .process(() => ({ process() {} })),
  ],
];

for (const [what, expected, describe] of COUNTS) {
  test(`whether a count goes to kernels: ${what}: ${expected}`, () => {
    assert.equal(inKernels(describe), expected);
  });
}
