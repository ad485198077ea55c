import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ByteBuffer, Encoding } from "flatbuffers";
import { BatchBuilder } from "../../host/batch/batch-builder.ts";
import { descriptorOf } from "../../host/serdes/json/descriptor.ts";
import { layoutOf } from "../../host/serdes/json/layout.ts";
import { type KernelRows, openKernelInstance, type PlainSerde } from "../../host/wasm/kernel-instance.ts";
import { kernelModule } from "../../host/wasm/kernel-module.ts";
import * as errors from "../../kernels/abi/errors.ts";
import { encodeRecordBatch } from "../batch/record-batch.ts";
import { readRecordBatches } from "../batch/record-batch-reader.ts";

const kernels = openKernelInstance(kernelModule());
const layout = layoutOf({
  type: "object",
  fields: [
    { name: "Name", value: { type: "string" } },
    { name: "Age", value: { type: "i32" }, optional: true },
  ],
});
const descriptor = kernels.place(descriptorOf(layout));
const renamed = kernels.place(descriptorOf(layout, [{ name: "name", from: "Name" }]));

function load(values: readonly (string | Uint8Array | null)[]) {
  const builder = new BatchBuilder();
  values.forEach((value, row) => {
    builder.append(`k${row}`, value, 0n);
  });
  const batch = kernels.newHostBatch();
  batch.load(builder.finish());
  const selection = kernels.newSelection(values.length);
  selection.selectAll(batch);
  return { batch, selection, rows: kernels.newRows(values.length) };
}

/** The Rows FlatBuffer, read without any code of ours: row of the batch and position of its table. */
function readRows(rows: KernelRows): { buffer: ByteBuffer; tables: Map<number, number> } {
  const bytes = kernels.memory.subarray(rows.bufferAddress, rows.bufferAddress + rows.byteLength);
  const buffer = new ByteBuffer(new Uint8Array(bytes)); // a copy: all in it is relative
  assert.ok(buffer.__has_identifier("PDTR"));
  const root = buffer.readInt32(0);
  const vector = root + buffer.__offset(root, 4);
  const numbers = root + buffer.__offset(root, 6);
  const tables = new Map<number, number>();
  assert.equal(buffer.__vector_len(vector), buffer.__vector_len(numbers));
  for (let index = 0; index < buffer.__vector_len(vector); index++) {
    const row = buffer.readInt32(buffer.__vector(numbers) + 4 * index);
    tables.set(row, buffer.__indirect(buffer.__vector(vector) + 4 * index));
  }
  return { buffer, tables };
}

test("JSON values become rows; refused ones leave the selection, null stays without a table", () => {
  const { batch, selection, rows } = load(['{"Name":"Ada","Age":36}', "{", null, '{"Name":"Bob"}']);
  assert.equal(rows.decodeJson(batch, selection, descriptor), 3);
  assert.deepEqual([...selection.rows], [0, 2, 3]);
  assert.equal(batch.batch.errorCode(1), errors.ERROR_JSON_TRUNCATED);
  assert.equal(batch.batch.errorAt(1), 1);
  assert.equal(rows.addressOf(1), 0);
  assert.equal(rows.addressOf(2), 0);
  const { buffer, tables } = readRows(rows);
  assert.deepEqual([...tables.keys()], [0, 3]);
  const names = [...tables.values()].map((table) => buffer.__string(table + buffer.__offset(table, 4)));
  assert.deepEqual(names, ["Ada", "Bob"]);
});

test("rows of many sizes move to larger memory as they come, and are written with other names", () => {
  const values = Array.from(
    { length: 2000 },
    (_, row) => `{"Age":${row},"Name":"${"n".repeat((row * 7) % 600)}"}`,
  );
  const { batch, selection, rows } = load(values);
  assert.equal(rows.decodeJson(batch, selection, descriptor), 2000);
  assert.equal(readRows(rows).tables.size, 2000);
  const sink = kernels.newSink({ partitions: 1 });
  const form = kernels.newForm({ key: { from: "batch" }, value: { from: "json", descriptor: renamed } });
  assert.equal(sink.append(batch, selection, form, rows), 2000);
  sink.seal();
  const written = readRecordBatches(sink.take()!.bytes)[0]!.records;
  written.forEach(({ value }, row) => {
    assert.deepEqual(JSON.parse(String(value)), { name: "n".repeat((row * 7) % 600) });
  });
  assert.equal(written.length, 2000);
});

test("fields of a row become keys and values, as their serdes write them", () => {
  const { batch, selection, rows } = load(['{"Name":"Zoë","Age":7}', null, '{"Name":"Bob"}']);
  rows.decodeJson(batch, selection, descriptor);
  const form = kernels.newForm({
    key: { from: "field", field: { slots: [0], type: "string" } },
    value: { from: "field", field: { slots: [1], type: "i32" } },
  });
  const sink = kernels.newSink({ partitions: 1 });
  sink.append(batch, selection, form, rows);
  sink.seal();
  assert.deepEqual(
    readRecordBatches(sink.take()!.bytes)[0]!.records.map(({ key, value }) => [
      key?.toString() ?? null,
      value?.toString("hex") ?? null,
    ]),
    [
      ["Zoë", "00000007"],
      [null, null],
      ["Bob", null],
    ],
  );
});

