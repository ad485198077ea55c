import assert from "node:assert/strict";
import { test } from "node:test";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { schemaPathOf } from "../../../host/serdes/json/standard-schema.ts";
import type { FieldSchema, ValueSchema } from "../../../host/serdes/json/value-schema.ts";

function fieldsOf(schema: StandardSchemaV1): readonly FieldSchema[] {
  const found = schemaPathOf(schema);
  assert.ok(found.path === "kernel", found.path === "validate" ? found.reason : "");
  assert.ok(found.schema.type === "object");
  return found.schema.fields;
}

const field = (name: string, value: ValueSchema, optional = false, nullable = false) => ({
  name,
  value,
  nullable,
  optional,
});

test("zod: types, optional, null, integers, nesting", () => {
  const schema = z.object({
    text: z.string().describe("annotations change nothing").brand("Text"),
    number: z.number(),
    whole: z.int(),
    small: z.int32(),
    maybe: z.string().optional(),
    none: z.string().nullable(),
    both: z.boolean().nullish(),
    list: z.array(z.number().nullable()),
    inner: z.object({ flag: z.boolean() }),
    any: z.unknown(),
  });
  assert.deepEqual(fieldsOf(schema), [
    field("text", { type: "string" }),
    field("number", { type: "f64", finite: true }),
    field("whole", { type: "f64", integral: true, safe: true }),
    field("small", { type: "i32" }),
    field("maybe", { type: "string" }, true),
    field("none", { type: "string" }, false, true),
    field("both", { type: "boolean" }, true, true),
    field("list", { type: "array", element: { value: { type: "f64", finite: true }, nullable: true } }),
    field("inner", { type: "object", strict: false, fields: [field("flag", { type: "boolean" })] }),
    field("any", { type: "raw" }),
  ]);
});

test("valibot and arktype likewise", () => {
  const valibot = v.object({
    text: v.string(),
    maybe: v.optional(v.number()),
    none: v.nullable(v.string()),
    both: v.nullish(v.array(v.boolean())),
    whole: v.pipe(v.number(), v.integer()),
  });
  assert.deepEqual(fieldsOf(valibot), [
    field("text", { type: "string" }),
    field("maybe", { type: "f64" }, true),
    field("none", { type: "string" }, false, true),
    field("both", { type: "array", element: { value: { type: "boolean" }, nullable: false } }, true, true),
    field("whole", { type: "f64", integral: true, safe: false }),
  ]);
  const arktype = type({ text: "string", "maybe?": "number", none: "string|null", whole: "number.integer" });
  assert.deepEqual(fieldsOf(arktype), [
    field("none", { type: "string" }, false, true),
    field("text", { type: "string" }),
    field("whole", { type: "f64", integral: true, finite: false }),
    field("maybe", { type: "f64", finite: false }, true),
  ]);
});

test("a strict object refuses what it does not name", () => {
  for (const schema of [
    z.strictObject({ a: z.string() }),
    v.strictObject({ a: v.string() }),
    type({ "+": "reject", a: "string" }),
  ]) {
    const found = schemaPathOf(schema as StandardSchemaV1);
    assert.ok(found.path === "kernel" && found.schema.type === "object" && found.schema.strict);
  }
});

const unchecked: readonly (readonly [string, unknown])[] = [
  [
    "zod: a refinement, which its JSON Schema does not show",
    z.object({ a: z.string().refine((text) => text !== "x") }),
  ],
  ["zod: a refinement of the whole", z.object({ a: z.string() }).refine(() => true)],
  ["zod: trim", z.object({ a: z.string().trim() })],
  ["zod: a length", z.object({ a: z.string().min(3) })],
  ["zod: a format", z.object({ a: z.email() })],
  ["zod: a minimum", z.object({ a: z.number().min(0) })],
  ["zod: a transformation", z.object({ a: z.string().transform(Number) })],
  ["zod: a default", z.object({ a: z.string().default("x") })],
  ["zod: a fallback", z.object({ a: z.string().catch("x") })],
  ["zod: coercion", z.object({ a: z.coerce.number() })],
  ["zod: an enumeration", z.object({ a: z.enum(["x", "y"]) })],
  ["zod: a union", z.object({ a: z.union([z.string(), z.number()]) })],
  ["zod: unknown fields kept", z.looseObject({ a: z.string() })],
  ["zod: a record", z.record(z.string(), z.number())],
  ["zod: bigint", z.object({ a: z.int64() })],
  ["zod: null at the top", z.object({ a: z.string() }).nullable()],
  ["zod: a schema within itself", selfContaining()],
  [
    "valibot: a check",
    v.object({
      a: v.pipe(
        v.string(),
        v.check((text) => text !== "x"),
      ),
    }),
  ],
  [
    "valibot: a check of the whole",
    v.pipe(
      v.object({ a: v.string() }),
      v.check(() => true),
    ),
  ],
  ["valibot: a default", v.object({ a: v.optional(v.string(), "x") })],
  ["valibot: a fallback", v.object({ a: v.fallback(v.string(), "x") })],
  ["valibot: unknown fields kept", v.looseObject({ a: v.string() })],
  ["arktype: a predicate", type({ a: type("string").narrow((text) => text !== "x") })],
  ["arktype: a transformation", type({ a: type("string").pipe((text) => text.length) })],
  ["arktype: a length", type({ a: "string > 3" })],
  ["arktype: a default", type({ a: 'string = "x"' })],
  ["arktype: unknown fields dropped by a morph", type({ "+": "delete", a: "string" })],
  ["a library that is not known", { "~standard": { ...z.string()["~standard"], vendor: "other" } }],
  [
    "a library without JSON Schema",
    { "~standard": { version: 1, vendor: "other", validate: () => ({ value: 1 }) } },
  ],
];

function selfContaining(): unknown {
  const node: z.ZodType = z.object({ value: z.string(), next: z.lazy(() => node).optional() });
  return node;
}

for (const [name, schema] of unchecked) {
  test(`validated in JavaScript, with a reason: ${name}`, () => {
    const found = schemaPathOf(schema as StandardSchemaV1);
    assert.equal(found.path, "validate");
    assert.ok(found.path === "validate" && found.reason.length > 10);
  });
}
