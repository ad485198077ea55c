import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { wallclockTimestamp } from "../../host/dsl/timestamp-extractors.ts";
import { json, string } from "../../host/serdes/index.ts";
import { brief, TopologyRun } from "./harness.ts";

const text = { key: string, value: string };

test("a promise is no value and no answer: its record is a bad one", () => {
  const topologies: readonly ((builder: StreamsBuilder) => void)[] = [
    (builder) =>
      builder
        .stream("in", text)
        .mapValues(async (value) => value)
        .to("out", { value: json<unknown>() as never }),
    (builder) =>
      builder
        .stream("in", text)
        .filter((async () => false) as never)
        .to("out"),
    (builder) =>
      builder
        .stream("in", text)
        .peek((async () => Promise.reject(new Error("late"))) as never)
        .to("out"),
  ];
  for (const topology of topologies) {
    const run = new TopologyRun(topology);
    run.add("in", [{ key: "a", value: "1" }]);
    assert.throws(() => run.drain(), {
      code: "RECORD_FAILED",
      message: /a promise: functions are called for one record/,
    });
  }
});

test("a record that cannot be read keeps its own timestamp under the wall clock", () => {
  const run = new TopologyRun(
    (builder) => {
      const timestampExtractor = wallclockTimestamp;
      builder.stream("in", { key: string, value: json<number>(), timestampExtractor }).to("out");
    },
    {
      errors: { onDeserializationError: "deadLetter", deadLetterTopic: "dead" },
      clock: { now: () => 77 } as never,
    },
  );
  run.add("in", [
    { key: "good", value: "1", timestamp: 5_000 },
    { key: "bad", value: "{", timestamp: 6_000 },
  ]);
  run.drain();
  const { out, dead } = run.cut();
  assert.deepEqual([out![0]!.timestamp, dead![0]!.timestamp], [77, 6_000]);
});

test("what is read again behind a repartition has error settings of its own", () => {
  const run = new TopologyRun((builder) =>
    builder
      .stream("in", { ...text, errors: { onProcessingError: "fail" } })
      .repartition({ name: "relay", errors: { onProcessingError: "continue" } })
      .mapValues((value) => {
        if (value === "2") throw new RangeError("no 2");
        return value;
      })
      .to("out", { value: string }),
  );
  run.add("app-relay-repartition", [
    { key: "a", value: "1" },
    { key: "a", value: "2" },
    { key: "a", value: "3" },
  ]);
  run.drain();
  assert.deepEqual(brief(run.cut().out), ["a=1", "a=3"]);
});
