import assert from "node:assert/strict";
import diagnostics from "node:diagnostics_channel";
import { test } from "node:test";
import type { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { PeridotError } from "../../host/errors.ts";
import { i64, json, string } from "../../host/serdes/index.ts";
import type { ErrorSettings, RecordFailure } from "../../host/topology/error-settings.ts";
import { always, brief, type OutRecord, TopologyRun, type TopologyRunSettings } from "./harness.ts";

/** One way to fail for each stage; the record with key "bad" does. */
const STAGES = {
  onDeserializationError: {
    stage: "deserialization",
    bad: "{oops",
    topology: (builder: StreamsBuilder) =>
      builder.stream("in", { key: string, value: json<number>() }).to("out"),
  },
  onProcessingError: {
    stage: "processing",
    bad: "13",
    topology: (builder: StreamsBuilder) =>
      builder
        .stream("in", { key: string, value: json<number>() })
        .mapValues((value) => {
          if (value === 13) throw new RangeError("unlucky");
          return value;
        })
        .to("out", { value: json<number>() }),
  },
  onProductionError: {
    stage: "production",
    bad: "13",
    topology: (builder: StreamsBuilder) =>
      builder
        .stream("in", { key: string, value: json<number>() })
        .mapValues((value) => (value === 13 ? undefined : value))
        .to("out", { value: json<number | undefined>() }),
  },
} as const;

const COUNT = 5;

/** Records of which the one at `badAt` is bad. */
function records(badAt: number, bad: string) {
  return Array.from({ length: COUNT }, (_, index) => ({
    key: `k${index}`,
    value: index === badAt ? bad : String(index),
    timestamp: 100 + index,
    headers: [["h", `${index}`]] as const,
  }));
}

function good(badAt: number): string[] {
  return Array.from({ length: COUNT }, (_, index) => `k${index}=${index}`).filter(
    (_, index) => index !== badAt,
  );
}

function headersOf(record: OutRecord): Record<string, string | null> {
  return Object.fromEntries(record.headers);
}

for (const [option, { stage, bad, topology }] of Object.entries(STAGES)) {
  const positions = Array.from({ length: COUNT }, (_, index) => index);

  test(`${option} "continue" skips the record and counts it`, () => {
    for (const badAt of positions) {
      const run = new TopologyRun(topology, { errors: { [option]: "continue" } });
      run.add("in", records(badAt, bad));
      assert.equal(run.drain(), COUNT);
      assert.deepEqual(brief(run.cut().out), good(badAt));
      assert.deepEqual(run.runner.counters, { processed: COUNT, skipped: 1, deadLettered: 0 });
    }
  });

  test(`${option} "deadLetter" writes the record as it was, with its error`, () => {
    for (const badAt of positions) {
      const run = new TopologyRun(topology, { errors: { [option]: "deadLetter", deadLetterTopic: "dead" } });
      run.add("in", records(badAt, bad));
      assert.equal(run.drain(), COUNT);
      const { out, dead } = run.cut();
      assert.deepEqual(brief(out), good(badAt));
      assert.equal(dead?.length, 1);
      const [letter] = dead;
      assert.equal(letter!.key, `k${badAt}`);
      assert.equal(letter!.value, bad);
      assert.equal(letter!.timestamp, 100 + badAt);
      assert.deepEqual(
        letter!.headers.map(([key]) => key),
        [
          "h",
          "__streams.errors.exception",
          "__streams.errors.message",
          "__streams.errors.stacktrace",
          "__streams.errors.topic",
          "__streams.errors.partition",
          "__streams.errors.offset",
        ],
      );
      const headers = headersOf(letter!);
      assert.equal(headers.h, `${badAt}`);
      assert.equal(headers["__streams.errors.topic"], "in");
      assert.equal(headers["__streams.errors.partition"], "0");
      assert.equal(headers["__streams.errors.offset"], `${badAt}`);
      assert.ok(headers["__streams.errors.exception"]);
      assert.ok(headers["__streams.errors.message"]);
      assert.deepEqual(run.runner.counters, { processed: COUNT, skipped: 0, deadLettered: 1 });
    }
  });

  test(`${option} "fail" completes what comes before, names the record, and does nothing more`, () => {
    for (const badAt of positions) {
      const run = new TopologyRun(topology);
      run.add("in", records(badAt, bad));
      const failing = (error: unknown) => {
        assert.ok(error instanceof PeridotError);
        assert.equal(error.code, "RECORD_FAILED");
        assert.equal(error.kind, "record");
        assert.deepEqual(
          { ...error.facts, node: "", problem: "" },
          { topic: "in", partition: 0, offset: BigInt(badAt), stage, option, node: "", problem: "" },
        );
        return true;
      };
      if (badAt > 0) assert.equal(run.runner.process(always), badAt);
      assert.throws(() => run.runner.process(always), failing);
      const { batches, offsets, rows } = run.runner.cut();
      assert.equal(rows, badAt);
      assert.equal(
        batches.reduce((sum, batch) => sum + batch.records, 0),
        badAt,
      );
      const time = 100 + badAt - 1;
      const metadata = `t${time},${time}`;
      const committed = badAt > 0 ? [{ topic: "in", partition: 0, offset: BigInt(badAt), metadata }] : [];
      assert.deepEqual(offsets, committed);
      assert.throws(() => run.runner.process(always), failing);
    }
  });

  test(`${option} as a function chooses for each record`, () => {
    const failures: RecordFailure[] = [];
    const settings: Partial<ErrorSettings> = {
      [option]: (failure: RecordFailure) => {
        failures.push(failure);
        return failure.offset === 1n ? "continue" : "deadLetter";
      },
      deadLetterTopic: "dead",
    };
    const run = new TopologyRun(topology, { errors: settings });
    run.add("in", [
      { key: "a", value: "1", timestamp: 1 },
      { key: "b", value: bad, timestamp: 2 },
      { key: null, value: bad, timestamp: 3 },
    ]);
    run.drain();
    const { out, dead } = run.cut();
    assert.deepEqual(brief(out), ["a=1"]);
    assert.deepEqual(brief(dead), [`null=${bad}`]);
    assert.deepEqual(
      failures.map(({ error, node, ...rest }) => ({
        ...rest,
        error: error instanceof Error,
        node: node !== "",
      })),
      [1, 2].map((offset) => ({
        topic: "in",
        partition: 0,
        offset: BigInt(offset),
        stage,
        timestamp: offset + 1,
        key: offset === 1 ? Uint8Array.from(Buffer.from("b")) : null,
        value: Uint8Array.from(Buffer.from(bad)),
        error: true,
        node: true,
      })),
    );
  });
}

test("a source's own settings go before the application's", () => {
  const run = new TopologyRun(
    (builder) => {
      builder.stream("strict", { key: string, value: i64 }).to("out");
      builder
        .stream("lax", { key: string, value: i64, errors: { onDeserializationError: "continue" } })
        .to("more");
    },
    { errors: { onDeserializationError: "deadLetter", deadLetterTopic: "dead" } },
  );
  run.add("strict", [{ key: "s", value: "short" }]);
  run.add("lax", [{ key: "l", value: "short" }]);
  run.drain();
  assert.deepEqual(brief(run.cut().dead), ["s=short"]);
  assert.deepEqual(run.runner.counters, { processed: 2, skipped: 1, deadLettered: 1 });
});

test("a key that cannot be read is a bad record, though nobody looks at it", () => {
  const run = new TopologyRun((builder) => builder.stream("in", { key: i64, value: string }).to("out"), {
    errors: { onDeserializationError: "continue" },
  });
  run.add("in", [
    { key: "12345678", value: "x" },
    { key: "zz", value: "y" },
    { key: null, value: "z" },
  ]);
  run.drain();
  assert.deepEqual(brief(run.cut().out), ["12345678=x", "null=z"]);
});

test("an error on one branch: the others still get the record, and every failing branch is counted", () => {
  const run = new TopologyRun(
    (builder) => {
      const stream = builder.stream("in", { key: string, value: string });
      const failing = (value: string) => {
        if (value === "bad") throw new RangeError("bad");
        return value;
      };
      stream.mapValues((value) => `${value}1`).to("x", { value: string });
      stream.mapValues(failing).to("t", { value: string });
      stream.mapValues((value) => `${value}3`).to("y", { value: string });
      stream.mapValues(failing).to("t", { value: string });
    },
    { errors: { onProcessingError: "deadLetter", deadLetterTopic: "dead" } },
  );
  run.add("in", [
    { key: "a", value: "ok" },
    { key: "b", value: "bad" },
  ]);
  run.drain();
  const out = run.cut();
  assert.deepEqual(brief(out.x), ["a=ok1", "b=bad1"]);
  assert.deepEqual(brief(out.t), ["a=ok", "a=ok"]);
  assert.deepEqual(brief(out.y), ["a=ok3", "b=bad3"]);
  assert.deepEqual(brief(out.dead), ["b=bad", "b=bad"]);
});

test("a failing branch under fail leaves nothing of its record on the other branches", () => {
  const run = new TopologyRun((builder) => {
    const stream = builder.stream("in", { key: string, value: string });
    stream.to("before");
    stream
      .mapValues((value) => {
        if (value === "bad") throw new RangeError("bad");
        return value;
      })
      .to("failing", { value: string });
    stream.to("after");
  });
  run.add("in", [
    { key: "a", value: "ok" },
    { key: "b", value: "bad" },
    { key: "c", value: "ok" },
  ]);
  assert.equal(run.runner.process(always), 1);
  assert.throws(() => run.runner.process(always), { code: "RECORD_FAILED" });
  const out = run.cut();
  for (const topic of ["before", "failing", "after"]) assert.deepEqual(brief(out[topic]), ["a=ok"]);
});

test("dead letters on a topic that is written otherwise too lie where they belong", () => {
  const run = new TopologyRun(
    (builder) =>
      builder
        .stream("in", { key: string, value: string })
        .mapValues((value) => {
          if (value === "bad") throw new RangeError("bad");
          return `${value}!`;
        })
        .to("out", { value: string }),
    { errors: { onProcessingError: "deadLetter", deadLetterTopic: "out" } },
  );
  run.add("in", [
    { key: "a", value: "1" },
    { key: "b", value: "bad" },
    { key: "c", value: "3" },
    { key: "d", value: "bad" },
  ]);
  run.drain();
  assert.deepEqual(brief(run.cut().out), ["a=1!", "b=bad", "c=3!", "d=bad"]);
});

test("what is thrown and is no Error is told as well", () => {
  const run = new TopologyRun((builder) =>
    builder.stream("in", { key: string, value: string }).forEach(() => {
      throw "a text";
    }),
  );
  run.add("in", [{ key: "a", value: "1" }]);
  assert.throws(() => run.runner.process(always), /KSTREAM-FOREACH-0000000001 threw a text/);
});

test("map must give a pair", () => {
  const run = new TopologyRun((builder) =>
    builder
      .stream("in", { key: string, value: string })
      .map(() => "pair" as never)
      .to("out", { key: string, value: string }),
  );
  run.add("in", [{ key: "a", value: "1" }]);
  assert.throws(() => run.runner.process(always), /its function returns \[key, value\]/);
});

test("a record that no batch can hold is refused: nothing of the transaction may stay, unless it may be skipped", () => {
  const topology = (builder: StreamsBuilder) =>
    builder
      .stream("in", { key: string, value: string })
      .mapValues((value) => value.repeat(value === "x" ? 2_000_000 : 1))
      .to("out", { value: string });
  const input = [
    { key: "a", value: "1" },
    { key: "b", value: "x" },
    { key: "c", value: "3" },
  ];
  const failing = new TopologyRun(topology);
  failing.add("in", input);
  assert.throws(() => failing.runner.process(always), { code: "OUTPUT_REFUSED", kind: "fatal" });
  const settings: TopologyRunSettings = {
    errors: { onProductionError: "deadLetter", deadLetterTopic: "dead" },
  };
  const passing = new TopologyRun(topology, settings);
  passing.add("in", input);
  passing.drain();
  const { out, dead } = passing.cut();
  assert.deepEqual(brief(out), ["a=1", "c=3"]);
  assert.deepEqual(brief(dead), ["b=x"]);
});

test("a dead letter without a topic is refused when the runner is made, or when a function asks for one", () => {
  const topology = (builder: StreamsBuilder) => builder.stream("in", { key: i64, value: string }).to("out");
  assert.throws(() => new TopologyRun(topology, { errors: { onProcessingError: "deadLetter" } }), {
    code: "CONFIG_INVALID",
    message: /deadLetterTopic/,
  });
  const run = new TopologyRun(topology, { errors: { onDeserializationError: () => "deadLetter" } });
  run.add("in", [{ key: "zz", value: "" }]);
  assert.throws(() => run.runner.process(always), { code: "CONFIG_INVALID" });
});

test("events are built for those who listen, once a batch", () => {
  const events: unknown[] = [];
  const listen = (event: unknown) => events.push(event);
  const names = ["peridot:task:batch", "peridot:task:bad"];
  const process = () => {
    const run = new TopologyRun((builder) => builder.stream("in", { key: i64, value: string }).to("out"), {
      errors: { onDeserializationError: "continue" },
    });
    run.add("in", [
      { key: "12345678", value: "1" },
      { key: "zz", value: "2" },
    ]);
    run.drain();
  };
  process();
  assert.equal(events.length, 0);
  for (const name of names) diagnostics.subscribe(name, listen);
  process();
  for (const name of names) diagnostics.unsubscribe(name, listen);
  const [batch, bad] = events as [object, { records: { offset: bigint; became: string }[] }];
  assert.equal(events.length, 2);
  assert.deepEqual(batch, { task: "0_0", topic: "in", partition: 0, rows: 2, skipped: 1, deadLettered: 0 });
  assert.deepEqual(
    bad.records.map(({ offset, became }) => [offset, became]),
    [[1n, "skipped"]],
  );
});
