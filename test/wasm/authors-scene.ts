import { descriptorOf } from "../../host/serdes/json/descriptor.ts";
import { layoutOf } from "../../host/serdes/json/layout.ts";
import type { WasmModule } from "../../host/wasm/web-assembly.ts";
import { instanceOf, type Ran, runKernel, type Written } from "../kernels/user-modules.ts";

const layout = layoutOf({
  type: "object",
  fields: [
    { name: "name", value: { type: "string" } },
    { name: "price", value: { type: "f64" }, optional: true },
    { name: "count", value: { type: "i64" } },
    { name: "small", value: { type: "i32" } },
    { name: "paid", value: { type: "boolean" }, nullable: true },
    {
      name: "address",
      value: { type: "object", fields: [{ name: "city", value: { type: "string" }, optional: true }] },
      optional: true,
    },
    { name: "tags", value: { type: "array", element: { value: { type: "string" } } }, optional: true },
    { name: "extra", value: { type: "raw" }, optional: true },
  ],
});

/** A kernel over records, in an instance of its own. */
export function runAuthors(
  module: WasmModule,
  kernel: string,
  records: readonly Written[],
  batchRows?: number,
): Ran {
  const kernels = instanceOf(module);
  const user = kernels.newUserKernel({
    kernel,
    rowsMax: Math.max(1, records.length),
    fuelPerRow: 1e8,
  });
  return runKernel(kernels, user, records, batchRows);
}

/** The same with JSON values as rows. */
export function runRows(
  module: WasmModule,
  kernel: string,
  records: readonly Written[],
  batchRows?: number,
): Ran {
  const kernels = instanceOf(module);
  const user = kernels.newUserKernel({ kernel, rowsMax: records.length });
  const rows = kernels.newRows(records.length);
  const descriptor = kernels.place(descriptorOf(layout));
  return runKernel(kernels, user, records, batchRows, (batch, selection) => {
    rows.decodeJson(batch, selection, descriptor);
    return { rows, descriptor };
  });
}
