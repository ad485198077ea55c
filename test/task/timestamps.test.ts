import assert from "node:assert/strict";
import { test } from "node:test";
import type { Consumed } from "../../host/dsl/consumed.ts";
import {
  failOnInvalidTimestamp,
  logAndSkipOnInvalidTimestamp,
  usePartitionTimeOnInvalidTimestamp,
  wallclockTimestamp,
} from "../../host/dsl/timestamp-extractors.ts";
import { i64, string } from "../../host/serdes/index.ts";
import { always, TopologyRun } from "./harness.ts";

const clock = { now: () => 4_000_000_000_000, timer: () => ({ cancel: () => {} }) };

function run(
  timestampExtractor: NonNullable<Consumed<string, string>["timestampExtractor"]>,
  batchRowsMax: number,
) {
  return new TopologyRun(
    (builder) => builder.stream("in", { key: string, value: string, timestampExtractor }).to("out"),
    {
      clock,
      batchRowsMax,
    },
  );
}

function add(each: TopologyRun, times: readonly number[]): void {
  each.add(
    "in",
    times.map((timestamp, index) => ({ key: `${index}`, value: "v", timestamp })),
  );
}

function timesOf(each: TopologyRun): number[] {
  return (each.cut().out ?? []).map(({ timestamp }) => timestamp);
}

for (const rows of [1, 2, 1000]) {
  test(`the record's own timestamp, whatever it is (${rows} rows a batch)`, () => {
    const each = run(failOnInvalidTimestamp, rows);
    add(each, [5, 0, 2 ** 40, 3]);
    each.drain();
    assert.deepEqual(timesOf(each), [5, 0, 2 ** 40, 3]);
  });

  test(`a negative one stops the application: everything before it is done (${rows} rows a batch)`, () => {
    const each = run(failOnInvalidTimestamp, rows);
    add(each, [5, 7, -1, 8]);
    assert.equal(each.runner.process(always), 2);
    assert.throws(() => each.runner.process(always), {
      code: "TIMESTAMP_INVALID",
      kind: "record",
      message: /offset 2 of in-0/,
    });
    assert.deepEqual(timesOf(each), [5, 7]);
  });

  test(`or its record is dropped and counted (${rows} rows a batch)`, () => {
    const each = run(logAndSkipOnInvalidTimestamp, rows);
    add(each, [-1, 7, -5, 8]);
    assert.equal(each.drain(), 4);
    assert.deepEqual(timesOf(each), [7, 8]);
    assert.deepEqual(each.runner.counters, { processed: 4, skipped: 2, deadLettered: 0 });
  });

  test(`or it takes its partition's time (${rows} rows a batch)`, () => {
    const each = run(usePartitionTimeOnInvalidTimestamp, rows);
    add(each, [7, -1, 3, -1, 9]);
    each.drain();
    add(each, [-1]);
    each.drain();
    assert.deepEqual(timesOf(each), [7, 7, 3, 7, 9, 9]);
    const first = run(usePartitionTimeOnInvalidTimestamp, rows);
    add(first, [-1]);
    assert.throws(() => first.runner.process(always), { code: "TIMESTAMP_INVALID" });
  });

  test(`the wall clock's time (${rows} rows a batch)`, () => {
    const each = run(wallclockTimestamp, rows);
    add(each, [1, -1]);
    each.drain();
    assert.deepEqual(timesOf(each), [clock.now(), clock.now()]);
  });

  test(`a function's: called in offset order with the partition's time; negative drops (${rows} rows a batch)`, () => {
    const calls: unknown[] = [];
    const each = run((record, partitionTime) => {
      calls.push([record.key, record.offset, record.timestamp, partitionTime]);
      return record.timestamp === 2 ? -1 : record.timestamp * 10;
    }, rows);
    add(each, [3, 2, 1]);
    each.drain();
    assert.deepEqual(timesOf(each), [30, 10]);
    assert.deepEqual(calls, [
      ["0", 0n, 3, -1],
      ["1", 1n, 2, 30],
      ["2", 2n, 1, 30],
    ]);
  });
}

test("a function that throws, or gives no number, stops the application", () => {
  for (const extractor of [() => Number.NaN, () => assert.fail("no time")]) {
    const each = run(extractor as () => number, 1000);
    add(each, [1]);
    assert.throws(() => each.runner.process(always), { code: "TIMESTAMP_INVALID" });
  }
});

test("records that cannot be read reach no extractor", () => {
  const each = new TopologyRun(
    (builder) =>
      builder
        .stream("in", { key: i64, value: string, timestampExtractor: (record) => Number(record.key) })
        .to("out"),
    { errors: { onDeserializationError: "continue" } },
  );
  each.add("in", [
    { key: "zz", value: "" },
    { key: Buffer.from("0000000000000009", "hex"), value: "" },
  ]);
  each.drain();
  assert.deepEqual(timesOf(each), [9]);
});
