import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, joinWindows, StreamsBuilder } from "../../host/index.ts";
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

const SERDES = { key: bytes, value: bytes };

test("topics that are joined are told apart from those that are not, through tables and topics between", () => {
  const builder = new StreamsBuilder();
  const joiner = (a: Buffer | Uint8Array) => a;
  const a = builder.stream("a", SERDES);
  const table = builder.table("t", SERDES, { store: "t" });
  a.join(builder.stream("b", SERDES), joiner, joinWindows({ differenceMs: 5 }));
  builder.stream("c", SERDES).join(table, joiner);
  table.filter(() => true).join(builder.table("u", SERDES, { store: "u" }), joiner);
  a.selectKey((key) => key).leftJoin(builder.table("v", SERDES, { store: "v" }), joiner, {
    name: "moved",
    ...SERDES,
  });
  builder.stream("d", SERDES).to("e");
  const groups = compile(builder.build(), "app").copartitions;
  assert.deepEqual(groups.map((group) => group.join()).sort(), ["a,b", "app-moved-repartition,v", "c,t,u"]);
});

test("topics that are joined and differ are refused with their numbers and the remedy", () => {
  const builder = new StreamsBuilder();
  const table = builder.table("rows", SERDES, { store: "rows" });
  builder.stream("records", SERDES).join(table, (record) => record);
  const partitionsOf = new Map([
    ["records", 6],
    ["rows", 3],
  ]);
  assert.throws(() => checkPartitions(compile(builder.build(), "app"), partitionsOf), {
    code: "TOPOLOGY_INVALID",
    message:
      /topics that are joined differ in .*"records" has 6, "rows" has 3\. Give .* the same number, or bring one of them through repartition\(\) first/,
  });
});
