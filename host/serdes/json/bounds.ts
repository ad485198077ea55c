import { KIND_ARRAY, KIND_OBJECT } from "../../../kernels/abi/json-descriptor.ts";
import { isConstant } from "../../topology/expression.ts";
import type { ProjectedField } from "../../topology/serde.ts";
import { encodeValue } from "./encode-value.ts";
import type { TableLayout } from "./layout.ts";

/** Upper bounds that a kernel works out with one multiplication: fixed bytes, and bytes for each byte put in. */
export interface BoundFactors {
  /** Of a row, by bytes of its JSON. */
  readonly rowFixed: number;
  readonly rowFactor: number;
  /** Of a row's JSON, by bytes of the row. */
  readonly textFixed: number;
  readonly textFactor: number;
}

/** What SIMD stores may overwrite behind the end, in bytes. */
const OVERWRITTEN = 64;
/** A string takes at most 8 bytes more than its content, and has at least 6 bytes of JSON more (`"":"",`). */
const ROW_BYTES_PER_TEXT_BYTE = 2;
/** A vector takes at most 11 bytes for its `[]`, an element of a scalar or a string 12 for its 3 bytes of JSON. */
const ROW_BYTES_PER_ARRAY_BYTE = 6;
/** A control character becomes \u00XX; `false,` comes from one byte. */
const TEXT_BYTES_PER_ROW_BYTE = 6;
/** `null` for a field that is absent, with its comma. */
const NULL_BYTES = 5;
/** NUMBER_BYTES_MAX of kernels/serdes/json/number-encode.ts: a computed number takes nothing from the row. */
const NUMBER_BYTES = 25;

/** @param outputs what encoding writes of the root instead of its own fields. */
export function sizesOf(
  root: TableLayout,
  tables: readonly TableLayout[],
  outputs: readonly ProjectedField[] | undefined,
): BoundFactors {
  const inner = tables.filter((table) => table !== root);
  const arrays = tables.some((table) => table.fields.some((field) => field.kind === KIND_ARRAY));
  const perTable = inner.map((table) => Math.ceil((tableBytes(table) + 4) / jsonBytesMin(table)));
  const repeats = timesTaken(outputs ?? []);
  return {
    // an object that turns out to lack a field is written before it is refused: one of each type, at most
    rowFixed: tables.reduce((sum, table) => sum + tableBytes(table), OVERWRITTEN),
    rowFactor: Math.max(ROW_BYTES_PER_TEXT_BYTE, arrays ? ROW_BYTES_PER_ARRAY_BYTE : 0, ...perTable) + 1,
    textFixed: nameBytes(outputs ?? root.fields) + madeBytes(outputs ?? []) + OVERWRITTEN,
    textFactor:
      repeats *
      (TEXT_BYTES_PER_ROW_BYTE +
        Math.max(0, ...inner.map((table) => Math.ceil(nameBytes(table.fields) / table.bytes)))),
  };
}

/** With a vtable of its own and alignment. */
function tableBytes(table: TableLayout): number {
  return table.bytes + table.vtableBytes + 8;
}

/** Bytes of JSON that belong to one table and to nothing within it: braces, commas, names of required fields. */
function jsonBytesMin(table: TableLayout): number {
  if (table.box) {
    const kind = table.fields[0]!.kind;
    return kind === KIND_OBJECT || kind === KIND_ARRAY ? 1 : 2;
  }
  const required = table.fields.filter((field) => !field.optional);
  return (
    required.reduce((sum, { name }) => sum + Buffer.byteLength(name) + 4, 2) - (required.length > 0 ? 1 : 0)
  );
}

/** Bytes of JSON for the names, quotes, commas and nulls of an object. */
function nameBytes(fields: readonly { readonly name: string }[]): number {
  return fields.reduce((sum, { name }) => sum + Buffer.byteLength(JSON.stringify(name)) + 4 + NULL_BYTES, 2);
}

/** Bytes of JSON of what is no field of the row: constants, and what is computed. */
function madeBytes(outputs: readonly ProjectedField[]): number {
  return outputs.reduce((sum, { from }) => {
    if (typeof from === "string") return sum;
    return sum + (isConstant(from) ? Buffer.byteLength(encodeValue(from.constant)!) : NUMBER_BYTES);
  }, 0);
}

/** How often the field is taken as it is that is taken most often. */
function timesTaken(outputs: readonly ProjectedField[]): number {
  const times = new Map<string, number>();
  for (const { from } of outputs) {
    if (typeof from === "string") times.set(from, (times.get(from) ?? 0) + 1);
  }
  return Math.max(1, ...times.values());
}
