import assert from "node:assert/strict";
import { test } from "node:test";
import { rowReaderOf } from "../../../host/serdes/json/row-view.ts";
import type { ValueSchema } from "../../../host/serdes/json/value-schema.ts";
import type { RowMemory } from "../../../host/topology/serde.ts";
import { JsonKernel } from "./json-kernel.ts";

const kernel = new JsonKernel();

/** Decodes values into one batch and reads them as user functions get them. */
function readAll(schema: ValueSchema, values: readonly string[], ascii: boolean): unknown[] {
  const codec = kernel.codec(schema);
  codec.begin();
  const rows = values.map((value) => {
    const decoded = codec.decode(Buffer.from(value));
    assert.ok(!("code" in decoded), value);
    return decoded.row;
  });
  const from = rows[0]! - 8192;
  const memory: RowMemory = {
    memory: codec.memory,
    addressOf: (row) => rows[row]!,
    version: 1,
    bufferAddress: from,
    byteLength: rows.at(-1)! - from + 8192,
    ascii,
  };
  const read = rowReaderOf(codec.layout);
  return rows.map((_row, index) => read(memory, index));
}

const client: ValueSchema = {
  type: "object",
  fields: [
    { name: "owner", value: { type: "string" } },
    { name: "age", value: { type: "f64" }, optional: true },
    { name: "note", value: { type: "string" }, optional: true, nullable: true },
    {
      name: "tags",
      value: { type: "array", element: { value: { type: "string" }, nullable: true } },
      nullable: true,
    },
    {
      name: "at",
      value: {
        type: "object",
        fields: [
          { name: "open", value: { type: "boolean" } },
          { name: "id", value: { type: "i64" } },
        ],
      },
      optional: true,
    },
    { name: "extra", value: { type: "raw" }, optional: true },
    { name: "count", value: { type: "i32" }, optional: true },
  ],
};

const values = [
  '{"owner":"Ada","tags":null}',
  '{"owner":"a name of more than thirteen characters","age":-0,"note":null,"tags":["x",null,"another long tag of a record"],"at":{"open":true,"id":7},"extra":[1,{"b":null}],"count":-3}',
  '{"owner":"","age":1.5,"note":"n","tags":[]}',
];
const expected = [
  { owner: "Ada", tags: null },
  {
    owner: "a name of more than thirteen characters",
    age: -0,
    note: null,
    tags: ["x", null, "another long tag of a record"],
    at: { open: true, id: 7n },
    extra: [1, { b: null }],
    count: -3,
  },
  { owner: "", age: 1.5, note: "n", tags: [] },
];

for (const ascii of [true, false]) {
  test(`rows read as plain objects, fields in the schema's order (${ascii ? "from the batch's string" : "one by one"})`, () => {
    const objects = readAll(client, values, ascii);
    assert.deepStrictEqual(objects, expected);
    assert.deepEqual(Object.keys(objects[1] as object), [
      "owner",
      "age",
      "note",
      "tags",
      "at",
      "extra",
      "count",
    ]);
    assert.deepStrictEqual(structuredClone(objects), expected);
    assert.deepStrictEqual({ ...(objects[2] as object) }, expected[2]);
    assert.equal(JSON.stringify(objects[0]), values[0]);
  });
}

test("text beyond ASCII, and lone surrogates, are read as JSON.parse reads them", () => {
  const texts = [
    '"né"',
    '"日本語の住所"',
    '"😀"',
    '"\\ud83d"',
    '"a\\ude00b\\ud83d"',
    '"\ufffd"',
    '"\ufffd\\udc00"',
    '"plain"',
  ];
  assert.deepEqual(
    readAll({ type: "string" }, texts, false),
    texts.map((text) => JSON.parse(text)),
  );
});

test("a field may be called __proto__ or constructor", () => {
  const names = ["__proto__", "constructor", "toString"];
  for (const optional of [true, false]) {
    const fields = names.map((name) => ({ name, value: { type: "f64" as const }, optional }));
    const text = '{"__proto__":1,"constructor":2,"toString":3}';
    const [object] = readAll({ type: "object", fields }, [text], true);
    assert.equal(JSON.stringify(object), text);
    assert.equal(Object.getPrototypeOf(object), Object.prototype);
  }
});

test("the next batch at the same place is read anew", () => {
  const codec = kernel.codec({ type: "string" });
  const read = rowReaderOf(codec.layout);
  let version = 0;
  let row = 0;
  const memory: RowMemory = {
    memory: codec.memory,
    addressOf: () => row,
    get version() {
      return version;
    },
    get bufferAddress() {
      return row - 64;
    },
    byteLength: 4096,
    ascii: true,
  };
  for (const text of ["first", "other"]) {
    codec.begin();
    const decoded = codec.decode(Buffer.from(JSON.stringify(text)));
    assert.ok(!("code" in decoded));
    row = decoded.row;
    version++;
    assert.equal(read(memory, 0), text);
  }
});
