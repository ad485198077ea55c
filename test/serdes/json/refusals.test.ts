import assert from "node:assert/strict";
import { test } from "node:test";
import type { ValueSchema } from "../../../host/serdes/json/value-schema.ts";
import {
  ERROR_JSON_CONTROL_CHARACTER,
  ERROR_JSON_DEPTH,
  ERROR_JSON_ESCAPE,
  ERROR_JSON_FIELD_MISSING,
  ERROR_JSON_FIELD_UNKNOWN,
  ERROR_JSON_NUMBER,
  ERROR_JSON_RANGE,
  ERROR_JSON_TRAILING,
  ERROR_JSON_TRUNCATED,
  ERROR_JSON_TYPE,
  ERROR_JSON_UNEXPECTED,
  ERROR_JSON_UTF8,
} from "../../../kernels/abi/errors.ts";
import { JSON_DEPTH_MAX, JSON_FIELDS_MAX } from "../../../kernels/abi/json-descriptor.ts";
import { JsonKernel } from "./json-kernel.ts";

const kernel = new JsonKernel();
const codec = kernel.codec({
  type: "object",
  strict: true,
  fields: [
    { name: "a", value: { type: "string" } },
    { name: "n", value: { type: "f64", finite: true }, optional: true },
    { name: "i", value: { type: "i32" }, optional: true },
    { name: "r", value: { type: "raw" }, optional: true },
    { name: "l", value: { type: "array", element: { value: { type: "boolean" } } }, optional: true },
  ],
});

const refusals: readonly (readonly [string, number, number])[] = [
  ["", ERROR_JSON_TRUNCATED, 0],
  ["  ", ERROR_JSON_TRUNCATED, 2],
  ["{", ERROR_JSON_TRUNCATED, 1],
  ['{"a":"x"', ERROR_JSON_TRUNCATED, 8],
  ['{"a":"x', ERROR_JSON_TRUNCATED, 7],
  ['{"a":"a string that goes on beyond 16 bytes', ERROR_JSON_TRUNCATED, 43],
  ['{"a"', ERROR_JSON_TRUNCATED, 4],
  ['{"a":', ERROR_JSON_TRUNCATED, 5],
  ['{"a":"x","r":[1', ERROR_JSON_TRUNCATED, 15],
  ["[1]", ERROR_JSON_TYPE, 0],
  ["null", ERROR_JSON_TYPE, 0],
  ["nul", ERROR_JSON_UNEXPECTED, 0],
  ['{"a":"x",}', ERROR_JSON_UNEXPECTED, 9],
  ['{a:"x"}', ERROR_JSON_UNEXPECTED, 1],
  ['{"a" "x"}', ERROR_JSON_UNEXPECTED, 5],
  ['{"a":"x" "n":1}', ERROR_JSON_UNEXPECTED, 9],
  ['{"a":"x","r":[1 2]}', ERROR_JSON_UNEXPECTED, 16],
  ['{"a":"x","l":[true,]}', ERROR_JSON_UNEXPECTED, 19],
  ['{"a":"x\ny"}', ERROR_JSON_CONTROL_CHARACTER, 7],
  ['{"a":"x\\qy"}', ERROR_JSON_ESCAPE, 7],
  ['{"a":"x\\u00g0"}', ERROR_JSON_ESCAPE, 7],
  ['{"a":"x","n":-}', ERROR_JSON_NUMBER, 14],
  ['{"a":"x","n":1.}', ERROR_JSON_NUMBER, 15],
  ['{"a":"x","n":1e}', ERROR_JSON_NUMBER, 15],
  ['{"a":"x","n":01}', ERROR_JSON_UNEXPECTED, 14],
  ['{"a":1}', ERROR_JSON_TYPE, 5],
  ['{"a":null}', ERROR_JSON_TYPE, 5],
  ['{"a":"x","l":[1]}', ERROR_JSON_TYPE, 14],
  ['{"a":"x","n":1e400}', ERROR_JSON_RANGE, 13],
  ['{"a":"x","i":0.5}', ERROR_JSON_RANGE, 13],
  ['{"a":"x"} x', ERROR_JSON_TRAILING, 10],
  ['{"n":1}', ERROR_JSON_FIELD_MISSING, 6],
  ['{"a":"x","other":1}', ERROR_JSON_FIELD_UNKNOWN, 9],
];

for (const [text, code, at] of refusals) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(codec.roundTrip(text), { code, at });
  });
}

