import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { i64, json, string } from "../../host/serdes/index.ts";
import { always, brief, fetched, recordBatch, recordsOf, type TestRecord, TopologyRun } from "./harness.ts";

const text = { key: string, value: string };

function upperCase(builder: StreamsBuilder): void {
  builder
    .stream("in", text)
    .mapValues((value) => value?.toUpperCase() ?? null)
    .to("out", { value: string as never });
}

test("mapValues keeps key, timestamp and headers; null goes through as null", () => {
  const run = new TopologyRun(upperCase);
  run.add("in", [
    {
      key: "a",
      value: "x",
      timestamp: 5,
      headers: [
        ["h", "1"],
        ["h", null],
      ],
    },
    { key: null, value: "y", timestamp: 3 },
    { key: "c", value: null, timestamp: 9 },
  ]);
  assert.equal(run.drain(), 3);
  assert.deepEqual(run.cut(), {
    out: [
      {
        key: "a",
        value: "X",
        timestamp: 5,
        headers: [
          ["h", "1"],
          ["h", null],
        ],
      },
      { key: null, value: "Y", timestamp: 3, headers: [] },
      { key: "c", value: null, timestamp: 9, headers: [] },
    ],
  });
});

test("filter, filterNot, peek, forEach and map mean what they mean in Kafka Streams", () => {
  const seen: string[] = [];
  const run = new TopologyRun((builder) => {
    const stream = builder.stream("in", { key: string, value: json<{ n: number }>() });
    stream.filter({ n: { ge: 2 } }).to("big");
    stream.filterNot((_key, value) => value.n === 2).to("not-two");
    stream.peek((key, value) => void seen.push(`${key}:${value.n}`)).forEach((key) => void seen.push(key));
    stream.map((key, value) => [BigInt(value.n), key]).to("swapped", { key: i64, value: string });
    stream.mapValues({ m: "n" }).to("projected");
  });
  run.add(
    "in",
    [1, 2, 3].map((n) => ({ key: `k${n}`, value: `{"n": ${n}}` })),
  );
  run.drain();
  const out = run.cut();
  assert.deepEqual(brief(out.big), ['k2={"n": 2}', 'k3={"n": 3}']);
  assert.deepEqual(brief(out["not-two"]), ['k1={"n": 1}', 'k3={"n": 3}']);
  assert.deepEqual(seen, ["k1:1", "k2:2", "k3:3", "k1", "k2", "k3"]);
  assert.deepEqual(brief(out.swapped), [
    "\0\0\0\0\0\0\0\x01=k1",
    "\0\0\0\0\0\0\0\x02=k2",
    "\0\0\0\0\0\0\0\x03=k3",
  ]);
  assert.deepEqual(brief(out.projected), ['k1={"m":1}', 'k2={"m":2}', 'k3={"m":3}']);
});

test("several writers of one topic interleave depth first, row by row", () => {
  const run = new TopologyRun((builder) => {
    const stream = builder.stream("in", text);
    stream.mapValues((value) => `${value}-first`).to("out", { value: string });
    const middle = stream.filter((key) => key !== "b");
    middle.to("out");
    middle.mapValues((value) => `${value}-last`).to("out", { value: string });
    stream.to("alone");
  });
  run.add("in", [
    { key: "a", value: "1" },
    { key: "b", value: "2" },
    { key: "c", value: "3" },
  ]);
  run.drain();
  const out = run.cut();
  assert.deepEqual(brief(out.out), [
    "a=1-first",
    "a=1",
    "a=1-last",
    "b=2-first",
    "c=3-first",
    "c=3",
    "c=3-last",
  ]);
  assert.deepEqual(brief(out.alone), ["a=1", "b=2", "c=3"]);
});

test("partitions of one task are merged by timestamp; each keeps its order", () => {
  const run = new TopologyRun((builder) => builder.stream(["left", "right"], text).to("out"));
  run.add("left", [
    { key: "l1", value: "", timestamp: 10 },
    { key: "l2", value: "", timestamp: 5 },
    { key: "l3", value: "", timestamp: 30 },
  ]);
  run.add("right", [
    { key: "r1", value: "", timestamp: 10 },
    { key: "r2", value: "", timestamp: 20 },
    { key: "r3", value: "", timestamp: 40 },
  ]);
  assert.equal(run.drain(), 6);
  assert.deepEqual(
    brief(run.cut().out).map((each) => each.slice(0, 2)),
    ["l1", "l2", "r1", "r2", "l3", "r3"],
  );
});

