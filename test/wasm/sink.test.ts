import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BatchBuilder } from "../../host/batch/batch-builder.ts";
import { writeHeaders } from "../../host/batch/headers.ts";
import {
  type HostBatch,
  type KernelInstance,
  type KernelSelection,
  type KernelSink,
  openKernelInstance,
} from "../../host/wasm/kernel-instance.ts";
import { kernelModule } from "../../host/wasm/kernel-module.ts";
import * as errors from "../../kernels/abi/errors.ts";
import { type ReadRecord, readRecordBatches } from "../batch/record-batch-reader.ts";

interface Row {
  readonly key: Uint8Array | string | null;
  readonly value?: Uint8Array | string | null;
  readonly timestamp?: bigint;
  readonly headers?: Uint8Array;
}

function load(
  kernels: KernelInstance,
  rows: readonly Row[],
): { batch: HostBatch; selection: KernelSelection } {
  const builder = new BatchBuilder();
  for (const { key, value = "v", timestamp = 0n, headers } of rows)
    builder.append(key, value, timestamp, headers);
  const batch = kernels.newHostBatch();
  batch.load(builder.finish());
  const selection = kernels.newSelection(Math.max(1, rows.length));
  selection.selectAll(batch);
  return { batch, selection };
}

/** The records by partition, in order, and how many batches they came in. */
function takeAll(sink: KernelSink, partitions: number): { records: ReadRecord[][]; batches: number } {
  const records: ReadRecord[][] = Array.from({ length: partitions }, () => []);
  let batches = 0;
  for (let sealed = sink.take(); sealed; sealed = sink.take(), batches++) {
    const [read, ...rest] = readRecordBatches(sealed.bytes);
    assert.equal(rest.length, 0);
    assert.equal(read?.records.length, sealed.records);
    assert.equal(read?.header.producerId, -1n);
    assert.equal(read?.header.lastOffsetDelta, sealed.records - 1);
    records[sealed.partition]?.push(...(read?.records ?? []));
    sealed.release();
  }
  return { records, batches };
}

const kernels = openKernelInstance(kernelModule());
const passThrough = kernels.newForm({ key: { from: "batch" }, value: { from: "batch" } });

test("keys, values, headers and timestamps go through unchanged", () => {
  const headers = writeHeaders([
    { key: "trace", value: Buffer.from("1") },
    { key: "none", value: null },
  ]);
  const long = "x".repeat(20_000);
  const rows: Row[] = [
    { key: "a", value: "1", timestamp: 1_700_000_000_000n, headers },
    { key: null, value: null, timestamp: -1n },
    { key: "", value: "", timestamp: 2_000_000_000_000n },
    { key: "b", value: long, timestamp: 0n },
  ];
  const { batch, selection } = load(kernels, rows);
  const sink = kernels.newSink({ partitions: 1 });
  assert.equal(sink.append(batch, selection, passThrough), 4);
  sink.seal();
  const sealed = sink.take()!;
  const [read] = readRecordBatches(sealed.bytes);
  assert.equal(read?.header.maxTimestamp, 2_000_000_000_000n);
  assert.deepEqual(
    read?.records.map(({ key, value, timestamp }) => [
      key?.toString() ?? null,
      value?.toString() ?? null,
      timestamp,
    ]),
    rows.map(({ key, value, timestamp }) => [key, value, timestamp]),
  );
  assert.deepEqual(read?.records[0]?.headers, [
    { key: "trace", value: Buffer.from("1") },
    { key: "none", value: null },
  ]);
});

