import assert from "node:assert/strict";
import { test } from "node:test";
import { keyValueStore, StreamsBuilder, string } from "../../host/index.ts";
import { compile } from "../../host/topology/compile.ts";

const SERDES = { key: string, value: string };
const store = (name: string) => keyValueStore({ name, ...SERDES });
const nothing = () => ({ process: () => {} });

/** Whether each source's records go through what is below it one by one. */
function rowByRow(build: (builder: StreamsBuilder) => void): Record<string, boolean> {
  const builder = new StreamsBuilder();
  build(builder);
  const sources = compile(builder.build(), "app").subTopologies.flatMap((each) => each.sources);
  return Object.fromEntries(sources.map((source) => [source.topics.join(), source.rowByRow]));
}

test("a source whose records come to processors by one way takes them in batches", () => {
  const found = rowByRow((builder) => {
    builder.addStateStore(store("a")).addStateStore(store("b"));
    const first = builder.stream("in", SERDES).process(nothing, { stores: ["a"] });
    first.process(nothing, { stores: ["a", "b"] }).to("out", SERDES);
    builder.stream("other", SERDES).to("beside");
  });
  assert.deepEqual(found, { in: false, other: false });
});

test("two ways to one store: record by record", () => {
  const found = rowByRow((builder) => {
    builder.addStateStore(store("a"));
    const stream = builder.stream("in", SERDES);
    stream.processValues(nothing, { stores: ["a"] });
    stream.mapValues((value) => value).processValues(nothing, { stores: ["a"] });
  });
  assert.deepEqual(found, { in: true });
});

test("two ways to one processor: record by record", () => {
  const found = rowByRow((builder) => {
    const stream = builder.stream("in", SERDES);
    stream.merge(stream.mapValues((value) => value)).process(nothing);
  });
  assert.deepEqual(found, { in: true });
});

test("a processor that may punctuate sees the time of all sources of its task pass", () => {
  const found = rowByRow((builder) => {
    builder.addStateStore(store("a"));
    builder.stream("in", SERDES).process(nothing, { stores: ["a"] });
    builder.stream("other", SERDES).process(nothing, { stores: ["a"] });
  });
  assert.deepEqual(found, { in: true, other: true });
});

test("a function that only looks, and to which two ways lead: record by record", () => {
  const found = rowByRow((builder) => {
    const stream = builder.stream("in", SERDES);
    stream.merge(stream.filter(() => true)).peek(() => {});
  });
  assert.deepEqual(found, { in: true });
});

test("nodes that share a store are of one sub-topology", () => {
  const builder = new StreamsBuilder().addStateStore(store("a"));
  builder.stream("in", SERDES).process(nothing, { stores: ["a"] });
  builder.stream("other", SERDES).process(nothing, { stores: ["a"] });
  builder.stream("alone", SERDES).to("out");
  const { subTopologies } = compile(builder.build(), "app");
  assert.deepEqual(
    subTopologies.map(({ sources, stores }) => [
      sources.flatMap(({ topics }) => topics),
      stores.map(({ changelog }) => changelog),
    ]),
    [
      [["in", "other"], ["app-a-changelog"]],
      [["alone"], []],
    ],
  );
});
