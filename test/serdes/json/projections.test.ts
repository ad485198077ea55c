import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObjectSchema, ValueSchema } from "../../../host/serdes/json/value-schema.ts";
import type { Expression } from "../../../host/topology/expression.ts";
import { JsonKernel } from "./json-kernel.ts";

const kernel = new JsonKernel();

/** What the kernels write of one row by a projection; `encode` checks the announced bound. */
function projected(
  schema: ValueSchema,
  json: string,
  projection: Readonly<Record<string, Expression>>,
): string {
  const outputs = Object.entries(projection).map(([name, from]) => ({ name, from }));
  const codec = kernel.codec(schema, outputs);
  codec.begin();
  const decoded = codec.decode(Buffer.from(json));
  assert.ok("row" in decoded, "the row is one of the schema");
  const text = codec.encode(decoded.row, decoded.bytes);
  codec.close();
  return text;
}

const apply = (
  operator: "add" | "subtract" | "multiply" | "divide" | "remainder",
  left: Expression,
  right: Expression,
) => ({ operator, left, right }) as const;

test("constants of every type, short ones and long ones, in an object of nothing else", () => {
  const long = `"\\${"né".repeat(500)}`;
  const constants = {
    a: "web",
    long,
    [long]: 1,
    b: true,
    c: null,
    d: 1.5,
    e: 2n ** 70n,
    f: Number.NaN,
    g: -0,
  };
  const projection = Object.fromEntries(
    Object.entries(constants).map(([name, constant]) => [name, { constant }]),
  );
  const schema = { type: "object", fields: [] } as const;
  assert.equal(
    projected(schema, "{}", projection),
    JSON.stringify({ ...constants, e: 0 }).replace('"e":0', '"e":1180591620717411303424'),
  );
});

test("many computed numbers of the longest kind take no more room than was announced", () => {
  const schema = { type: "object", fields: [{ name: "n", value: { type: "f64" } }] } as const;
  const names = Array.from({ length: 200 }, (_, index) => `n${index}`);
  const from = apply("multiply", "n", { constant: -1 });
  const text = projected(
    schema,
    '{"n":2.2250738585072014e-308}',
    Object.fromEntries(names.map((name) => [name, from])),
  );
  assert.equal(
    text,
    JSON.stringify(Object.fromEntries(names.map((name) => [name, -2.2250738585072014e-308]))),
  );
});

test("computing with fields of a wide table, present, null and absent", () => {
  const fields = Array.from({ length: 100 }, (_, index) => ({
    name: `f${index}`,
    value: { type: index % 2 === 0 ? "f64" : "i64" },
    optional: true,
    nullable: true,
  })) as unknown as ObjectSchema["fields"];
  const text = projected(
    { type: "object", fields },
    '{"f0":1.5,"f98":2,"f99":9223372036854775807,"f1":1,"f2":null}',
    {
      sum: apply("add", "f0", "f98"),
      null: apply("add", "f0", "f2"),
      absent: apply("add", "f4", "f0"),
      integer: apply("subtract", "f99", "f1"),
      f98: "f98",
    },
  );
  assert.equal(text, '{"sum":3.5,"null":null,"absent":null,"integer":9223372036854775806,"f98":2}');
});

test("numbers are JavaScript's, integers are exact", () => {
  const schema = {
    type: "object",
    fields: [
      { name: "a", value: { type: "f64" } },
      { name: "i", value: { type: "i32" } },
      { name: "n", value: { type: "i64" } },
    ],
  } as const;
  const text = projected(schema, '{"a":5.5,"i":-3,"n":9007199254740993}', {
    remainder: apply("remainder", "i", { constant: 2 }),
    sign: apply("divide", { constant: 1 }, apply("multiply", "i", { constant: 0 })),
    nan: apply("divide", { constant: 0 }, { constant: 0 }),
    fraction: apply("subtract", apply("multiply", "a", { constant: 0.1 }), { constant: 0.55 }),
    odd: apply("multiply", apply("divide", "n", { constant: -2n }), { constant: 3n }),
    rest: apply("remainder", "n", { constant: -10n }),
  });
  assert.equal(
    text,
    `{"remainder":-1,"sign":null,"nan":null,"fraction":${5.5 * 0.1 - 0.55},"odd":-13510798882111488,"rest":3}`,
  );
});
