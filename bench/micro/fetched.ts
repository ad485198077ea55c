import { BatchBuilder } from "../../host/batch/batch-builder.ts";
import { openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { kernelModule } from "../../host/wasm/kernel-module.ts";
import { Addresses } from "../lib/addresses.ts";

/** Makes keys and values, one record after the other. */
interface Input {
  next(): { readonly key: string; readonly value: string };
}

/** Records as fetches give them: record batches of `batchRows` records each, `rows` records in all. */
export function fetchedBatches(rows: number, batchRows: number, input: Input = new Addresses()): Buffer[] {
  const kernels = openKernelInstance(kernelModule());
  const sink = kernels.newSink({ partitions: 1, batchRecordsMax: batchRows });
  const form = kernels.newForm({ key: { from: "batch" }, value: { from: "batch" } });
  const selection = kernels.newSelection(batchRows);
  const batch = kernels.newHostBatch();
  const builder = new BatchBuilder();
  const fetched: Buffer[] = [];
  for (let done = 0; done < rows; done += batchRows) {
    for (let row = 0; row < batchRows; row++) {
      const { key, value } = input.next();
      builder.append(key, value, 1_700_000_000_000n + BigInt(done + row));
    }
    batch.load(builder.finish());
    selection.selectAll(batch);
    sink.append(batch, selection, form);
    sink.seal();
    for (let sealed = sink.take(); sealed; sealed = sink.take()) fetched.push(Buffer.from(sealed.bytes));
  }
  return fetched;
}
