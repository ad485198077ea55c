import assert from "node:assert/strict";
import { test } from "node:test";
import { type StreamsBuilder, string, TopologyTestDriver, wallclockTimestamp } from "../../host/index.ts";
import { InputRecorder } from "./input-sequence.ts";
import { assertInvariance } from "./invariance.ts";
import { TopicContents } from "./topic-contents.ts";

// The check itself: that it repeats moves of the clock, and sees what it is there to see.

const TEXTS = { key: string, value: string };
type Build = (builder: StreamsBuilder, see: (name: string, what: unknown) => void) => void;

/** Two records, the clock moves on, and two more. */
function checkBuilt(build: Build): void {
  const seen: Record<string, unknown[]> = {};
  const driver = new TopologyTestDriver((builder) =>
    build(builder, (name, what) => (seen[name] ??= []).push(what)),
  );
  const recorder = new InputRecorder();
  const contents = new TopicContents();
  const pipe = (value: string) => {
    driver.input("in", TEXTS).pipe("a", value, 5);
    contents.piped("in", 0, { key: Buffer.from("a"), value: Buffer.from(value), timestamp: 5, headers: [] });
  };
  recorder.during(() => {
    pipe("x");
    pipe("y");
    driver.advanceWallClock(10);
    recorder.clock(driver.wallClock);
    pipe("z");
    pipe("w");
  });
  for (const { key, value, ...record } of driver.output("out", TEXTS).readAll()) {
    const bytes = {
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    };
    contents.produced({ ...record, ...bytes, topic: "out" });
  }
  const replayed = { build, applicationId: "test", errors: {}, partitions: {} };
  assertInvariance(replayed, { recorder, contents, counters: driver.counters, seen });
}

test("moves of the clock have their place in the sequence", () => {
  checkBuilt((builder) => {
    builder.stream("in", { ...TEXTS, timestampExtractor: wallclockTimestamp }).to("out");
  });
});

test("what user functions see is compared", () => {
  checkBuilt((builder, see) => {
    builder
      .stream("in", TEXTS)
      .peek((_key, value) => see("p", value))
      .to("out");
  });
});

test("a topology that shows its batches is found", () => {
  const shared: Build = (builder) => {
    let calls = 0;
    const source = builder.stream("in", TEXTS);
    for (const way of ["1", "2"]) source.mapValues(() => `${way}:${calls++}`).to("out", { value: string });
  };
  assert.throws(() => checkBuilt(shared), /task 0_0, \{"batchRows":2\}/);
});