test("the size of batches changes nothing", () => {
  const seed = 7;
  const records = randomRecords(seed, 200);
  const outputs = [1, 2, 7, 1000].map((batchRowsMax) => {
    const run = new TopologyRun(
      (builder) => {
        const stream = builder.stream(["in", "more"], { key: string, value: json<{ n: number }>() });
        stream
          .filter({ n: { lt: 90 } })
          .mapValues((value) => value.n + 1)
          .to("out", { value: json<number>() });
        stream
          .map((key, { n }) => {
            if (n % 10 === 0) throw new RangeError(`no ${n}`);
            return [`${key}${n}`, n];
          })
          .to("out", { key: string, value: json<number>() });
      },
      {
        batchRowsMax,
        partitions: { out: 3, dead: 2 },
        errors: {
          onProcessingError: "deadLetter",
          onDeserializationError: "deadLetter",
          deadLetterTopic: "dead",
        },
      },
    );
    run.add("in", records.slice(0, 120));
    run.add("more", records.slice(120));
    assert.equal(run.drain(), 200);
    const { batches, offsets } = run.runner.cut();
    return { out: withoutStacks(recordsOf(batches)), offsets, counters: run.runner.counters };
  });
  assert.ok(outputs[0]!.out.dead!.length > 10);
  for (const output of outputs.slice(1)) assert.deepEqual(output, outputs[0]);
});

/** Stacks name lines of a loop that may be compiled differently. */
function withoutStacks(topics: ReturnType<typeof recordsOf>) {
  for (const records of Object.values(topics)) {
    for (const { headers } of records) {
      (headers as [string, string][]).forEach((header) => {
        if (header[0].endsWith("stacktrace")) header[1] = "";
      });
    }
  }
  return topics;
}

function randomRecords(seed: number, count: number): TestRecord[] {
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  return Array.from({ length: count }, (_, index) => ({
    key: `k${random(20)}`,
    value: random(15) === 0 ? "{oops" : `{"n":${random(100)}}`,
    timestamp: index * 10 + random(200),
  }));
}

test("positions: cut gives the next offsets of what moved, and nothing twice", () => {
  const run = new TopologyRun(upperCase, { partitions: { in: 2 } });
  run.add(
    "in",
    [
      { key: "a", value: "x" },
      { key: "b", value: "y" },
    ],
    1,
  );
  assert.equal(run.drain(), 2);
  const first = run.runner.cut();
  assert.deepEqual(first.offsets, [{ topic: "in", partition: 1, offset: 2n, metadata: "t0,0" }]);
  assert.equal(first.rows, 2);
  assert.deepEqual(run.runner.cut(), { batches: [], offsets: [], rows: 0 });
});

test("input is given back once it is processed, closed or rolled back", () => {
  const run = new TopologyRun(upperCase);
  const first = run.add("in", [{ key: "a", value: "x" }]);
  assert.ok(run.runner.hasInput);
  run.drain();
  assert.equal(first.released, 1);
  assert.ok(!run.runner.hasInput);
  const second = run.add("in", [{ key: "a", value: "x" }]);
  run.runner.rollback();
  assert.equal(second.released, 1);
  const third = run.add("in", [{ key: "a", value: "x" }]);
  run.runner.closeAll();
  assert.equal(third.released, 1);
  const late = run.add("in", [{ key: "a", value: "x" }]);
  assert.equal(late.released, 1);
  assert.ok(!run.runner.hasInput);
});

test("rollback forgets what was computed, sealed batches as well", () => {
  const run = new TopologyRun(upperCase);
  run.add("in", [{ key: "a", value: "lost" }]);
  run.drain();
  assert.ok(run.runner.pendingBytes > 0);
  run.runner.rollback();
  assert.equal(run.runner.pendingBytes, 0);
  run.add("in", [{ key: "a", value: "kept" }]);
  run.drain();
  assert.deepEqual(brief(run.cut().out), ["a=KEPT"]);
});

test("process stops when it may not go on, in the middle of a batch too, and goes on where it was", () => {
  const run = new TopologyRun(upperCase);
  run.add(
    "in",
    Array.from({ length: 100 }, (_, index) => ({ key: `${index}`, value: "v" })),
  );
  let left = 3;
  const first = run.runner.process(() => left-- > 0);
  assert.ok(first > 0 && first < 64, `${first} rows`);
  assert.equal(first + run.drain(), 100);
  assert.deepEqual(
    brief(run.cut().out),
    Array.from({ length: 100 }, (_, index) => `${index}=V`),
  );
});

