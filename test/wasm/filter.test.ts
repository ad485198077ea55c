import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchBuilder } from "../../host/batch/batch-builder.ts";
import { descriptorOf } from "../../host/serdes/json/descriptor.ts";
import { layoutOf } from "../../host/serdes/json/layout.ts";
import { type FieldAt, type FilterExpression, openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { kernelModule } from "../../host/wasm/kernel-module.ts";

const kernels = openKernelInstance(kernelModule());
const FIELDS = [
  ["name", "string"],
  ["age", "i64"],
  ["score", "f64"],
  ["active", "boolean"],
] as const;
const inner = layoutOf({
  type: "object",
  fields: [
    ...FIELDS.map(([name, type]) => ({ name, value: { type }, optional: true })),
    {
      name: "home",
      value: { type: "object", fields: [{ name: "city", value: { type: "string" }, optional: true }] },
      optional: true,
    },
  ],
});

interface Person {
  readonly name?: string;
  readonly age?: number;
  readonly score?: number;
  readonly active?: boolean;
  readonly home?: { readonly city?: string };
}

const people: (Person | null)[] = [
  { name: "Ada", age: 36, score: 1.5, active: true, home: { city: "London" } },
  { name: "Al", age: -1, score: -0, active: false, home: {} },
  { name: "a much longer name than sixteen bytes", age: 9007199254740991, score: 1e300 },
  { age: 36 },
  {},
  null,
  { name: "", home: { city: "London" } },
  { name: "Zoë", score: 2 },
];

const builder = new BatchBuilder();
for (const person of people) builder.append(null, person && JSON.stringify(person), 0n);
const batch = kernels.newHostBatch();
batch.load(builder.finish());
const all = kernels.newSelection(people.length);
all.selectAll(batch);
const rows = kernels.newRows(people.length);
rows.decodeJson(batch, all, kernels.place(descriptorOf(inner)));

const at = (name: string, type: FieldAt["type"]): FieldAt => ({
  slots: [inner.fields.findIndex((field) => field.name === name)],
  type,
});
const name = at("name", "string");
const age = at("age", "i64");
const score = at("score", "f64");
const active = at("active", "bool");
const city: FieldAt = { slots: [at("home", "string").slots[0]!, 0], type: "string" };

type Predicate = (person: Person) => boolean;
const has = (test: (value: never) => boolean, value: unknown) => value !== undefined && test(value as never);
const CASES: [string, FilterExpression, Predicate][] = [
  ["text ==", { op: "==", field: name, value: "Ada" }, (p) => p.name === "Ada"],
  ["text !=", { op: "!=", field: name, value: "Ada" }, (p) => p.name !== "Ada"],
  ["text <", { op: "<", field: name, value: "Ada" }, (p) => has((v: string) => v < "Ada", p.name)],
  ["text >=", { op: ">=", field: name, value: "Al" }, (p) => has((v: string) => v >= "Al", p.name)],
  [
    "long text",
    { op: "==", field: name, value: "a much longer name than sixteen bytes" },
    (p) => p.name?.length === 37,
  ],
  ["text beyond ASCII", { op: ">", field: name, value: "Zoe" }, (p) => has((v: string) => v > "Zoe", p.name)],
  ["i64 ==", { op: "==", field: age, value: 36 }, (p) => p.age === 36],
  ["i64 > bigint", { op: ">", field: age, value: 36n }, (p) => has((v: number) => v > 36, p.age)],
  ["i64 < fraction", { op: "<", field: age, value: 36.5 }, (p) => has((v: number) => v < 36.5, p.age)],
  ["i64 <= NaN", { op: "<=", field: age, value: Number.NaN }, () => false],
  ["f64 <=", { op: "<=", field: score, value: 1.5 }, (p) => has((v: number) => v <= 1.5, p.score)],
  ["f64 == -0", { op: "==", field: score, value: 0 }, (p) => p.score === 0],
  ["f64 != NaN", { op: "!=", field: score, value: Number.NaN }, () => true],
  ["bool", { op: "==", field: active, value: true }, (p) => p.active === true],
  ["isNull", { op: "isNull", field: age }, (p) => p.age === undefined],
  ["isNotNull", { op: "isNotNull", field: score }, (p) => p.score !== undefined],
  [
    "a field of an inner object",
    { op: "==", field: city, value: "London" },
    (p) => p.home?.city === "London",
  ],
  ["two texts ==", { op: "==", fields: [name, city] }, (p) => (p.name ?? null) === (p.home?.city ?? null)],
  [
    "two texts <",
    { op: "<", fields: [name, city] },
    (p) => p.name !== undefined && p.home?.city !== undefined && p.name < p.home.city,
  ],
  ["known beforehand", { op: "constant", ofRow: true, ofNull: true }, () => true],
  [
    "and, or, not",
    {
      op: "or",
      of: [
        {
          op: "and",
          of: [
            { op: ">", field: age, value: 0 },
            { op: "isNotNull", field: name },
          ],
        },
        { op: "not", of: { op: "!=", field: city, value: "London" } },
        { op: "==", field: name, value: "Zoë" },
      ],
    },
    (p) =>
      (p.age !== undefined && p.age > 0 && p.name !== undefined) ||
      p.home?.city === "London" ||
      p.name === "Zoë",
  ],
];

for (const [title, expression, predicate] of CASES) {
  test(`a filter keeps what JavaScript would: ${title}`, () => {
    const wanted = people.flatMap((person, row) => (predicate(person ?? {}) ? [row] : []));
    const filter = kernels.newFilter(expression);
    const kept = kernels.newSelection(people.length);
    assert.equal(kept.filter(filter, rows, all), wanted.length);
    assert.deepEqual([...kept.rows], wanted);
    const inverse = kernels.newFilter({ op: "not", of: expression });
    kept.filter(inverse, rows, all);
    assert.deepEqual(
      [...kept.rows],
      people.flatMap((_, row) => (wanted.includes(row) ? [] : [row])),
    );
    filter.close();
  });
}

test("a selection may be filtered in place, again and again", () => {
  const selection = kernels.newSelection(people.length);
  selection.selectAll(batch);
  selection.filter(kernels.newFilter({ op: "isNotNull", field: name }), rows, selection);
  selection.filter(kernels.newFilter({ op: "!=", field: name, value: "Al" }), rows, selection);
  assert.deepEqual([...selection.rows], [0, 2, 6, 7]);
});

const REFUSED: [string, FilterExpression][] = [
  ["a number against text", { op: "==", field: name, value: 1 }],
  ["text against a number", { op: "==", field: score, value: "1" }],
  ["an integer beyond 64 bits", { op: "==", field: age, value: 2n ** 63n }],
  ["an empty and", { op: "and", of: [] }],
  [
    "too many nodes",
    { op: "or", of: Array.from({ length: 40 }, () => ({ op: "isNull", field: name }) as const) },
  ],
];
for (const [title, expression] of REFUSED) {
  test(`a filter is refused when it is built: ${title}`, () => {
    assert.throws(() => kernels.newFilter(expression), { code: "TOPOLOGY_INVALID" });
  });
}
