import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, StreamsBuilder } from "../../host/index.ts";
import { checkPartitions } from "../../host/topology/check-partitions.ts";
import { compile } from "../../host/topology/compile.ts";

function plan(...sources: string[][]) {
  const builder = new StreamsBuilder();
  for (const topics of sources) {
    builder.stream(topics, { key: bytes, value: bytes }).to(`${topics.join("-")}-out`);
  }
  return compile(builder.build(), "app");
}

test("topics of one source with the same number of partitions pass", () => {
  checkPartitions(
    plan(["a", "b"]),
    new Map([
      ["a", 6],
      ["b", 6],
    ]),
  );
});

test("sources of their own may differ, and so may sinks", () => {
  checkPartitions(
    plan(["a"], ["b"]),
    new Map([
      ["a", 6],
      ["b", 3],
      ["a-out", 1],
    ]),
  );
});

test("topics of one source that differ are refused with their numbers and the remedy", () => {
  const partitionsOf = new Map([
    ["a", 6],
    ["b", 3],
  ]);
  assert.throws(() => checkPartitions(plan(["a", "b"]), partitionsOf), {
    code: "TOPOLOGY_INVALID",
    message: /"a" has 6, "b" has 3\. Give "a" and "b" the same number, or read each by a stream of its own/,
  });
});