interface GoldenSerde {
  readonly format: string;
  readonly input: { readonly value: string | number | null };
  readonly hex: string | null;
}

const golden = (
  JSON.parse(readFileSync(new URL("../golden/bytes/serdes.json", import.meta.url), "utf8")) as {
    cases: GoldenSerde[];
  }
).cases;
const SERDES = { string: "string", integer: "i32", long: "i64", double: "f64" } as const;

function readPlain(buffer: ByteBuffer, table: number, serde: PlainSerde): string {
  const at = table + buffer.__offset(table, 4);
  if (serde === "string") return Buffer.from(buffer.__string(at, Encoding.UTF8_BYTES)).toString();
  if (serde === "i32") return String(buffer.readInt32(at));
  return serde === "i64" ? String(buffer.readInt64(at)) : String(buffer.readFloat64(at));
}

for (const [format, serde] of Object.entries(SERDES)) {
  test(`Kafka's ${format} serde is read and written as Kafka does`, () => {
    const cases = golden.filter((of) => of.format === format);
    assert.ok(cases.length > 5);
    const { batch, selection, rows } = load(
      cases.map(({ hex }) => (hex === null ? null : Buffer.from(hex, "hex"))),
    );
    assert.equal(rows.decodePlain(batch, selection, serde), cases.length);
    const { buffer, tables } = readRows(rows);
    cases.forEach(({ input }, row) => {
      const table = tables.get(row);
      const wanted = serde === "f64" && input.value !== null ? Number(input.value) : input.value;
      if (table === undefined) assert.equal(wanted, null);
      else assert.equal(readPlain(buffer, table, serde), String(wanted));
    });
    const sink = kernels.newSink({ partitions: 1 });
    const value = { from: "field", field: { slots: [0], type: serde } } as const;
    sink.append(batch, selection, kernels.newForm({ key: { from: "batch" }, value }), rows);
    sink.seal();
    assert.deepEqual(
      readRecordBatches(sink.take()!.bytes)[0]!.records.map(
        (record) => record.value?.toString("hex") ?? null,
      ),
      cases.map(({ hex }) => hex),
    );
  });
}

test("a number of the wrong length is refused", () => {
  const { batch, selection, rows } = load([Buffer.alloc(8), Buffer.alloc(7), Buffer.alloc(0), null]);
  assert.equal(rows.decodePlain(batch, selection, "i64"), 2);
  assert.deepEqual([...selection.rows], [0, 3]);
  assert.equal(batch.batch.errorCode(1), errors.ERROR_RECORD_SERDE_LENGTH);
});

function inputOf(keys: readonly (Uint8Array | null)[]) {
  const input = kernels.newInput({ rowsMax: 4000, checkCrc: true });
  input.load(encodeRecordBatch(keys.map((key) => ({ key, value: Buffer.from("v"), timestamp: 0n }))), 0n);
  input.decode(4000, 0n);
  const selection = kernels.newSelection(4000);
  selection.selectAll(input);
  return { input, selection };
}

test("strings that are not UTF-8 become what Java makes of them", () => {
  const { cases } = JSON.parse(
    readFileSync(new URL("../golden/bytes/utf8-replacement.json", import.meta.url), "utf8"),
  ) as { cases: { hex: string; mended: string }[] };
  const { input, selection } = inputOf(cases.map(({ hex }) => Buffer.from(hex, "hex")));
  assert.equal(input.conform(selection, "key", "string"), cases.length);
  const { batch } = input;
  cases.forEach(({ hex, mended }, row) => {
    assert.equal(batch.key(row)?.toString("hex"), mended, hex);
    assert.equal(batch.valueText(row), "v");
  });
  const { batch: values, selection: all, rows } = load(cases.map(({ hex }) => Buffer.from(hex, "hex")));
  rows.decodePlain(values, all, "string");
  const { buffer, tables } = readRows(rows);
  cases.forEach(({ mended }, row) => {
    assert.equal(readPlain(buffer, tables.get(row)!, "string"), Buffer.from(mended, "hex").toString());
  });
});

test("keys that are no numbers of their serde are refused before they pass through", () => {
  const { input, selection } = inputOf([Buffer.alloc(4), null, Buffer.alloc(5)]);
  assert.equal(input.conform(selection, "key", "i32"), 2);
  assert.deepEqual([...selection.rows], [0, 1]);
  assert.equal(input.batch.errorCode(2), errors.ERROR_RECORD_SERDE_LENGTH);
});