test("bytes that are not UTF-8 are refused in values, in names and in what is skipped", () => {
  const open = kernel.codec({
    type: "object",
    fields: [{ name: "a", value: { type: "string" }, optional: true }],
  });
  const sequences = [
    [0xff],
    [0xc3],
    [0xc0, 0x80],
    [0xe2, 0x82],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0x80],
  ];
  for (const sequence of sequences) {
    for (const [before, after] of [
      ['{"a":"', '"}'],
      ['{"', '":1}'],
      ['{"x":["', '"]}'],
      ['{"a":"\\n', '\\n"}'],
    ] as const) {
      const bytes = Buffer.concat([Buffer.from(before), Buffer.from(sequence), Buffer.from(after)]);
      assert.deepEqual(
        open.roundTrip(bytes),
        { code: ERROR_JSON_UTF8, at: before.length },
        bytes.toString("latin1"),
      );
    }
  }
});

test("what is skipped or kept as text may nest so deep and no deeper", () => {
  const nested = (depth: number) => `{"a":"x","r":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  assert.equal(codec.roundTrip(nested(JSON_DEPTH_MAX + 1)), nested(JSON_DEPTH_MAX + 1)); // the innermost holds nothing
  assert.deepEqual(codec.roundTrip(nested(JSON_DEPTH_MAX + 2)), {
    code: ERROR_JSON_DEPTH,
    at: 13 + JSON_DEPTH_MAX,
  });
});

test("after a refused row its neighbours are whole, and share vtables as before", () => {
  codec.begin();
  const texts = [
    '{"a":"x","n":1}',
    '{"a":"y","n":2}',
    '{"a":"y","i":1,"n":"wrong"}',
    '{"a":"z","n":3}',
    '{"a":"z","i":3}',
  ];
  const rows = texts.map((text) => codec.decode(Buffer.from(text)));
  const written = rows.map((row) => ("code" in row ? row.code : codec.encode(row.row, row.bytes)));
  assert.deepEqual(
    written,
    texts.map((text) => (text.includes("wrong") ? ERROR_JSON_TYPE : text)),
  );
});

test("schemas beyond the kernels' bounds are refused when they are made, with what to do", () => {
  const many = Array.from({ length: JSON_FIELDS_MAX + 1 }, (_, index) => ({
    name: `f${index}`,
    value: { type: "i32" as const },
  }));
  let deep: ValueSchema = { type: "string" };
  for (let depth = 0; depth < 65; depth++) deep = { type: "array", element: { value: deep } };
  const broad = Array.from({ length: 300 }, (_, index) => ({
    name: `o${index}`,
    value: { type: "object" as const, fields: [] },
  }));
  const twice = [many[0]!, many[0]!];
  for (const schema of [
    { type: "object", fields: many },
    deep,
    { type: "object", fields: broad },
    { type: "object", fields: twice },
  ] as ValueSchema[]) {
    assert.throws(() => kernel.codec(schema), { code: "CONFIG_INVALID", message: /without a schema/ });
  }
});

test("a projection writes its fields under their new names, in its order, null and absent as they were", () => {
  const schema: ValueSchema = {
    type: "object",
    fields: [
      { name: "Name", value: { type: "string" }, nullable: true },
      { name: "Age", value: { type: "f64" }, optional: true, nullable: true },
      {
        name: "Inner",
        value: { type: "object", fields: [{ name: "x", value: { type: "boolean" } }] },
        optional: true,
      },
    ],
  };
  const outputs = [
    { name: "inner", from: "Inner" },
    { name: "a name of more than thirty-two bytes, in quotes", from: "Age" },
    { name: "name", from: "Name" },
    { name: "again", from: "Name" },
  ];
  const projection = kernel.codec(schema, outputs);
  assert.equal(
    projection.roundTrip('{"Name":"n","Age":null,"Inner":{"x":true}}'),
    '{"inner":{"x":true},"a name of more than thirty-two bytes, in quotes":null,"name":"n","again":"n"}',
  );
  assert.equal(projection.roundTrip('{"Name":null}'), '{"name":null,"again":null}');
});

test("an array of ten thousand objects, and a string of a megabyte", () => {
  const list = kernel.codec({
    type: "array",
    element: {
      value: {
        type: "object",
        fields: [
          { name: "id", value: { type: "i32" } },
          { name: "s", value: { type: "string" } },
        ],
      },
    },
  });
  const text = JSON.stringify(Array.from({ length: 10_000 }, (_, id) => ({ id, s: `é${id}` })));
  assert.equal(list.roundTrip(text), text);
  const long = JSON.stringify("x\u0001".repeat(100_000));
  assert.equal(kernel.codec({ type: "string" }).roundTrip(long), long);
});
