import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchView } from "../../host/batch/batch-view.ts";
import { type KernelInput, openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { kernelModule } from "../../host/wasm/kernel-module.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { damagedBatches } from "./record-batch-cases.ts";
import { type ReferenceRow, readReference } from "./record-batch-reference.ts";

const COUNT = Number(process.env.FUZZ_COUNT ?? 20_000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const ROWS_MAX = 4; // smaller than some cases: decoding goes on in a second batch

function readRow(batch: BatchView, row: number): ReferenceRow {
  const offset = batch.offset(row);
  const code = batch.errorCode(row);
  if (code !== 0) return { offset, code };
  return {
    offset,
    code,
    record: {
      timestamp: batch.timestampBigint(row),
      key: batch.key(row)?.toString("hex") ?? null,
      value: batch.value(row)?.toString("hex") ?? null,
      headers: Buffer.from(batch.rawHeaders(row)).toString("hex"),
    },
  };
}

function readByKernel(input: KernelInput, bytes: Buffer, fromOffset: bigint): ReferenceRow[] {
  const rows: ReferenceRow[] = [];
  input.load(bytes, fromOffset);
  for (
    let count = input.decode(ROWS_MAX, 0n);
    count > 0;
    count = input.decode(ROWS_MAX, BigInt(rows.length))
  ) {
    const batch = input.batch;
    assert.equal(batch.rows, count);
    let errors = 0;
    for (let row = 0; row < count; row++) {
      assert.equal(batch.position(row), BigInt(rows.length));
      const read = readRow(batch, row);
      if (read.code !== 0) {
        errors++;
        assert.ok(batch.errorAt(row) <= bytes.length, "an error lies within the bytes, or where they end");
      }
      rows.push(read);
    }
    assert.equal(batch.errors, errors);
  }
  return rows;
}

test(`${COUNT} damaged record batches are read as the reference reads them (seed ${SEED})`, () => {
  const random = new SeededRandom(SEED);
  const kernels = openKernelInstance(kernelModule());
  const input = kernels.newInput({ rowsMax: ROWS_MAX, checkCrc: true });
  const seen = { rows: 0, badRows: 0, faults: 0, sound: 0 };
  for (let index = 0; index < COUNT; index++) {
    const bytes = damagedBatches(random);
    const fromOffset = random.chance(0.3) ? BigInt(random.whole(0, 1000)) : 0n;
    const want = readReference(bytes, fromOffset);
    const says = `case ${index} from offset ${fromOffset}: ${bytes.toString("hex")}`;
    assert.deepEqual(readByKernel(input, bytes, fromOffset), want.rows, says);
    const fault = input.fault && { code: input.fault.code, byteAt: input.fault.byteAt };
    assert.deepEqual(fault, want.fault, says);
    seen.rows += want.rows.length;
    seen.badRows += want.rows.filter(({ code }) => code !== 0).length;
    if (want.fault) seen.faults++;
    else seen.sound++;
  }
  input.close();
  assert.equal(kernels.dead, false);
  for (const [kind, count] of Object.entries(seen)) assert.ok(count > COUNT / 100, `${kind}: ${count}`);
});
