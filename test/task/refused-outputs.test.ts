import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { string } from "../../host/serdes/index.ts";
import { RECORDS_AT } from "../../kernels/abi/record-batch-v2.ts";
import { always, brief, type OutRecord, TopologyRun, type TopologyRunSettings } from "./harness.ts";

/** What a broker would refuse is a production error of that record: known before anything is sent. */
const DEAD = { onProductionError: "deadLetter", deadLetterTopic: "dead" } as const;
const COMPACTED = { "cleanup.policy": "compact" };

const copy = (builder: StreamsBuilder) => builder.stream("in", { key: string, value: string }).to("out");
const mapped = (builder: StreamsBuilder) =>
  builder
    .stream("in", { key: string, value: string })
    .mapValues((value) => value)
    .to("out", { value: string });

function messageOf(letter: OutRecord | undefined): string {
  return letter?.headers.find(([name]) => name === "__streams.errors.message")?.[1] ?? "";
}

for (const [how, topology] of [
  ["bytes as they are", copy],
  ["values made by functions", mapped],
] as const) {
  test(`a record without key for a compacted topic is a dead letter: ${how}`, () => {
    const run = new TopologyRun(topology, { errors: DEAD, configs: { out: COMPACTED } });
    run.add("in", [
      { key: "a", value: "1" },
      { key: null, value: "2" },
      { key: "", value: "3" },
    ]);
    run.drain();
    const { out, dead } = run.cut();
    assert.deepEqual(brief(out), ["a=1", "=3"]);
    assert.deepEqual(brief(dead), ["null=2"]);
    assert.match(messageOf(dead?.[0]), /to out: it has no key, and the topic is compacted\. Give/);
  });

  test(`a record above its topic's max.message.bytes is a dead letter, wherever it stands: ${how}`, () => {
    const bytesMax = 300;
    // length (2), attributes, two deltas, key length and key, value length (2) and value, headers
    const fitting = "x".repeat(bytesMax - RECORDS_AT - 10);
    for (let before = 0; before < 70; before += 23) {
      const few = Array.from({ length: before }, () => ({ key: "k", value: "v", timestamp: 1 }));
      const configs = { out: { "max.message.bytes": String(bytesMax) } };
      const run = new TopologyRun(topology, { errors: DEAD, configs });
      run.add("in", [
        ...few,
        { key: "k", value: fitting, timestamp: 9_000_000 },
        { key: "k", value: `${fitting}!`, timestamp: 9_000_000 },
        { key: "k", value: "last" },
      ]);
      run.drain();
      const { batches } = run.runner.cut();
      for (const { bytes } of batches) assert.ok(bytes.length <= bytesMax || batches.at(-1)?.bytes === bytes);
      const records = batches
        .filter(({ topic }) => topic === "out")
        .reduce((sum, each) => sum + each.records, 0);
      assert.equal(records, before + 2);
      assert.equal(batches.filter(({ topic }) => topic === "dead").length, 1);
    }
  });
}

test("limits of topics that a function chooses are learnt with them", () => {
  const run = new TopologyRun(
    (builder) => builder.stream("in", { key: string, value: string }).to((_key, value) => value),
    { errors: DEAD, configs: { late: COMPACTED } },
  );
  run.add("in", [
    { key: "a", value: "late" },
    { key: null, value: "late" },
    { key: null, value: "other" },
  ]);
  run.drain();
  const out = run.cut();
  assert.deepEqual(brief(out.late), ["a=late"]);
  assert.deepEqual(brief(out.other), ["null=other"]);
  assert.deepEqual(brief(out.dead), ["null=late"]);
});