test("murmur2 chooses partitions as Kafka's default partitioner does", () => {
  const golden = JSON.parse(
    readFileSync(new URL("../golden/bytes/partitioner.json", import.meta.url), "utf8"),
  ) as { partitionCounts: number[]; cases: { key: string; partitions: number[] }[] };
  const { batch, selection } = load(
    kernels,
    golden.cases.map(({ key }, index) => ({ key: Buffer.from(key, "hex"), value: String(index) })),
  );
  golden.partitionCounts.forEach((partitions, column) => {
    const sink = kernels.newSink({ partitions });
    sink.append(batch, selection, passThrough);
    sink.seal();
    takeAll(sink, partitions).records.forEach((records, partition) => {
      for (const { value } of records) {
        assert.equal(golden.cases[Number(value)]?.partitions[column], partition);
      }
    });
    sink.close();
  });
});

test("rows without key stay with one partition until its batch is sealed", () => {
  const { batch, selection } = load(
    kernels,
    Array.from({ length: 6 }, () => ({ key: null })),
  );
  const sink = kernels.newSink({ partitions: 3, batchRecordsMax: 4 });
  sink.append(batch, selection, passThrough);
  sink.seal();
  assert.deepEqual(
    takeAll(sink, 3).records.map(({ length }) => length),
    [4, 2, 0],
  );
  sink.append(batch, selection, passThrough);
  sink.seal();
  assert.deepEqual(
    takeAll(sink, 3).records.map(({ length }) => length),
    [2, 0, 4],
  );
});

test("a partition that the host names goes before the key", () => {
  const { batch, selection } = load(kernels, [{ key: "a" }, { key: "b" }, { key: null }]);
  const sink = kernels.newSink({ partitions: 5 });
  sink.append(batch, selection, passThrough, undefined, Int32Array.of(4, 2, -1));
  sink.seal();
  const { records } = takeAll(sink, 5);
  assert.deepEqual(
    records.map((of) => of.map(({ key }) => key?.toString() ?? null)),
    [[null], [], ["b"], [], ["a"]],
  );
});

test("only what is selected is appended, in its order", () => {
  const { batch, selection } = load(
    kernels,
    Array.from({ length: 10 }, (_, row) => ({ key: `k${row}` })),
  );
  selection.selectRows([1, 4, 9]);
  const sink = kernels.newSink({ partitions: 1 });
  assert.equal(sink.append(batch, selection, passThrough), 3);
  sink.seal();
  assert.deepEqual(
    takeAll(sink, 1).records[0]?.map(({ key }) => key?.toString()),
    ["k1", "k4", "k9"],
  );
});

test("batches are sealed before they pass their bounds, and lose no record", () => {
  const rows = Array.from({ length: 2000 }, (_, row) => ({
    key: `k${row}`,
    value: "v".repeat(row % 700),
    timestamp: BigInt(row),
  }));
  const { batch, selection } = load(kernels, rows);
  const sink = kernels.newSink({ partitions: 3, batchBytesMax: 20_000, batchRecordsMax: 100 });
  assert.equal(sink.append(batch, selection, passThrough), 2000);
  sink.seal();
  let bytes = sink.pendingBytes;
  let records = 0;
  for (let sealed = sink.take(); sealed; sealed = sink.take()) {
    assert.ok(sealed.bytes.length <= 20_000 && sealed.records <= 100);
    bytes -= sealed.bytes.length;
    records += sealed.records;
    for (const { key, value, timestamp } of readRecordBatches(sealed.bytes)[0]?.records ?? []) {
      const row = Number(key?.toString().slice(1));
      assert.equal(value?.length, row % 700);
      assert.equal(timestamp, BigInt(row));
    }
    sealed.release();
  }
  assert.equal(records, 2000);
  assert.equal(bytes, 0);
  assert.equal(sink.pendingBytes, 0);
});

test("a record larger than recordBytesMax is refused, its neighbours are not", () => {
  const { batch, selection } = load(kernels, [
    { key: "a" },
    { key: "b", value: "x".repeat(3000) },
    { key: "c" },
  ]);
  const sink = kernels.newSink({ partitions: 1, recordBytesMax: 2000, batchBytesMax: 1000 });
  assert.equal(sink.append(batch, selection, passThrough), 2);
  assert.equal(batch.batch.errors, 1);
  assert.equal(batch.batch.errorCode(1), errors.ERROR_RECORD_TOO_LARGE);
  sink.seal();
  assert.equal(takeAll(sink, 1).records[0]?.length, 2);
});

