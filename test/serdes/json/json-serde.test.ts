import assert from "node:assert/strict";
import { test } from "node:test";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { z } from "zod";
import { jsonOfShape } from "../../../host/serdes/json/json-serde.ts";
import type { ValueSchema } from "../../../host/serdes/json/value-schema.ts";
import { json } from "../../../host/serdes/json.ts";

const bytes = (text: string) => Buffer.from(text);

test("without a schema: any JSON, as JSON.parse and JSON.stringify have it", () => {
  const serde = json<{ a: number }>();
  assert.deepEqual(serde.deserialize(bytes('{"a":1,"b":[]}')), { a: 1, b: [] });
  assert.equal(serde.serialize({ a: 1 }), '{"a":1}');
  assert.equal(serde.rows, undefined);
  assert.throws(() => serde.deserialize(bytes("{")), SyntaxError);
  assert.throws(() => serde.deserialize(Buffer.from([0x22, 0xff, 0x22])), TypeError);
  assert.throws(() => serde.serialize(undefined as never), { code: "SERDE_REFUSED" });
});

test("bigint is written as the integer that it is, in any depth", () => {
  const serde = json<unknown>();
  assert.equal(serde.serialize({ a: [9007199254740993n], b: "x" }), '{"a":[9007199254740993],"b":"x"}');
  const circular: { self?: unknown } = {};
  circular.self = circular;
  assert.throws(() => serde.serialize(circular), TypeError);
});

test("with a schema that kernels check: rows, whose fields say where they stand", () => {
  const serde = json(z.object({ name: z.string(), age: z.int32(), tags: z.array(z.string()).optional() }));
  assert.equal(serde.path, "kernel");
  assert.match(serde.fbs ?? "", /table Row \{\n {2}name:string \(id: 0\);/);
  assert.deepEqual(serde.rows?.fields, [
    { name: "name", type: "string", slot: 4 },
    { name: "age", type: "i32", slot: 6 },
    { name: "tags", type: "array", slot: 8 },
  ]);
  assert.deepEqual(serde.deserialize(bytes('{"age":3,"name":"x","more":1}')), { name: "x", age: 3 });
  assert.throws(() => serde.deserialize(bytes('{"name":"x"}')), /"age" is missing/);
});

test("with a schema that says more: each value is validated, and is what the schema makes of it", () => {
  const serde = json(z.object({ name: z.string().trim().min(2), kind: z.enum(["a", "b"]).default("a") }));
  assert.equal(serde.path, "validate");
  assert.equal(typeof serde.reason, "string");
  assert.equal(serde.rows, undefined);
  assert.deepEqual(serde.deserialize(bytes('{"name":" xy "}')), { name: "xy", kind: "a" });
  assert.throws(() => serde.deserialize(bytes('{"name":"x"}')), { code: "SERDE_REFUSED", message: /name/ });
});

test("a schema that validates asynchronously is refused, with what to do", () => {
  const schema = z.object({ a: z.string().refine(async () => true) }) as StandardSchemaV1;
  assert.throws(() => json(schema).deserialize(bytes('{"a":"x"}')), { code: "CONFIG_INVALID" });
});

const shape: ValueSchema = {
  type: "object",
  strict: true,
  fields: [
    { name: "id", value: { type: "i64" } },
    { name: "small", value: { type: "i32" }, optional: true },
    { name: "whole", value: { type: "f64", integral: true, safe: true }, optional: true },
    {
      name: "list",
      value: { type: "array", element: { value: { type: "i64" }, nullable: true } },
      optional: true,
    },
    { name: "any", value: { type: "raw" }, optional: true },
    { name: "flag", value: { type: "boolean" }, optional: true, nullable: true },
  ],
};

test("a shape by hand: single values are read as kernels read them, i64 exactly", () => {
  const serde = jsonOfShape<Record<string, unknown>>(shape);
  const text =
    '{"id":9007199254740993,"list":[1,null,-9223372036854775808],"any":[1.5,{"a":2}],"flag":null,"small":1.0}';
  assert.deepEqual(serde.deserialize(bytes(text)), {
    id: 9007199254740993n,
    small: 1,
    list: [1n, null, -9223372036854775808n],
    any: [1.5, { a: 2 }],
    flag: null,
  });
  const misfits = [
    '{"id":1.5}',
    '{"id":9223372036854775808}',
    '{"id":"1"}',
    '{"id":1,"small":2147483648}',
    '{"id":1,"whole":1.5}',
    '{"id":1,"whole":9007199254740992}',
    '{"id":1,"list":{}}',
    '{"id":1,"flag":0}',
    '{"id":1,"other":0}',
    "{}",
    "[]",
  ];
  for (const misfit of misfits)
    assert.throws(() => serde.deserialize(bytes(misfit)), { name: "Error" }, misfit);
});
