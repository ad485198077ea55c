import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { json, jsonOf, string } from "../../host/serdes/index.ts";
import { compile } from "../../host/topology/compile.ts";
import type { PlanStep, SegmentStep } from "../../host/topology/plan.ts";

const Order = jsonOf({
  type: "object",
  fields: [
    { name: "id", value: { type: "string" } },
    { name: "other", value: { type: "string" }, nullable: true },
    { name: "price", value: { type: "f64" } },
    { name: "count", value: { type: "i32" } },
    { name: "account", value: { type: "i64" } },
    { name: "paid", value: { type: "boolean" } },
    { name: "lines", value: { type: "array", element: { value: { type: "string" } } } },
  ],
});

type Orders = ReturnType<typeof orders>;
function orders(builder: StreamsBuilder) {
  return builder.stream("in", { key: string, value: Order });
}

function stepsOf(
  describe: (orders: Orders) => { to(topic: "out", produced: object): void },
): readonly PlanStep[] {
  const builder = new StreamsBuilder();
  describe(orders(builder)).to("out", { value: json<unknown>() });
  return compile(builder.build(), "app").subTopologies[0]!.sources[0]!.children;
}

/** The steps one behind the other, without the sink. */
function chainOf(steps: readonly PlanStep[]): PlanStep[] {
  return steps.flatMap((step) => ("children" in step ? [step, ...chainOf(step.children)] : []));
}

function segmentOf(step: PlanStep | undefined): SegmentStep {
  assert.ok(step?.kind === "segment");
  return step;
}

test("projections behind each other become one, in terms of the source's row", () => {
  const steps = chainOf(
    stepsOf((stream) =>
      stream
        .mapValues({ total: { multiply: ["price", "count"] }, source: { constant: "web" } })
        .filter({ total: { gt: 10, lt: { multiply: ["total", 2] } }, source: "web" })
        .mapValues({ taxed: { add: ["total", 1] }, from: "source" }),
    ),
  );
  assert.equal(steps.length, 1);
  const { names, filters, checks, projection } = segmentOf(steps[0]);
  const total = { operator: "multiply", left: "price", right: "count" };
  assert.equal(names.length, 3);
  assert.deepEqual(checks, []);
  assert.deepEqual(projection, [
    { name: "taxed", from: { operator: "add", left: total, right: { constant: 1 } } },
    { name: "from", from: { constant: "web" } },
  ]);
  assert.deepEqual(filters, [
    {
      keeps: true,
      all: [
        { numbers: [total, { constant: 10 }], comparator: "gt", againstNull: "constant" },
        {
          numbers: [total, { operator: "multiply", left: total, right: { constant: 2 } }],
          comparator: "lt",
          againstNull: "null",
        },
        { holds: true, holdsOfNull: false },
      ],
    },
  ]);
});

test("a filter behind integers that may leave 64 bits does not see the rows that do", () => {
  const steps = chainOf(
    stepsOf((stream) =>
      stream
        .filter({ price: { gt: 0 } })
        .mapValues({ next: { add: ["account", 1n] }, price: "price" })
        .filter({ next: { gt: 5n } })
        .mapValues({ price: { add: ["price", 1] }, next: "next" }),
    ),
  );
  const next = { operator: "add", left: "account", right: { constant: 1n } };
  const segments = steps.map(segmentOf);
  assert.deepEqual(
    segments.map(({ names, filters, checks }) => [names.length, filters.length, checks]),
    [
      [2, 1, [next]],
      [2, 1, []], // what was checked once is not checked again
    ],
  );
});

test("what kernels cannot compare, or only with a doubtful row, a function does", () => {
  const shapes = (describe: Parameters<typeof stepsOf>[0]) =>
    chainOf(stepsOf(describe)).map((step) => (step.kind === "call" ? step.call.shape : step.kind));
  // it may fail for rows which another comparison leaves out
  const account = { ge: 1n, lt: { add: ["account", 1n] } } as const;
  assert.deepEqual(
    shapes((stream) => stream.filter({ account })),
    ["filter"],
  );
  // a constant text against a field
  assert.deepEqual(
    shapes((stream) =>
      stream.mapValues({ a: { constant: "x" as string }, id: "id" }).filter({ a: { eq: { field: "id" } } }),
    ),
    ["segment", "filter"],
  );
  // nothing but an i64 itself is as large
  assert.deepEqual(
    shapes((stream) => stream.filter({ account: { lt: 2n ** 64n } })),
    ["filter"],
  );
  // an i32 against what is no i32, two texts, two booleans: all of it kernels do
  assert.deepEqual(
    shapes((stream) =>
      stream.filter({ count: { gt: 2.5 }, id: { lt: { field: "other" } }, paid: { eq: { field: "paid" } } }),
    ),
    ["segment"],
  );
});