test("a record without key is refused where keys are required, its neighbours are not", () => {
  const { batch, selection } = load(kernels, [{ key: "a" }, { key: null, value: "b" }, { key: "" }]);
  const sink = kernels.newSink({ partitions: 3, keysRequired: true });
  assert.equal(sink.append(batch, selection, passThrough), 2);
  assert.deepEqual(batch.batch.takeError(1), { code: errors.ERROR_RECORD_KEY_MISSING, at: 0 });
  assert.equal(batch.batch.takeError(1), undefined);
  sink.seal();
  assert.equal(takeAll(sink, 3).records.flat().length, 2);
});

test("drop forgets what is open and what is finished", () => {
  const { batch, selection } = load(
    kernels,
    Array.from({ length: 50 }, (_, row) => ({ key: `k${row}` })),
  );
  const sink = kernels.newSink({ partitions: 4, batchRecordsMax: 5 });
  sink.append(batch, selection, passThrough);
  sink.drop();
  assert.equal(sink.pendingBytes, 0);
  sink.seal();
  assert.equal(sink.take(), undefined);
  sink.append(batch, selection, passThrough);
  sink.seal();
  assert.equal(takeAll(sink, 4).records.flat().length, 50);
});

test("finished batches leave linear memory when it is full, and come out in order", () => {
  const small = openKernelInstance(kernelModule(), { memoryBytesMax: 8 * 1024 * 1024 });
  const form = small.newForm({ key: { from: "batch" }, value: { from: "batch" } });
  const { batch, selection } = load(
    small,
    Array.from({ length: 100 }, (_, row) => ({ key: `k${row}`, value: "v".repeat(5000) })),
  );
  const sink = small.newSink({ partitions: 2 });
  for (let round = 0; round < 40; round++) assert.equal(sink.append(batch, selection, form), 100);
  assert.ok(small.memoryBytes <= 8 * 1024 * 1024);
  assert.ok(sink.pendingBytes > 20_000_000);
  sink.seal();
  const { records } = takeAll(sink, 2);
  assert.equal(records.flat().length, 4000);
  for (const of of records) {
    const keys = of.map(({ key }) => key?.toString());
    const firstRound = keys.slice(0, keys.length / 40);
    assert.deepEqual(keys, Array.from({ length: 40 }, () => firstRound).flat());
  }
});

test("what does not fit in bounded memory is an error, not a trap", () => {
  const small = openKernelInstance(kernelModule(), { memoryBytesMax: 4 * 1024 * 1024 });
  const input = small.newInput({ rowsMax: 10, checkCrc: true });
  assert.throws(() => input.load(Buffer.alloc(6_000_000), 0n), { code: "KERNEL_MEMORY_FULL" });
  assert.equal(small.dead, false);
  input.load(Buffer.alloc(100), 0n);
  assert.equal(input.decode(10, 0n), 0);
});

test("memory does not grow over a long run of batches of all sizes", () => {
  const one = openKernelInstance(kernelModule());
  const form = one.newForm({ key: { from: "batch" }, value: { from: "batch" } });
  const sink = one.newSink({ partitions: 3, batchBytesMax: 50_000 });
  let peak = 0;
  for (let round = 0; round < 600; round++) {
    const count = 1 + ((round * 37) % 200);
    const { batch, selection } = load(
      one,
      Array.from({ length: count }, (_, row) => ({ key: `k${row}`, value: "v".repeat((row * round) % 900) })),
    );
    sink.append(batch, selection, form);
    if (round % 5 === 4) sink.seal();
    if (round % 7 === 6) sink.drop();
    takeAll(sink, 3);
    batch.close();
    selection.close();
    if (round === 300) peak = one.memoryBytes;
  }
  assert.equal(one.memoryBytes, peak);
});
