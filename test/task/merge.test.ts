import assert from "node:assert/strict";
import { test } from "node:test";
import { string } from "../../host/serdes/index.ts";
import { parseTaskName, taskName } from "../../host/task/task.ts";
import { always, brief, TopologyRun } from "./harness.ts";

interface Row {
  readonly key: string;
  readonly value: string;
  readonly timestamp: number;
}

function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 10) % below;
  };
}

/** Kafka Streams' rule, a record at a time: the head with the smallest timestamp, the first partition of equals. */
function merged(topics: readonly (readonly Row[])[]): Row[] {
  const heads = topics.map(() => 0);
  const out: Row[] = [];
  for (;;) {
    let first = -1;
    topics.forEach((rows, index) => {
      const head = rows[heads[index]!];
      if (head === undefined) return;
      if (first < 0 || head.timestamp < topics[first]![heads[first]!]!.timestamp) first = index;
    });
    if (first < 0) return out;
    out.push(topics[first]![heads[first]!++]!);
  }
}

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`several topics of one task are merged as Kafka Streams does (seed ${seed})`, () => {
    const random = randomFrom(seed);
    const topics = ["a", "b", "c"].map((topic) =>
      Array.from(
        { length: random(60) },
        (_, index): Row => ({
          key: `${topic}${index}`,
          value: "v",
          timestamp: index * 3 + random(seed * 10),
        }),
      ),
    );
    const expected = merged(topics).map(({ key, timestamp }) => `${key}@${timestamp}`);
    for (const batchRowsMax of [1, 2, 7, 1000]) {
      const run = new TopologyRun(
        (builder) => builder.stream(["a", "b", "c"], { key: string, value: string }).to("out"),
        {
          batchRowsMax,
        },
      );
      topics.forEach((rows, index) => {
        if (rows.length > 0) run.add(["a", "b", "c"][index]!, rows);
      });
      run.drain();
      const out = run.cut().out ?? [];
      assert.deepEqual(
        out.map(({ key, timestamp }) => `${key}@${timestamp}`),
        expected,
      );
    }
  });
}

test("a topic with more partitions than another: tasks of the last ones read one topic alone", () => {
  const run = new TopologyRun(
    (builder) => builder.stream(["a", "b"], { key: string, value: string }).to("out"),
    {
      partitions: { a: 2, b: 1 },
    },
  );
  run.add("a", [{ key: "a0", value: "" }], 0);
  run.add("b", [{ key: "b0", value: "" }], 0);
  run.add("a", [{ key: "a1", value: "" }], 1);
  assert.equal(run.drain(), 3);
  assert.deepEqual(brief(run.cut().out).sort(), ["a0=", "a1=", "b0="]);
});

test("a bad record at a partition's head is got rid of before the others are compared", () => {
  const run = new TopologyRun(
    (builder) =>
      builder
        .stream(["a", "b"], {
          key: string,
          value: string,
          timestampExtractor: (record) => Number(record.value),
        })
        .to("out"),
    { errors: { onDeserializationError: "continue" } },
  );
  run.add("a", [
    { key: "a0", value: "-1" },
    { key: "a1", value: "5" },
  ]);
  run.add("b", [
    { key: "b0", value: "4" },
    { key: "b1", value: "6" },
  ]);
  run.drain();
  assert.deepEqual(brief(run.cut().out), ["b0=4", "a1=5", "b1=6"]);
  assert.equal(run.runner.counters.skipped, 1);
});

test("rollback takes event times back to the last commit", () => {
  const seen: number[] = [];
  const run = new TopologyRun((builder) =>
    builder
      .stream("in", {
        key: string,
        value: string,
        timestampExtractor: (record, partitionTime) => {
          seen.push(partitionTime);
          return record.timestamp;
        },
      })
      .to("out"),
  );
  const step = (timestamp: number) => {
    run.add("in", [{ key: "k", value: "v", timestamp }]);
    run.runner.process(always);
  };
  step(10);
  run.cut();
  step(20);
  run.runner.committed();
  step(30);
  run.runner.rollback();
  step(40);
  assert.deepEqual(seen, [-1, 10, 20, 10]);
});

test("task names", () => {
  assert.equal(taskName({ subTopology: 0, partition: 3 }), "0_3");
  assert.deepEqual(parseTaskName("12_34"), { subTopology: 12, partition: 34 });
  assert.throws(() => parseTaskName("0-3"), { code: "ASSERTION_FAILED" });
});

test("an internal topic is the input of the source that names it, though a pattern of another one matches it", () => {
  const run = new TopologyRun((builder) => {
    const named = builder
      .stream("in", { key: string, value: string })
      .repartition({ name: "x" })
      .mapValues((value) => `named ${value}`);
    builder
      .stream(/app-.*/, { key: string, value: string })
      .mapValues((value) => `matched ${value}`)
      .merge(named)
      .to("out", { value: string });
  });
  run.add("app-x-repartition", [{ key: "k", value: "1" }]);
  run.drain();
  assert.deepEqual(brief(run.cut().out), ["k=named 1"]);
});
