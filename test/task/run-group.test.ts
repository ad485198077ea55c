import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { type ProcessorContext, taskBatchChannel } from "../../host/index.ts";
import { string } from "../../host/serdes/index.ts";
import { brief, type OutRecord, type TestRecord, TopologyRun } from "./harness.ts";

const TEXTS = { key: string, value: string };
const DEAD = {
  onProcessingError: "deadLetter",
  onProductionError: "deadLetter",
  deadLetterTopic: "dead",
} as const;
/** A record without key is refused by the kernels, when it is written. */
const COMPACTED = { out: { "cleanup.policy": "compact" } };

function passing(builder: StreamsBuilder): void {
  builder
    .stream(["a", "b"], TEXTS)
    .process<string, string>(() => {
      let context: ProcessorContext<string, string>;
      return {
        init(given) {
          context = given;
        },
        process(record) {
          if (record.value === "throws") throw new RangeError("it throws");
          context.forward(record);
        },
      };
    })
    .to("out", TEXTS);
}

/** Records of two partitions whose times alternate, "a" first. */
function alternating(count: number, recordOf: (number: number) => TestRecord) {
  const all = Array.from({ length: count }, (_, number) => ({ timestamp: number, ...recordOf(number) }));
  return { a: all.filter((_, number) => number % 2 === 0), b: all.filter((_, number) => number % 2 === 1) };
}

function run(records: ReturnType<typeof alternating>, batchRowsMax: number, errors: object = DEAD) {
  const topology = new TopologyRun(passing, { errors, batchRowsMax, configs: COMPACTED });
  topology.add("a", records.a);
  topology.add("b", records.b);
  return topology;
}

const placeOf = ({ headers }: OutRecord) => {
  const header = (name: string) => headers.find(([key]) => key === `__streams.errors.${name}`)?.[1];
  return `${header("topic")}-${header("offset")}`;
};

test("records of two partitions that alternate are written in the order of their times, dead letters at their places", () => {
  const records = alternating(300, (number) => ({
    key: number % 7 === 3 ? null : `k${number}`,
    value: number % 11 === 5 ? "throws" : `v${number}`,
  }));
  const outcomes = [1, 64, 1024].map((batchRowsMax) => {
    const topology = run(records, batchRowsMax);
    assert.equal(topology.drain(), 300);
    const { out = [], dead = [] } = topology.cut();
    return {
      out: brief(out),
      dead: dead.map((letter) => `${letter.value} ${placeOf(letter)}`),
      counters: topology.runner.counters,
    };
  });
  const numbers = Array.from({ length: 300 }, (_, number) => number);
  const isDead = (number: number) => number % 7 === 3 || number % 11 === 5;
  const place = (number: number) => `${number % 2 === 0 ? "a" : "b"}-${Math.floor(number / 2)}`;
  assert.deepEqual(
    outcomes[0]!.out,
    numbers.filter((number) => !isDead(number)).map((number) => `k${number}=v${number}`),
  );
  assert.deepEqual(
    outcomes[0]!.dead,
    numbers.filter(isDead).map((number) => `${number % 11 === 5 ? "throws" : `v${number}`} ${place(number)}`),
  );
  for (const outcome of outcomes) assert.deepEqual(outcome, outcomes[0]);
});

test("what stops the application leaves all before it, of both partitions", () => {
  const records = alternating(100, (number) => ({ key: "k", value: number === 71 ? "throws" : `${number}` }));
  const topology = run(records, 1024, { onProcessingError: "fail" });
  assert.throws(() => topology.drain(), /offset 35 of b-0 failed/);
  assert.equal(topology.cut().out?.length, 71);
});

test("a cut between two rows has what came before it, and the rest comes with the next", () => {
  const records = alternating(100, (number) => ({ key: "k", value: `${number}` }));
  const topology = run(records, 1024);
  let looks = 0;
  const rows = topology.runner.process(() => ++looks < 40);
  assert.ok(rows > 1 && rows < 100);
  assert.deepEqual(
    topology.cut().out?.map(({ value }) => Number(value)),
    Array.from({ length: rows }, (_, number) => number),
  );
  topology.runner.committed();
  topology.drain();
  assert.equal(topology.cut().out?.length, 100 - rows);
});

test("each run is told of, and none twice", () => {
  const rows: number[] = [];
  const listen = (event: unknown) => rows.push((event as { readonly rows: number }).rows);
  taskBatchChannel.subscribe(listen);
  const topology = run(
    alternating(50, (number) => ({ key: "k", value: `${number}` })),
    1024,
  );
  topology.drain();
  taskBatchChannel.unsubscribe(listen);
  assert.deepEqual(rows, new Array(50).fill(1));
});