test("what one topic refuses another may take, and each refusal is told once", () => {
  const run = new TopologyRun(
    (builder) => {
      const stream = builder.stream("in", { key: string, value: string });
      stream.to("compacted");
      stream.to("small");
      stream.to("plain");
    },
    { errors: DEAD, configs: { compacted: COMPACTED, small: { "max.message.bytes": "100" } } },
  );
  const long = "x".repeat(90);
  run.add("in", [
    { key: null, value: "1" },
    { key: "b", value: long },
    { key: null, value: long },
  ]);
  run.drain();
  const out = run.cut();
  assert.deepEqual(brief(out.compacted), [`b=${long}`]);
  assert.deepEqual(brief(out.small), ["null=1"]);
  assert.equal(out.plain?.length, 3);
  assert.deepEqual(brief(out.dead), ["null=1", `b=${long}`, `null=${long}`, `null=${long}`]);
  assert.deepEqual(
    out.dead!.map(messageOf).map((message) => /to (\w+):/.exec(message)?.[1]),
    ["compacted", "small", "compacted", "small"],
  );
  assert.equal(run.runner.counters.deadLettered, 4);
});

test("dead letters lie in the order of their records, whatever refused these, at every batch size", () => {
  const topology = (builder: StreamsBuilder) =>
    builder
      .stream("in", { key: string, value: string })
      .mapValues((value) => {
        if (value === "throw") throw new RangeError(value);
        return value;
      })
      .to("out", { value: string });
  const values = ["1", "large".repeat(50), "throw", "2", "large".repeat(50), "throw"];
  const settings: TopologyRunSettings = {
    errors: { ...DEAD, onProcessingError: "deadLetter" },
    configs: { out: { "max.message.bytes": "200" } },
  };
  for (const batchRowsMax of [1, 2, 100]) {
    const run = new TopologyRun(topology, { ...settings, batchRowsMax });
    run.add(
      "in",
      values.map((value) => ({ key: "k", value })),
    );
    run.drain();
    const { out, dead } = run.cut();
    assert.deepEqual(brief(out), ["k=1", "k=2"]);
    assert.deepEqual(
      dead!.map(({ value }) => value),
      [values[1], values[2], values[4], values[5]],
    );
  }
});

test("a dead letter that its own topic refuses is never dropped: nothing of the transaction stays", () => {
  for (const [configs, problem] of [
    [COMPACTED, /the dead letter of offset 1 cannot be written to dead: it has no key/],
    [
      { "max.message.bytes": "150" },
      /the dead letter of offset 1 cannot be written to dead: it has \d+ bytes/,
    ],
  ] as const) {
    const run = new TopologyRun(
      (builder) =>
        builder.stream("in", { key: string, value: string }).forEach((_key, value) => {
          if (value === "bad") throw new RangeError(value);
        }),
      { errors: { onProcessingError: "deadLetter", deadLetterTopic: "dead" }, configs: { dead: configs } },
    );
    run.add("in", [
      { key: "a", value: "good" },
      { key: null, value: "bad" },
    ]);
    assert.throws(() => run.drain(), { code: "DEAD_LETTER_REFUSED", kind: "fatal", message: problem });
  }
});

test("a refused record of a topic that is also the dead letter topic", () => {
  const run = new TopologyRun(copy, {
    errors: { onProductionError: "deadLetter", deadLetterTopic: "out" },
    configs: { out: COMPACTED },
  });
  run.add("in", [{ key: null, value: "1" }]);
  assert.throws(() => run.drain(), { code: "DEAD_LETTER_REFUSED" });
});

test("under fail nothing of the transaction may stay, under continue the record is skipped", () => {
  const configs = { out: COMPACTED };
  const failing = new TopologyRun(copy, { configs });
  const input = [
    { key: "a", value: "1" },
    { key: null, value: "2" },
  ];
  failing.add("in", input);
  assert.throws(() => failing.runner.process(always), {
    code: "OUTPUT_REFUSED",
    kind: "fatal",
    message: /made of offset 1 cannot be written to out: it has no key, and the topic is compacted/,
  });
  const passing = new TopologyRun(copy, { configs, errors: { onProductionError: "continue" } });
  passing.add("in", input);
  passing.drain();
  assert.deepEqual(brief(passing.cut().out), ["a=1"]);
  assert.equal(passing.runner.counters.skipped, 1);
});
