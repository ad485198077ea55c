import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { json, string } from "../../host/serdes/index.ts";
import { err } from "../../host/topology/result.ts";
import { brief, TopologyRun, type TopologyRunSettings } from "./harness.ts";

const Order = z.object({ n: z.number(), city: z.string().optional() });
const orders = [1, 20, 300, 4, 50].map((n, index) => ({
  key: `k${index}`,
  value: JSON.stringify(n === 4 ? { n } : { n, city: n > 9 ? "big" : "small" }),
}));

function everySize(
  topology: (builder: StreamsBuilder) => void,
  expected: Readonly<Record<string, readonly string[]>>,
  settings: TopologyRunSettings = {},
): void {
  for (const batchRowsMax of [1, 2, 1000]) {
    const run = new TopologyRun(topology, { ...settings, batchRowsMax });
    run.add("in", orders);
    run.drain();
    const keys = Object.entries(run.cut()).map(([topic, records]) => [topic, records.map(({ key }) => key)]);
    assert.deepEqual(Object.fromEntries(keys), expected);
  }
}

for (const [form, value] of [
  ["rows", json(Order)],
  ["plain objects", json<z.infer<typeof Order>>()],
] as const) {
  test(`each record goes to the first branch that holds; conditions, ${form}`, () => {
    everySize(
      (builder) => {
        const { big, middle, rest } = builder
          .stream("in", { key: string, value })
          .split()
          .branch("big", { n: { ge: 100 } })
          .branch("middle", { city: "big" })
          .defaultBranch("rest");
        big.to("big");
        middle.mapValues((order) => order.n).to("middle", { value: json<number>() });
        rest.to("rest");
      },
      { big: ["k2"], middle: ["k1", "k4"], rest: ["k0", "k3"] },
    );
  });
}

test("functions and conditions together; without default branch the rest goes nowhere; branches of branches", () => {
  everySize(
    (builder) => {
      const { named, even } = builder
        .stream("in", { key: string, value: json(Order) })
        .split({ name: "by-size" })
        .branch("named", (key) => key === "k1")
        .branch("even", (_key, order) => order.n % 20 === 0)
        .branch("odd", { n: 1 })
        .noDefaultBranch();
      named.to("named");
      const { large } = even
        .split()
        .branch("large", (_key, order) => order.n > 100)
        .noDefaultBranch();
      large.merge(named).to("merged");
    },
    { named: ["k1"], merged: ["k1", "k2"] },
  );
});

test("a predicate that refuses makes a bad record of it", () => {
  everySize(
    (builder) => {
      const { all } = builder
        .stream("in", { key: string, value: json(Order) })
        .split()
        .branch("all", (key) => (key === "k2" ? (err("unwanted") as unknown as boolean) : true))
        .noDefaultBranch();
      all.to("all");
    },
    { all: ["k0", "k1", "k3", "k4"], dead: ["k2"] },
    { errors: { onProcessingError: "deadLetter", deadLetterTopic: "dead" } },
  );
});

test("all merged again: each record once, in the order of the input", () => {
  for (const batchRowsMax of [1, 2, 1000]) {
    const run = new TopologyRun(
      (builder) => {
        const { a, b } = builder
          .stream("in", { key: string, value: json(Order) })
          .split()
          .branch("a", { n: { lt: 10 } })
          .defaultBranch("b");
        a.mapValues((order) => order.n)
          .merge(b.mapValues((order) => -order.n))
          .to("out", { value: json<number>() });
      },
      { batchRowsMax },
    );
    run.add("in", orders);
    run.drain();
    assert.deepEqual(brief(run.cut().out), ["k0=1", "k1=-20", "k2=-300", "k3=4", "k4=-50"]);
  }
});

test("splits that cannot be are refused", () => {
  const run = (split: (builder: StreamsBuilder) => void) => () => new TopologyRun(split);
  const stream = (builder: StreamsBuilder) => builder.stream("in", { key: string, value: string });
  assert.throws(
    run((builder) => stream(builder).split().noDefaultBranch()),
    { code: "TOPOLOGY_INVALID", message: /a split without branches/ },
  );
  assert.throws(
    run((builder) =>
      stream(builder)
        .split()
        .branch("a", () => true)
        .branch("a", () => false),
    ),
    { code: "TOPOLOGY_INVALID", message: /two branches named "a"/ },
  );
  assert.throws(
    run((builder) => stream(builder).merge(stream(new StreamsBuilder()))),
    { code: "TOPOLOGY_INVALID", message: /two builders/ },
  );
});
