import { descriptorOf } from "../../host/serdes/json/descriptor.ts";
import { layoutOf } from "../../host/serdes/json/layout.ts";
import { type KernelSink, openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { kernelModule } from "../../host/wasm/kernel-module.ts";
import { LOWER_CASE } from "../apps/address.ts";
import { FLUSH_BYTES, PARTITIONS, type Path } from "./path.ts";

export const ADDRESS_LAYOUT = layoutOf({
  type: "object",
  fields: ["Address", "City", "State", "Postcode"].map((name) => ({ name, value: { type: "string" } })),
});

/** The main job in kernels: decode with CRC check, JSON to rows, rows to JSON, murmur2, append, CRC. */
export function kernelPath(rowsMax: number): Path {
  const kernels = openKernelInstance(kernelModule());
  const outputs = Object.entries(LOWER_CASE).map(([name, from]) => ({ name, from }));
  const descriptor = kernels.place(descriptorOf(ADDRESS_LAYOUT, outputs));
  const input = kernels.newInput({ rowsMax, checkCrc: true });
  const selection = kernels.newSelection(rowsMax);
  const rows = kernels.newRows(rowsMax);
  const form = kernels.newForm({ key: { from: "batch" }, value: { from: "json", descriptor } });
  const sink = kernels.newSink({ partitions: PARTITIONS });
  let finished = 0;
  return {
    push(fetched) {
      let records = 0;
      input.load(fetched, 0n);
      while (input.decode(rowsMax, 0n) > 0) {
        selection.selectAll(input);
        rows.decodeJson(input, selection, descriptor);
        records += sink.append(input, selection, form, rows);
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

/** Seals, takes and gives back everything. @returns its bytes. */
export function drain(sink: KernelSink): number {
  let bytes = 0;
  sink.seal();
  for (let sealed = sink.take(); sealed; sealed = sink.take()) {
    bytes += sealed.bytes.length;
    sealed.release();
  }
  return bytes;
}
