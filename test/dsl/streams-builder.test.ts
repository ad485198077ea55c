import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { json, string } from "../../host/serdes/index.ts";

const text = { key: string, value: string };

/** A PeridotError of this code whose text matches. */
function refusal(says: RegExp) {
  return { code: "TOPOLOGY_INVALID", message: says };
}

test("a stream used twice stays what it was, and its children keep the order of the calls", () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream("in", text);
  const upper = stream.mapValues((value) => value.toUpperCase());
  stream.filter((key) => key === "a").to("filtered");
  upper.to("upper", { value: string });

  const { nodes } = builder.build();
  assert.deepEqual(
    nodes.map((node) => [node.name, node.kind === "source" ? undefined : node.parents[0]]),
    [
      ["KSTREAM-SOURCE-0000000000", undefined],
      ["KSTREAM-MAPVALUES-0000000001", 0],
      ["KSTREAM-FILTER-0000000002", 0],
      ["KSTREAM-SINK-0000000003", 2],
      ["KSTREAM-SINK-0000000004", 1],
    ],
  );
});

test("what build() gave stays as it was when the builder goes on", () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream("in", text);
  const before = builder.build();
  stream.to("out");
  assert.equal(before.nodes.length, 1);
  assert.equal(builder.build().nodes.length, 2);
});

test("nodes are frozen all the way down", () => {
  const builder = new StreamsBuilder();
  builder.stream(["a", "b"], { ...text, errors: { onProcessingError: "continue" } }).to("out");
  const [source] = builder.build().nodes;
  assert.ok(source?.kind === "source");
  assert.throws(() => Object.assign(source, { name: "other" }), TypeError);
  assert.throws(() => (source.topics as string[]).push("c"), TypeError);
  assert.throws(() => Object.assign(source.errors, { onProcessingError: "fail" }), TypeError);
});

test("a source without topic, or with one twice, is refused", () => {
  const builder = new StreamsBuilder();
  assert.throws(() => builder.stream([], text), refusal(/a source without a topic/));
  assert.throws(() => builder.stream("", text), refusal(/a source without a topic/));
  assert.throws(() => builder.stream(["a", "a"], text), refusal(/names the topic "a" twice/));
});

test("two nodes of one name are refused", () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream("in", { ...text, name: "words" });
  assert.throws(() => stream.filter(() => true, { name: "words" }), refusal(/two nodes are named "words"/));
});

test("a sink whose serde nobody knows is refused, with what to write", () => {
  const stream = new StreamsBuilder().stream("in", text).map((key, value) => [value, key]);
  const untyped = stream as { to(topic: string, produced?: object): void };
  assert.throws(
    () => untyped.to("out"),
    refusal(/no serde for the keys of "out".*to\("out", \{ key: … \}\)/s),
  );
  assert.throws(() => untyped.to("out", { key: string }), refusal(/no serde for the values of "out"/));
  assert.throws(() => untyped.to("", { key: string, value: string }), refusal(/a sink without a topic/));
});

test("conditions and projections that say nothing are refused", () => {
  const stream = new StreamsBuilder().stream("in", { key: string, value: json<{ a: string }>() });
  assert.throws(() => stream.mapValues({}), refusal(/a projection without fields/));
  assert.throws(() => stream.filter({ a: { like: "x" } as never }), refusal(/"like" is no comparison/));
  assert.throws(() => stream.filter({}), refusal(/compares nothing/));
  assert.throws(() => stream.filter({ a: {} }), refusal(/compares nothing/));
  assert.throws(() => stream.filter({ a: undefined as never }), refusal(/the condition on "a" is undefined/));
  assert.throws(() => stream.filter({ a: { eq: undefined as never } }), refusal(/compares with undefined/));
});
