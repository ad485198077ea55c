import {
  JSON_FIELDS_MAX,
  JSON_SCHEMA_DEPTH_MAX,
  JSON_TABLES_MAX,
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
import { PeridotError } from "../../errors.ts";
import type { ElementSchema, FieldSchema, ObjectSchema, ValueSchema } from "./value-schema.ts";

/**
 * A FlatBuffers table type: where each field stands.
 *
 *     0         4
 *     +---------+--------------------------+--------------------------+---------------------------+
 *     | soffset | i64, f64 (at 8, 16 ...)  | i32, offsets (4 bytes)   | booleans, null marks      |
 *     +---------+--------------------------+--------------------------+---------------------------+
 *
 * One 4-byte field stands at 4 where there are 8-byte ones. The fixed part is a multiple of 4 bytes.
 */
export interface TableLayout {
  /** In the .fbs. */
  readonly typeName: string;
  readonly fields: readonly FieldLayout[];
  /** Of the fixed part. */
  readonly bytes: number;
  readonly vtableBytes: number;
  /** More than 64 presence bits: see TABLE_IS_WIDE. */
  readonly wide: boolean;
  readonly strict: boolean;
  /** One field, `value`, that stands for the JSON value itself. */
  readonly box: boolean;
}

export interface FieldLayout {
  readonly name: string;
  readonly kind: number;
  /** Bytes from the table's start. */
  readonly place: number;
  /** Byte position of its vtable entry: 4 + 2 * field id. */
  readonly slot: number;
  readonly optional: boolean;
  readonly nullable: boolean;
  /** A bool that tells null from absent, for what may be both. */
  readonly nullMark: { readonly place: number; readonly slot: number } | undefined;
  readonly schema: ValueSchema;
  /** The table of an object or a box. */
  readonly table: TableLayout | undefined;
  readonly element: ElementLayout | undefined;
}

export interface ElementLayout {
  readonly kind: number;
  /** Bytes of one element in the vector. */
  readonly stride: number;
  readonly schema: ValueSchema;
  readonly table: TableLayout | undefined;
}

const KINDS = {
  string: KIND_STRING,
  i64: KIND_I64,
  f64: KIND_F64,
  boolean: KIND_BOOL,
  i32: KIND_I32,
  object: KIND_OBJECT,
  array: KIND_ARRAY,
  raw: KIND_RAW,
} as const satisfies Record<ValueSchema["type"], number>;

/** Bytes of a value where it stands: in a table's fixed part, or in a vector. */
function widthOf(kind: number): 1 | 4 | 8 {
  if (kind === KIND_I64 || kind === KIND_F64) return 8;
  return kind === KIND_BOOL ? 1 : 4;
}

/**
 * Lays out the tables of a value: that of an object, else a box.
 *
 * @param typeName of the root table in the .fbs; the types within take theirs from it and from field names.
 * @throws PeridotError CONFIG_INVALID: the schema goes beyond the kernels' bounds.
 */
export function layoutOf(schema: ValueSchema, typeName = "Row"): TableLayout {
  const names = new Set<string>(["Rows"]);
  const root =
    schema.type === "object"
      ? objectLayout(schema, typeName, names, 1)
      : boxLayout({ value: schema }, typeName, names, 1);
  if (names.size > JSON_TABLES_MAX) throw beyond(`has more than ${JSON_TABLES_MAX} object types`);
  return root;
}

function objectLayout(schema: ObjectSchema, wanted: string, names: Set<string>, depth: number): TableLayout {
  checkBounds(schema, depth);
  const typeName = freeName(wanted, names);
  return tableLayout(typeName, schema.fields, { strict: schema.strict ?? false, box: false }, names, depth);
}

function boxLayout(element: ElementSchema, wanted: string, names: Set<string>, depth: number): TableLayout {
  if (depth > JSON_SCHEMA_DEPTH_MAX) throw beyond(`nests deeper than ${JSON_SCHEMA_DEPTH_MAX} types`);
  const typeName = freeName(wanted, names);
  const field = { name: "value", value: element.value, nullable: element.nullable ?? false };
  return tableLayout(typeName, [field], { strict: false, box: true }, names, depth);
}

function checkBounds(schema: ObjectSchema, depth: number): void {
  if (depth > JSON_SCHEMA_DEPTH_MAX) throw beyond(`nests deeper than ${JSON_SCHEMA_DEPTH_MAX} types`);
  if (schema.fields.length > JSON_FIELDS_MAX)
    throw beyond(`has an object of more than ${JSON_FIELDS_MAX} fields`);
  if (new Set(schema.fields.map((field) => field.name)).size !== schema.fields.length) {
    throw beyond("has two fields of one name");
  }
}

function beyond(problem: string): PeridotError {
  const remedy = "Make it smaller, or use json<T>() without a schema";
  return new PeridotError("CONFIG_INVALID", { option: "json(schema)", problem, remedy });
}

function tableLayout(
  typeName: string,
  fields: readonly FieldSchema[],
  { strict, box }: { readonly strict: boolean; readonly box: boolean },
  names: Set<string>,
  depth: number,
): TableLayout {
  const bits = fields.reduce((sum, field) => sum + (field.nullable ? 2 : 1), 0);
  const wide = bits > 64;
  const marked = (field: FieldSchema) =>
    !box && field.nullable === true && (field.optional === true || wide) && field.value.type !== "raw";
  const kinds = fields.map((field) => KINDS[field.value.type]);
  const places = placesOf(kinds, fields.map(marked));
  const layouts = fields.map((field, index): FieldLayout => {
    const inner = `${typeName}_${identifier(field.name)}`;
    const element =
      field.value.type === "array" ? elementLayout(field.value.element, inner, names, depth + 1) : undefined;
    return {
      name: field.name,
      kind: kinds[index]!,
      place: places.values[index]!,
      slot: 4 + 2 * index,
      optional: field.optional ?? false,
      nullable: field.nullable ?? false,
      nullMark: places.marks[index],
      schema: field.value,
      table: field.value.type === "object" ? objectLayout(field.value, inner, names, depth + 1) : undefined,
      element,
    };
  });
  const slots = fields.length + places.marks.filter((mark) => mark !== undefined).length;
  return {
    typeName,
    fields: layouts,
    bytes: places.bytes,
    vtableBytes: (4 + 2 * slots + 3) & ~3,
    wide,
    strict,
    box,
  };
}

function elementLayout(
  element: ElementSchema,
  wanted: string,
  names: Set<string>,
  depth: number,
): ElementLayout {
  if (element.nullable || element.value.type === "array") {
    const table = boxLayout(element, `${wanted}_Box`, names, depth);
    return { kind: KIND_BOX, stride: 4, schema: element.value, table };
  }
  const kind = KINDS[element.value.type];
  const table =
    element.value.type === "object" ? objectLayout(element.value, wanted, names, depth) : undefined;
  return { kind, stride: widthOf(kind), schema: element.value, table };
}

/** Where each value and each null mark stands; slots of marks follow those of the fields. */
function placesOf(kinds: readonly number[], marked: readonly boolean[]) {
  const values: number[] = new Array(kinds.length).fill(0);
  let next = 4;
  const widest = kinds.map(widthOf);
  if (widest.includes(8)) {
    const four = widest.indexOf(4);
    if (four >= 0) values[four] = 4;
    next = 8;
  }
  for (const width of [8, 4, 1] as const) {
    for (let index = 0; index < kinds.length; index++) {
      if (widest[index] !== width || values[index] !== 0) continue;
      values[index] = next;
      next += width;
    }
  }
  let slot = 4 + 2 * kinds.length;
  const marks = marked.map((has) => {
    if (!has) return undefined;
    const mark = { place: next++, slot };
    slot += 2;
    return mark;
  });
  const bytes = (next + 3) & ~3;
  assert(bytes <= 0xffff, "a table's fixed part is at most 65535 bytes");
  return { values, marks, bytes };
}

/** Letters, digits and underscores, for the .fbs. */
export function identifier(name: string): string {
  const clean = name.replace(/[^A-Za-z0-9_]/g, "_");
  return /^[A-Za-z]/.test(clean) ? clean : `f_${clean}`;
}

function freeName(wanted: string, names: Set<string>): string {
  let name = wanted;
  for (let count = 2; names.has(name); count++) name = `${wanted}_${count}`;
  names.add(name);
  return name;
}
