import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchBuilder } from "../../host/batch/batch-builder.ts";
import { writeHeaders } from "../../host/batch/headers.ts";
import { descriptorOf } from "../../host/serdes/json/descriptor.ts";
import { layoutOf } from "../../host/serdes/json/layout.ts";
import { MemoryBackend } from "../../host/state/memory-backend.ts";
import { type FieldAt, type KernelInstance, openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { kernelModule } from "../../host/wasm/kernel-module.ts";

const layout = layoutOf({
  type: "object",
  fields: (["i32", "i64", "f64"] as const).map((type) => ({ name: type, value: { type }, optional: true })),
});

interface Row {
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: bigint;
  readonly headers?: Uint8Array;
}

function load(kernels: KernelInstance, rows: readonly Row[]) {
  const builder = new BatchBuilder();
  for (const { key, value, timestamp, headers } of rows) builder.append(key, value, timestamp, headers);
  const batch = kernels.newHostBatch();
  batch.load(builder.finish());
  const selection = kernels.newSelection(rows.length);
  selection.selectAll(batch);
  const decoded = kernels.newRows(rows.length);
  decoded.decodeJson(batch, selection, kernels.place(descriptorOf(layout)));
  return { batch, selection, decoded };
}

const field = (type: "i32" | "i64" | "f64"): FieldAt => ({
  slots: [layout.fields.findIndex(({ name }) => name === type)],
  type,
});

test("a count: keys, aggregates, larger timestamps, headers; rows without key or value change nothing", () => {
  const kernels = openKernelInstance(kernelModule());
  const headers = writeHeaders([{ key: "trace", value: Buffer.from("7") }]);
  const { batch, selection } = load(kernels, [
    { key: "a", value: "{}", timestamp: 5n },
    { key: null, value: "{}", timestamp: 6n },
    { key: "b", value: "{}", timestamp: 7n, headers },
    { key: "a", value: null, timestamp: 8n },
    { key: "a", value: "{}", timestamp: 3n },
  ]);
  const table = kernels.newStateTable({ bytesMax: 1 << 20, cacheBytesMax: 0, source: undefined });
  const count = kernels.newAggregate({ kind: "count", rowsMax: 100 });
  assert.equal(count.run(table, batch, selection, 0), 5);
  assert.equal(count.dropped, 2);
  assert.deepEqual([...count.rowOf], [0, 2, 4]);
  const made = [0, 1, 2].map((record) => [
    count.batch.key(record)!.toString(),
    count.batch.value(record)!.readBigInt64BE(),
    count.batch.timestamp(record),
    Buffer.from(count.batch.rawHeaders(record)).toString("latin1"),
  ]);
  assert.deepEqual(made, [
    ["a", 1n, 5, "\0"],
    ["b", 1n, 7, Buffer.from(headers).toString("latin1")],
    ["a", 2n, 5, "\0"],
  ]);
  const stored = Buffer.from(table.get(Buffer.from("a"))!);
  assert.deepEqual([stored.readBigInt64BE(0), stored.readBigInt64BE(8)], [5n, 2n]);
  table.undoFrom(4);
  assert.equal(Buffer.from(table.get(Buffer.from("a"))!).readBigInt64BE(8), 1n);
  table.undoFrom(0);
  assert.equal(table.entries, 0);
});

test("aggregates of a field: integers wrap as Java's long, null fields change nothing", () => {
  const kernels = openKernelInstance(kernelModule());
  const largest = 2n ** 63n - 1n;
  const values = [
    { i32: -4, i64: `${largest}`, f64: 1.5 },
    { i32: 9, i64: "2", f64: -0.25 },
    {},
    { i32: 2, i64: "-7", f64: 1e300 },
  ];
  const json = values.map(
    (value) =>
      `{${Object.entries(value)
        .map(([name, number]) => `"${name}":${number}`)
        .join(",")}}`,
  );
  const { batch, selection, decoded } = load(
    kernels,
    json.map((value, row) => ({ key: "a", value, timestamp: BigInt(row) })),
  );
  const cases: readonly (readonly [
    "sum" | "min" | "max" | "first" | "last",
    "i32" | "i64" | "f64",
    bigint | number,
  ])[] = [
    ["sum", "i32", 7n],
    ["sum", "i64", BigInt.asIntN(64, largest + 2n - 7n)],
    ["sum", "f64", 1.5 - 0.25 + 1e300],
    ["min", "i32", -4n],
    ["min", "i64", -7n],
    ["min", "f64", -0.25],
    ["max", "i32", 9n],
    ["max", "i64", largest],
    ["max", "f64", 1e300],
    ["first", "i64", largest],
    ["first", "f64", 1.5],
    ["last", "i32", 2n],
    ["last", "f64", 1e300],
  ];
  for (const [kind, type, expected] of cases) {
    const table = kernels.newStateTable({ bytesMax: 1 << 20, cacheBytesMax: 0, source: undefined });
    const aggregate = kernels.newAggregate({ kind, field: field(type), rowsMax: 10 });
    assert.equal(aggregate.run(table, batch, selection, 0, decoded), 4);
    assert.equal(aggregate.dropped, 1);
    assert.equal(aggregate.records, 3);
    const last = aggregate.batch.value(2)!;
    assert.equal(type === "f64" ? last.readDoubleBE() : last.readBigInt64BE(), expected, `${kind} ${type}`);
    aggregate.close();
    table.close();
  }
});

test("a count over a backend equals a fold, with evictions, undone rows and little room", () => {
  const kernels = openKernelInstance(kernelModule());
  const backend = new MemoryBackend();
  const source = { get: (key: Uint8Array) => backend.get("s", key) };
  const table = kernels.newStateTable({ bytesMax: 200_000, cacheBytesMax: 6000, source });
  const count = kernels.newAggregate({ kind: "count", rowsMax: 500 });
  const expected = new Map<string, bigint>();
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
  for (let turn = 0; turn < 60; turn++) {
    const keys = Array.from({ length: 300 }, () => `key ${random(2000)}`);
    const { batch, selection } = load(
      kernels,
      keys.map((key) => ({ key, value: "{}", timestamp: 0n })),
    );
    const undone = 250 + random(51);
    const made: (readonly [row: number, key: string, count: bigint])[] = [];
    for (let done = 0; done < selection.count; ) {
      done = count.run(table, batch, selection, done);
      count.rowOf.forEach((row, record) => {
        made.push([row, count.batch.key(record)!.toString(), count.batch.value(record)!.readBigInt64BE()]);
      });
    }
    table.undoFrom(undone);
    assert.equal(made.length, keys.length);
    const folded = new Map(expected);
    for (const [row, key, value] of made) {
      assert.equal(key, keys[row]);
      folded.set(key, (folded.get(key) ?? 0n) + 1n);
      assert.equal(value, folded.get(key), `turn ${turn}, row ${row}`);
    }
    for (const key of keys.slice(0, undone)) expected.set(key, (expected.get(key) ?? 0n) + 1n);
    table.settle();
    table.cut();
    table.commit();
    backend.commit([{ store: "s", entries: table.unflushed(), position: undefined }]);
    table.flushed();
    assert.ok(table.usedBytes <= 6000, `${table.usedBytes} bytes stay`);
    batch.close();
    selection.close();
  }
  for (const [key, value] of expected) {
    assert.equal(Buffer.from(backend.get("s", Buffer.from(key))!).readBigInt64BE(8), value);
  }
});

test("without room for a row the call ends before it, and goes on once there is", () => {
  const kernels = openKernelInstance(kernelModule());
  const rows = Array.from({ length: 4000 }, (_, row) => ({ key: `key ${row}`, value: "{}", timestamp: 0n }));
  const { batch, selection } = load(kernels, rows);
  const backend = new MemoryBackend();
  const source = { get: (key: Uint8Array) => backend.get("s", key) };
  const table = kernels.newStateTable({ bytesMax: 400_000, cacheBytesMax: 1000, source });
  const count = kernels.newAggregate({ kind: "count", rowsMax: 4000 });
  let refused = 0;
  for (let done = 0; done < rows.length; ) {
    try {
      done = count.run(table, batch, selection, done);
    } catch (error) {
      assert.equal((error as { code?: string }).code, "KERNEL_MEMORY_FULL");
      refused++;
      assert.ok(refused < 100);
      table.settle();
      table.cut();
      table.commit();
      backend.commit([{ store: "s", entries: table.unflushed(), position: undefined }]);
      table.flushed();
    }
  }
  assert.ok(refused > 0);
  table.settle();
  table.cut();
  table.commit();
  backend.commit([{ store: "s", entries: table.unflushed(), position: undefined }]);
  assert.equal(backend.size("s"), rows.length);
});
