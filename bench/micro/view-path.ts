import { BatchBuilder } from "../../host/batch/batch-builder.ts";
import { descriptorOf } from "../../host/serdes/json/descriptor.ts";
import { encodeValue } from "../../host/serdes/json/encode-value.ts";
import { rowReaderOf } from "../../host/serdes/json/row-view.ts";
import { openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { kernelModule } from "../../host/wasm/kernel-module.ts";
import { ADDRESS_LAYOUT, drain } from "./kernel-path.ts";
import { FLUSH_BYTES, lowerCase, PARTITIONS, type Path } from "./path.ts";

/** The main job with a user's function in the middle: kernels before and after, a row view and an object between. */
export function viewPath(rowsMax: number): Path {
  const kernels = openKernelInstance(kernelModule());
  const descriptor = kernels.place(descriptorOf(ADDRESS_LAYOUT));
  const read = rowReaderOf(ADDRESS_LAYOUT);
  const input = kernels.newInput({ rowsMax, checkCrc: true });
  const selection = kernels.newSelection(rowsMax);
  const rows = kernels.newRows(rowsMax);
  const builder = new BatchBuilder();
  const made = kernels.newHostBatch();
  const madeRows = kernels.newSelection(rowsMax);
  const form = kernels.newForm({ key: { from: "batch" }, value: { from: "batch" } });
  const sink = kernels.newSink({ partitions: PARTITIONS });
  let finished = 0;

  function mapRows(): void {
    const { batch } = input;
    const memory = {
      memory: kernels.memory,
      addressOf: rows.addressOf,
      bufferAddress: rows.bufferAddress,
      byteLength: rows.byteLength,
      ascii: rows.ascii,
      version: rows.version,
    };
    for (const row of selection.rows) {
      const value = lowerCase(read(memory, row) as Parameters<typeof lowerCase>[0]);
      builder.appendValue(batch, row, encodeValue(value)!);
    }
  }

  return {
    push(fetched) {
      let records = 0;
      input.load(fetched, 0n);
      while (input.decode(rowsMax, 0n) > 0) {
        selection.selectAll(input);
        rows.decodeJson(input, selection, descriptor);
        mapRows();
        made.load(builder.finish());
        madeRows.selectAll(made);
        records += sink.append(made, madeRows, form);
      }
      if (sink.pendingBytes >= FLUSH_BYTES) finished += drain(sink);
      return records;
    },
    flush() {
      const bytes = finished + drain(sink);
      finished = 0;
      return bytes;
    },
  };
}