test("an expression of more nodes than kernels take runs as a function", () => {
  const doubled = (name: string) => ({ add: [name, name] }) as const;
  const steps = chainOf(
    stepsOf((stream) => {
      let numbers = stream.mapValues({ n: doubled("price") as { add: readonly ["price", "price"] } });
      for (let times = 0; times < 5; times++) {
        numbers = numbers.mapValues({
          n: doubled("n") as { add: readonly ["n", "n"] },
        }) as unknown as typeof numbers;
      }
      return numbers;
    }),
  );
  assert.deepEqual(
    steps.map((step) => (step.kind === "segment" ? step.names.length : step.kind)),
    [5, "call"], // 2^5 fields and the operators between are 63 nodes
  );
});

test("a key from a field is part of the segment, and a repartition behind it drops null keys in it", () => {
  const builder = new StreamsBuilder();
  orders(builder)
    .mapValues({ city: "other", price: "price" })
    .selectKey("city")
    .filter({ price: { gt: 1 } })
    .repartition({ name: "by-city", key: string as never })
    .to("out");
  const [steps] = compile(builder.build(), "app").subTopologies.map(({ sources }) =>
    chainOf(sources[0]!.children),
  );
  assert.equal(steps?.length, 1);
  const { key, names, filters } = segmentOf(steps?.[0]);
  assert.equal(key, "other");
  assert.equal(names.length, 4);
  assert.deepEqual(filters.at(-1), {
    all: [{ field: "other", comparator: "ne", constant: null }],
    keeps: true,
  });
});

test("arithmetic and comparisons that mix types are refused, and what they have is named", () => {
  const refused: readonly [(stream: Orders) => unknown, RegExp][] = [
    [
      (stream) => stream.mapValues({ x: { add: ["prise", 1] } as never }),
      /names the field "prise".*They have: id, other/s,
    ],
    [
      (stream) => stream.mapValues({ x: { add: ["id", 1] } as never }),
      /computes with the field "id" \(string\)/,
    ],
    [
      (stream) => stream.mapValues({ x: { add: [1, "lines"] } as never }),
      /computes with the field "lines" \(array\)/,
    ],
    [
      (stream) => stream.mapValues({ x: { add: ["price", { multiply: ["account", 2n] }] } as never }),
      /computes with the field "account" \(i64\) and with f64 in one expression.*2n/s,
    ],
    [
      (stream) => stream.mapValues({ x: { add: ["account", 1] } as never }),
      /computes with 1 \(f64\) and with i64/,
    ],
    [
      (stream) => stream.mapValues({ a: { constant: "x" } }).mapValues({ b: { add: ["a", 1] } as never }),
      /computes with the field "a" \(string\)/,
    ],
    [
      (stream) => stream.filter({ price: { gt: { field: "id" } } as never }),
      /compares the field "price" \(f64\) with the field "id" \(string\)/,
    ],
    [
      (stream) => stream.filter({ account: { gt: { add: ["price", 1] } } as never }),
      /compares the field "account" \(i64\) with what it computes \(f64\)/,
    ],
    [
      (stream) => stream.filter({ lines: { eq: { field: "lines" } } } as never),
      /compares the field "lines" \(array\)/,
    ],
    [
      (stream) => stream.filter({ paid: { lt: { field: "paid" } } } as never),
      /orders the field "paid", a boolean/,
    ],
  ];
  for (const [describe, message] of refused) {
    const builder = new StreamsBuilder();
    describe(orders(builder));
    assert.throws(() => compile(builder.build(), "app"), { code: "TOPOLOGY_INVALID", message });
  }
});

test("constants and operators tell plans apart", () => {
  const hashOf = (projection: object) => {
    const builder = new StreamsBuilder();
    orders(builder)
      .mapValues(projection as never)
      .to("out", { value: json<unknown>() } as never);
    return compile(builder.build(), "app").hash;
  };
  const projections = [
    { x: { add: ["price", 1] } },
    { x: { subtract: ["price", 1] } },
    { x: { add: ["price", -0] } },
    { x: { add: ["price", 0] } },
    { x: { constant: Number.NaN } },
    { x: { constant: null } },
    { x: { constant: 1 } },
    { x: { constant: 1n } },
    { x: { constant: "bigint 1" } },
    { x: "price" },
  ];
  assert.equal(new Set(projections.map(hashOf)).size, projections.length);
});
