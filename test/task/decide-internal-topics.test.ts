import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decideInternalTopics,
  type InternalTopicDecision,
  type InternalTopicFacts,
} from "../../host/task/decide-internal-topics.ts";

const CONFIGS = {
  "cleanup.policy": "delete",
  "segment.bytes": "52428800",
  "retention.ms": "-1",
  "message.timestamp.type": "CreateTime",
};

function create(...topics: [string, number][]): InternalTopicDecision {
  const made = topics.map(([topic, partitions]) => ({
    topic,
    partitions,
    replicationFactor: -1,
    configs: CONFIGS,
  }));
  return { act: "create", topics: made };
}

interface Row {
  /** What each sub-topology reads. */
  readonly reads: readonly (readonly string[])[];
  /** Internal topics: the partitions asked for, and the sub-topologies that write it. */
  readonly internal: Readonly<Record<string, readonly [number | undefined, ...number[]]>>;
  readonly exist: Readonly<Record<string, number>>;
  readonly required?: readonly string[];
  readonly joined?: readonly (readonly string[])[];
  readonly decision: InternalTopicDecision;
}

const TABLE: Readonly<Record<string, Row>> = {
  "no internal topics": { reads: [["in"]], internal: {}, exist: { in: 3 }, decision: { act: "proceed" } },
  "as many partitions as the source has": {
    reads: [["in"], ["x"]],
    internal: { x: [undefined, 0] },
    exist: { in: 3 },
    decision: create(["x", 3]),
  },
  "the largest of several sources": {
    reads: [["a", "b", "c"], ["x"]],
    internal: { x: [undefined, 0] },
    exist: { a: 2, b: 5, c: 1 },
    decision: create(["x", 5]),
  },
  "the largest of several sub-topologies that write it": {
    reads: [["a"], ["b"], ["x"]],
    internal: { x: [undefined, 0, 1] },
    exist: { a: 2, b: 4 },
    decision: create(["x", 4]),
  },
  "as many as the topic has with which it is joined, whatever feeds it": {
    reads: [["in"], ["x", "rows"]],
    internal: { x: [undefined, 0] },
    exist: { in: 8, rows: 3 },
    joined: [["rows", "x"]],
    decision: create(["x", 3]),
  },
  "the largest of what feeds those that are joined": {
    reads: [["a"], ["b"], ["x", "y"], ["z"]],
    internal: { x: [undefined, 0], y: [undefined, 1], z: [undefined, 2] },
    exist: { a: 2, b: 5 },
    joined: [["x", "y"]],
    decision: create(["x", 5], ["y", 5], ["z", 5]),
  },
  "as many as the topology asks for of one that is joined": {
    reads: [["a"], ["b"], ["x", "y"]],
    internal: { x: [undefined, 0], y: [4, 1] },
    exist: { a: 2, b: 5 },
    joined: [["x", "y"]],
    decision: create(["x", 4], ["y", 4]),
  },
  "what the topology asks for": {
    reads: [["in"], ["x"]],
    internal: { x: [7, 0] },
    exist: { in: 3 },
    decision: create(["x", 7]),
  },
  "through other internal topics, in whatever order": {
    reads: [["in"], ["x"], ["y"]],
    internal: { y: [undefined, 1], x: [undefined, 0] },
    exist: { in: 3 },
    decision: create(["y", 3], ["x", 3]),
  },
  "an internal topic whose partitions are asked for feeds as many": {
    reads: [["in"], ["x", "small"], ["y"]],
    internal: { x: [7, 0], y: [undefined, 1] },
    exist: { in: 3, small: 1 },
    decision: create(["x", 7], ["y", 7]),
  },
  "what exists does not count where a topic is fed by what was asked for": {
    reads: [["in"], ["x"], ["y"]],
    internal: { x: [2, 0], y: [undefined, 1] },
    exist: { in: 9, x: 2 },
    decision: create(["y", 2]),
  },
  "a sub-topology that reads what it writes": {
    reads: [["in", "x"]],
    internal: { x: [undefined, 0] },
    exist: { in: 3 },
    decision: create(["x", 3]),
  },
  "two sub-topologies that feed each other": {
    reads: [
      ["in", "y"],
      ["x", "more"],
    ],
    internal: { x: [undefined, 0], y: [undefined, 1] },
    exist: { in: 3, more: 5 },
    decision: create(["x", 5], ["y", 5]),
  },
  "only those that do not exist": {
    reads: [["in"], ["x"], ["y"]],
    internal: { x: [undefined, 0], y: [undefined, 1] },
    exist: { in: 3, x: 3 },
    decision: create(["y", 3]),
  },
  "all exist": {
    reads: [["in"], ["x"], ["y"]],
    internal: { x: [undefined, 0], y: [4, 1] },
    exist: { in: 3, x: 3, y: 4 },
    decision: { act: "proceed" },
  },
  "one exists with other partitions than its sources have": {
    reads: [["in"], ["x"]],
    internal: { x: [undefined, 0] },
    exist: { in: 6, x: 3 },
    decision: {
      act: "refuse",
      refusal: { why: "partitions-differ", topic: "x", found: 3, wanted: 6, isAskedFor: false },
    },
  },
  "one exists with other partitions than are asked for": {
    reads: [["in"], ["x"]],
    internal: { x: [2, 0] },
    exist: { in: 3, x: 3 },
    decision: {
      act: "refuse",
      refusal: { why: "partitions-differ", topic: "x", found: 3, wanted: 2, isAskedFor: true },
    },
  },
  "topics of others are missing": {
    reads: [["in", "more"], ["x"]],
    internal: { x: [undefined, 0] },
    required: ["in", "more", "out"],
    exist: { in: 3 },
    decision: { act: "refuse", refusal: { why: "topics-missing", topics: ["more", "out"] } },
  },
  "no topic feeds one: a pattern matches none": {
    reads: [[], ["x"]],
    internal: { x: [undefined, 0] },
    exist: {},
    decision: { act: "refuse", refusal: { why: "sources-unmatched", topic: "x", subTopologies: [0] } },
  },
  "no topic feeds one whose partitions are asked for": {
    reads: [[], ["x"]],
    internal: { x: [2, 0] },
    exist: {},
    decision: create(["x", 2]),
  },
};