test("tasks take turns", () => {
  const order: string[] = [];
  const run = new TopologyRun(
    (builder) => builder.stream("in", text).forEach((_key, value) => void order.push(value)),
    { partitions: { in: 2 }, batchRowsMax: 64 },
  );
  for (const partition of [0, 1]) {
    run.add(
      "in",
      Array.from({ length: 40 }, () => ({ key: "", value: `${partition}` })),
      partition,
    );
  }
  while (run.runner.process(() => false) > 0);
  const turns = order.filter((value, index) => value !== order[index - 1]).length;
  assert.ok(turns > 4, `${turns} turns`);
  assert.equal(order.length, 80);
});

test("full batches can be taken before the cut", () => {
  const run = new TopologyRun((builder) => builder.stream("in", text).to("out"));
  const value = "v".repeat(1000);
  run.add(
    "in",
    Array.from({ length: 2000 }, (_, index) => ({ key: `${index}`, value })),
  );
  run.runner.process(always);
  const full = run.runner.takeFull();
  assert.ok(full.length >= 2, `${full.length} full batches`);
  run.drain();
  const rest = run.runner.cut().batches;
  assert.equal(recordsOf([...full, ...rest]).out!.length, 2000);
});

test("a fetch without records moves the position, and is given back at once", () => {
  const run = new TopologyRun(upperCase);
  const empty = (fromOffset: bigint, nextOffset: bigint) => ({
    topic: "in",
    partition: 0,
    records: Buffer.alloc(0),
    fromOffset,
    nextOffset,
    endOffset: nextOffset,
    released: 0,
    release() {
      this.released++;
    },
  });
  const first = empty(0n, 0n);
  run.runner.add(first);
  assert.equal(first.released, 1);
  run.add("in", [{ key: "a", value: "x" }]);
  const last = empty(1n, 7n);
  run.runner.add(last);
  assert.equal(run.drain(), 1);
  assert.equal(last.released, 1);
  assert.ok(!run.runner.hasInput);
  assert.deepEqual(run.runner.cut().offsets, [{ topic: "in", partition: 0, offset: 7n, metadata: "t0,0" }]);
});

test("records below the position are passed over: a broker hands out whole batches", () => {
  const run = new TopologyRun(upperCase);
  const input = fetched("in", 0, [
    { key: "a", value: "old" },
    { key: "b", value: "new" },
  ]);
  run.runner.add({ ...input, fromOffset: 1n, release: () => {} });
  assert.equal(run.drain(), 1);
  assert.deepEqual(brief(run.cut().out), ["b=NEW"]);
});

test("a record batch that is damaged stops the application, once what comes before it is done", () => {
  const run = new TopologyRun(upperCase);
  const good = recordBatch([{ key: "a", value: "x" }]);
  const damaged = recordBatch([{ key: "b", value: "y" }], 1n);
  damaged[damaged.length - 1]! ^= 1;
  const records = Buffer.concat([good, damaged]);
  const release = () => {};
  run.runner.add({
    topic: "in",
    partition: 0,
    records,
    fromOffset: 0n,
    nextOffset: 2n,
    endOffset: 2n,
    release,
  });
  assert.equal(
    run.runner.process(() => false),
    1,
  );
  assert.throws(() => run.runner.process(always), {
    code: "RECORD_BATCH_INVALID",
    message: /in-0: the record batch at offset 1 .*CRC/,
  });
  assert.deepEqual(brief(run.cut().out), ["a=X"]);
});

test("strictOrder: all functions see one record before any sees the next", () => {
  for (const strictOrder of [false, true]) {
    const seen: string[] = [];
    const run = new TopologyRun(
      (builder) =>
        builder
          .stream("in", { key: string, value: string })
          .peek((key) => seen.push(`a${key}`))
          .peek((key) => seen.push(`b${key}`))
          .to("out"),
      { strictOrder },
    );
    run.add("in", [{ key: "1" }, { key: "2" }, { key: "3" }]);
    run.drain();
    assert.deepEqual(
      seen,
      strictOrder ? ["a1", "b1", "a2", "b2", "a3", "b3"] : ["a1", "a2", "a3", "b1", "b2", "b3"],
    );
  }
});
