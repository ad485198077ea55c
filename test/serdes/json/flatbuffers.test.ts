import assert from "node:assert/strict";
import { test } from "node:test";
import { fbsOf } from "../../../host/serdes/json/fbs.ts";
import type { ValueSchema } from "../../../host/serdes/json/value-schema.ts";
import { parseFbs, readRows } from "./fbs-reader.ts";
import { JsonKernel } from "./json-kernel.ts";

const kernel = new JsonKernel();

/** Decodes the values into one Rows buffer and reads it with the flatbuffers package, by the generated .fbs. */
function throughFlatbuffers(schema: ValueSchema, values: readonly string[]): unknown {
  const codec = kernel.codec(schema);
  codec.begin();
  const rows = values.map((value) => {
    const decoded = codec.decode(Buffer.from(value));
    assert.ok(!("code" in decoded), value);
    return decoded.row;
  });
  const bytes = codec.rowsBuffer(rows);
  const read = readRows(bytes, parseFbs(fbsOf(codec.layout))) as { readonly rows: unknown };
  codec.close();
  return read.rows;
}

const everything: ValueSchema = {
  type: "object",
  fields: [
    { name: "flag", value: { type: "boolean" } },
    { name: "name", value: { type: "string" }, optional: true },
    { name: "count", value: { type: "i32" } },
    { name: "exact", value: { type: "i64" }, nullable: true },
    { name: "price", value: { type: "f64" }, optional: true, nullable: true },
    { name: "any", value: { type: "raw" }, optional: true },
    {
      name: "inner",
      value: {
        type: "object",
        fields: [
          { name: "deep", value: { type: "array", element: { value: { type: "f64" } } } },
          { name: "seen", value: { type: "array", element: { value: { type: "boolean" } } }, optional: true },
        ],
      },
      optional: true,
    },
    {
      name: "list",
      value: {
        type: "array",
        element: { value: { type: "object", fields: [{ name: "id", value: { type: "i64" } }] } },
      },
      optional: true,
    },
    {
      name: "grid",
      value: {
        type: "array",
        element: { value: { type: "array", element: { value: { type: "string" }, nullable: true } } },
      },
      optional: true,
    },
  ],
};

test("any FlatBuffers library reads rows of every kind: nested tables, vectors, null marks, shared vtables", () => {
  const rows = throughFlatbuffers(everything, [
    '{"flag":true,"name":"one","count":-7,"exact":9007199254740993,"price":1.5,"inner":{"deep":[1,2.5],"seen":[true,false,true]}}',
    '{"count":1,"flag":false,"exact":null,"price":null}',
    '{"count":2,"flag":false,"exact":null,"price":null}',
    '{"flag":true,"count":3,"exact":1,"list":[{"id":1},{"id":2}],"grid":[["a",null],[]],"any":{"x": [1]}}',
    '{"flag":true,"name":"a name of more than sixteen bytes: né","count":4,"exact":5}',
  ]);
  assert.deepEqual(rows, [
    {
      flag: true,
      name: "one",
      count: -7,
      exact: 9007199254740993n,
      price: 1.5,
      inner: { deep: [1, 2.5], seen: [true, false, true] },
    },
    { flag: false, count: 1, price_is_null: true },
    { flag: false, count: 2, price_is_null: true },
    {
      flag: true,
      count: 3,
      exact: 1n,
      any: '{"x": [1]}',
      list: [{ id: 1n }, { id: 2n }],
      grid: [{ value: [{ value: "a" }, {}] }, { value: [] }],
    },
    { flag: true, name: "a name of more than sixteen bytes: né", count: 4, exact: 5n },
  ]);
});

test("a value that is no object is a table with one field", () => {
  assert.deepEqual(throughFlatbuffers({ type: "f64" }, ["1.25", " -3 "]), [{ value: 1.25 }, { value: -3 }]);
});

test("an object of 100 fields, each absent now and then, has a vtable of its own", () => {
  const fields = Array.from({ length: 100 }, (_, index) => ({
    name: `f${index}`,
    value: { type: "i32" as const },
    optional: true,
    nullable: true,
  }));
  const rows = throughFlatbuffers({ type: "object", fields }, ['{"f99":1,"f0":2}', '{"f50":null}', "{}"]);
  assert.deepEqual(rows, [{ f0: 2, f99: 1 }, { f50_is_null: true }, {}]);
});

test("the .fbs names what FlatBuffers cannot", () => {
  const schema: ValueSchema = {
    type: "object",
    fields: [
      { name: "a-b", value: { type: "string" } },
      { name: "a_b", value: { type: "raw" } },
    ],
  };
  assert.equal(
    fbsOf(kernel.codec(schema).layout),
    `table Row {
  /// JSON name: "a-b".
  a_b:string (id: 0);
  /// JSON text.
  a_b_2:string (id: 1);
}

table Rows {
  rows:[Row] (id: 0);
  /// The row of the Batch that each of \`rows\` belongs to.
  row:[uint] (id: 1);
}

root_type Rows;
file_identifier "PDTR";
`,
  );
});