function factsOf({ reads, internal, exist, required, joined = [] }: Row): InternalTopicFacts {
  return {
    internalTopics: Object.entries(internal).map(([topic, [partitions, ...writtenBy]]) => ({
      topic,
      partitions,
      writtenBy,
      isRead: reads.flat().includes(topic),
    })),
    required: required ?? reads.flat().filter((topic) => !(topic in internal)),
    subTopologies: reads.map((sourceTopics, subTopology) => ({ subTopology, sourceTopics })),
    copartitions: joined,
    partitionsOf: new Map(Object.entries(exist)),
  };
}

for (const [name, row] of Object.entries(TABLE)) {
  test(`decideInternalTopics: ${name}`, () => {
    assert.deepEqual(decideInternalTopics(factsOf(row)), row.decision);
  });
}

test("every variant stands in the table", () => {
  const said = Object.values(TABLE).map(({ decision }) =>
    decision.act === "refuse" ? decision.refusal.why : decision.act,
  );
  const all: Record<(typeof said)[number], true> = {
    proceed: true,
    create: true,
    "topics-missing": true,
    "sources-unmatched": true,
    "partitions-differ": true,
  };
  assert.deepEqual(new Set(said), new Set(Object.keys(all)));
});

test("what only others read is no topic whose records are deleted once consumed: the cluster's settings hold", () => {
  const facts = factsOf({
    reads: [["in"]],
    internal: { x: [1, 0] },
    exist: { in: 3 },
    decision: { act: "proceed" },
  });
  assert.deepEqual(decideInternalTopics(facts), {
    act: "create",
    topics: [{ topic: "x", partitions: 1, replicationFactor: -1, configs: {} }],
  });
});
