import type { ProjectedField, RowField, RowType } from "../topology/serde.ts";
import { descriptorOf } from "./json/descriptor.ts";
import { layoutOf } from "./json/layout.ts";
import { rowReaderOf } from "./json/row-view.ts";
import type { ValueSchema } from "./json/value-schema.ts";

/** Bytes of a vtable before its first entry, and of an entry. */
const VTABLE_LEAD = 4;
const VTABLE_ENTRY = 2;

/** What the topology and the runtime must know of values of this shape. */
export function rowTypeOf(schema: ValueSchema): RowType {
  const layout = layoutOf(schema);
  const fields = layout.box
    ? []
    : layout.fields.map(({ name, slot, schema }): RowField => {
        const type = schema.type === "boolean" ? "bool" : schema.type;
        return { name, type, slot: (slot - VTABLE_LEAD) / VTABLE_ENTRY };
      });
  return Object.freeze({
    fields,
    descriptor: descriptorOf(layout),
    encodeDescriptor: (projection: readonly ProjectedField[] | undefined) => descriptorOf(layout, projection),
    view: rowReaderOf(layout),
  });
}
