import {
  KIND_ARRAY,
  KIND_BOOL,
  KIND_BOX,
  KIND_F64,
  KIND_I32,
  KIND_I64,
  KIND_OBJECT,
  KIND_RAW,
  KIND_STRING,
} from "../../../kernels/abi/json-descriptor.ts";
import { assert } from "../../assert.ts";
import { tablesOf } from "./descriptor.ts";
import { type FieldLayout, identifier, type TableLayout } from "./layout.ts";

/**
 * The FlatBuffers schema of decoded rows, as text: with it any FlatBuffers library reads a batch's Rows buffer
 * (kernels/abi/rows.ts). Names that FlatBuffers does not allow are changed; the field ids are what counts. Strings
 * with lone surrogates, which JSON can escape, hold bytes that are not UTF-8.
 */
export function fbsOf(root: TableLayout): string {
  const rows = `table Rows {
  rows:[${root.typeName}] (id: 0);
  /// The row of the Batch that each of \`rows\` belongs to.
  row:[uint] (id: 1);
}
`;
  const tables = tablesOf(root).map(tableText);
  return `${tables.join("\n")}\n${rows}\nroot_type Rows;\nfile_identifier "PDTR";\n`;
}

function tableText(table: TableLayout): string {
  const names = new Set<string>();
  const lines = table.fields.map((field) => {
    const name = unique(identifier(field.name), names);
    return `${comment(field)}  ${name}:${typeOf(field)} (id: ${idOf(field.slot)});\n`;
  });
  const marks = table.fields.flatMap((field) =>
    field.nullMark
      ? [`  ${unique(`${identifier(field.name)}_is_null`, names)}:bool (id: ${idOf(field.nullMark.slot)});\n`]
      : [],
  );
  return `table ${table.typeName} {\n${lines.join("")}${marks.join("")}}\n`;
}

function idOf(slot: number): number {
  return (slot - 4) / 2;
}

function comment(field: FieldLayout): string {
  const facts = [
    identifier(field.name) === field.name ? "" : `JSON name: ${JSON.stringify(field.name)}.`,
    field.kind === KIND_RAW ? "JSON text." : "",
    field.nullable && !field.nullMark ? "Absent: null." : "",
  ].filter((fact) => fact !== "");
  return facts.length === 0 ? "" : `  /// ${facts.join(" ")}\n`;
}

function typeOf(field: FieldLayout): string {
  if (field.kind !== KIND_ARRAY) return simpleType(field.kind, field.table);
  return `[${simpleType(field.element!.kind, field.element!.table)}]`;
}

function simpleType(kind: number, table: TableLayout | undefined): string {
  switch (kind) {
    case KIND_STRING:
    case KIND_RAW:
      return "string";
    case KIND_I64:
      return "long";
    case KIND_F64:
      return "double";
    case KIND_I32:
      return "int";
    case KIND_BOOL:
      return "bool";
    default:
      assert(kind === KIND_OBJECT || kind === KIND_BOX, "a field of a known kind");
      return table!.typeName;
  }
}

function unique(wanted: string, names: Set<string>): string {
  let name = wanted;
  for (let count = 2; names.has(name); count++) name = `${wanted}_${count}`;
  names.add(name);
  return name;
}
