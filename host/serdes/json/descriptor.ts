import * as abi from "../../../kernels/abi/json-descriptor.ts";
import { assert } from "../../assert.ts";
import { isArithmetic, isConstant } from "../../topology/expression.ts";
import type { ProjectedField } from "../../topology/serde.ts";
import { type BoundFactors, sizesOf } from "./bounds.ts";
import { encodeValue } from "./encode-value.ts";
import { type ExpressionBytes, expressionBytes } from "./expression-bytes.ts";
import type { ElementLayout, FieldLayout, TableLayout } from "./layout.ts";

const encoder = new TextEncoder();
/** SIMD loads read a name's bytes 16 at a time. */
const NAME_PADDING = 32;

/**
 * The bytes of a JSON descriptor (kernels/abi/json-descriptor.ts), to be placed in linear memory at an address
 * divisible by 16.
 *
 * @param root the value's layout.
 * @param outputs what encoding writes of the root, in this order; as decoded, where it is left out. Decoding and
 * the layout do not depend on it.
 */
export function descriptorOf(root: TableLayout, outputs?: readonly ProjectedField[]): Uint8Array {
  return new DescriptorWriter(root, outputs).bytes();
}

/** Everything of one table type that gets a place in the descriptor. */
interface Placed {
  readonly layout: TableLayout;
  readonly at: number;
  readonly fieldsAt: number;
  readonly vtableAt: number;
  readonly outputsAt: number;
  readonly outputs: readonly ProjectedField[];
}

class DescriptorWriter {
  readonly #placed = new Map<TableLayout, Placed>();
  readonly #elements = new Map<FieldLayout, number>();
  readonly #expressions = new Map<ProjectedField, ExpressionBytes & { readonly at: number }>();
  readonly #texts: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  readonly #bounds: BoundFactors;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #end: number;

  constructor(root: TableLayout, outputs: readonly ProjectedField[] | undefined) {
    const tables = tablesOf(root);
    this.#bounds = sizesOf(root, tables, outputs);
    this.#end = abi.JSON_HEAD_BYTES + tables.length * abi.TABLE_ENTRY_BYTES;
    tables.forEach((layout, index) => {
      const own =
        layout === root && outputs ? outputs : layout.fields.map(({ name }) => ({ name, from: name }));
      this.#place(layout, abi.JSON_HEAD_BYTES + index * abi.TABLE_ENTRY_BYTES, own);
    });
    // names and long output texts come last; their places follow as they are written
    const texts = tables.reduce((sum, layout) => sum + this.#textBytes(layout), 0);
    this.#bytes = new Uint8Array(align(this.#end + texts, 16));
    this.#view = new DataView(this.#bytes.buffer);
    this.#head(root, tables.length);
    for (const placed of this.#placed.values()) this.#table(placed);
    for (const { at, bytes } of [...this.#texts, ...this.#expressions.values()]) this.#bytes.set(bytes, at);
  }

  bytes(): Uint8Array {
    return this.#bytes;
  }

  #place(layout: TableLayout, at: number, outputs: readonly ProjectedField[]): void {
    // one entry at least: an object without fields predicts one that never comes
    const fieldsAt = this.#reserve(Math.max(1, layout.fields.length) * abi.FIELD_ENTRY_BYTES);
    for (const field of layout.fields) {
      if (field.element) this.#elements.set(field, this.#reserve(abi.FIELD_ENTRY_BYTES));
    }
    const vtableAt = this.#reserve(layout.vtableBytes);
    const outputsAt = this.#reserve(outputs.length * abi.OUTPUT_ENTRY_BYTES);
    for (const output of outputs) {
      if (!isArithmetic(output.from)) continue;
      const expression = expressionBytes(layout, output.from);
      this.#expressions.set(output, { ...expression, at: this.#reserve(expression.bytes.length) });
    }
    this.#placed.set(layout, { layout, at, fieldsAt, vtableAt, outputsAt, outputs });
  }

  #reserve(bytes: number): number {
    const at = align(this.#end, 16);
    this.#end = at + bytes;
    return at;
  }

  #textBytes(layout: TableLayout): number {
    const { outputs } = this.#placed.get(layout)!;
    const names = layout.fields.map(({ name }) => encoder.encode(name).length + NAME_PADDING);
    const texts = outputs.map((output) => encoder.encode(outputText(output)).length + 1 + NAME_PADDING); // 1: the quote of a string
    return [...names, ...texts].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Puts bytes behind everything else. @returns where. */
  #text(bytes: Uint8Array): number {
    const at = this.#end;
    this.#texts.push({ at, bytes });
    this.#end += bytes.length + NAME_PADDING;
    assert(this.#end <= this.#bytes.length, "a descriptor's texts have the room that was reserved for them");
    return at;
  }

  #head(root: TableLayout, tables: number): void {
    const words: readonly (readonly [number, number])[] = [
      [abi.JSON_VERSION_AT, abi.JSON_DESCRIPTOR_VERSION],
      [abi.JSON_BYTES_AT, this.#bytes.length],
      [abi.JSON_ROOT_AT, this.#placed.get(root)!.at],
      [abi.JSON_ROOT_IS_BOX_AT, root.box ? 1 : 0],
      [abi.JSON_TABLES_AT, abi.JSON_HEAD_BYTES],
      [abi.JSON_TABLE_COUNT_AT, tables],
      [abi.JSON_ROW_FIXED_AT, this.#bounds.rowFixed],
      [abi.JSON_ROW_FACTOR_AT, this.#bounds.rowFactor],
      [abi.JSON_TEXT_FIXED_AT, this.#bounds.textFixed],
      [abi.JSON_TEXT_FACTOR_AT, this.#bounds.textFactor],
    ];
    for (const [at, word] of words) this.#view.setUint32(at, word, true);
  }

  #table({ layout, at, fieldsAt, vtableAt, outputsAt, outputs }: Placed): void {
    const masks = masksOf(layout);
    const word = (place: number, number: number) => this.#view.setUint32(at + place, number, true);
    word(abi.TABLE_FIELDS_AT, fieldsAt);
    word(abi.TABLE_FIELD_COUNT_AT, layout.fields.length);
    word(abi.TABLE_BYTES_AT, layout.bytes);
    word(
      abi.TABLE_FLAGS_AT,
      (layout.wide ? abi.TABLE_IS_WIDE : 0) | (layout.strict ? abi.TABLE_IS_STRICT : 0),
    );
    word(abi.TABLE_VTABLE_AT, vtableAt);
    word(abi.TABLE_VTABLE_BYTES_AT, layout.vtableBytes);
    word(abi.TABLE_LEARNED_AT, fieldsAt);
    word(abi.TABLE_OUTPUTS_AT, outputsAt);
    word(abi.TABLE_OUTPUT_COUNT_AT, outputs.length);
    this.#view.setBigUint64(at + abi.TABLE_REQUIRED_AT, masks.required, true);
    this.#view.setBigUint64(at + abi.TABLE_FULL_AT, masks.full, true);
    this.#vtable(layout, vtableAt);
    if (layout.fields.length === 0) this.#unpredictable(fieldsAt);
    layout.fields.forEach((field, index) => {
      const entry = fieldsAt + index * abi.FIELD_ENTRY_BYTES;
      this.#field(field, layout, entry, masks.fields[index]!);
      const next = fieldsAt + ((index + 1) % layout.fields.length) * abi.FIELD_ENTRY_BYTES;
      this.#view.setUint32(entry + abi.FIELD_LEARNED_AT, next, true);
      this.#view.setUint32(entry + abi.FIELD_NEXT_AT, next, true);
    });
    outputs.forEach((output, index) => {
      const entry = outputsAt + index * abi.OUTPUT_ENTRY_BYTES;
      if (typeof output.from === "string") this.#takenOutput(output, layout, entry);
      else this.#madeOutput(output, entry);
    });
  }

  /** The vtable of a table in which every field and every null mark is present. */
  #vtable(layout: TableLayout, at: number): void {
    const slots = layout.fields.flatMap((field) => (field.nullMark ? [field, field.nullMark] : [field]));
    this.#view.setUint16(at, 4 + 2 * slots.length, true);
    this.#view.setUint16(at + 2, layout.bytes, true);
    for (const { slot, place } of slots) this.#view.setUint16(at + slot, place, true);
  }

  #field(field: FieldLayout, table: TableLayout, at: number, masks: FieldMasks): void {
    const word = (place: number, number: number) => this.#view.setUint32(at + place, number, true);
    const name = encoder.encode(field.name);
    const pattern = encoder.encode(`${JSON.stringify(field.name)}:`);
    const predictable = pattern.length <= 32 && !table.wide;
    if (predictable) {
      this.#bytes.set(pattern, at + abi.FIELD_PATTERN_AT);
      this.#bytes.fill(0xff, at + abi.FIELD_PATTERN_MASK_AT, at + abi.FIELD_PATTERN_MASK_AT + pattern.length);
    } else this.#unpredictable(at);
    word(abi.FIELD_PATTERN_BYTES_AT, predictable ? pattern.length : 0);
    word(abi.FIELD_NAME_BYTES_AT, name.length);
    word(abi.FIELD_NAME_AT, this.#text(name));
    this.#bytes.set(name.subarray(0, 16), at + abi.FIELD_NAME16_AT);
    this.#bytes.fill(
      0xff,
      at + abi.FIELD_NAME16_MASK_AT,
      at + abi.FIELD_NAME16_MASK_AT + Math.min(16, name.length),
    );
    word(abi.FIELD_KIND_AT, field.kind);
    word(abi.FIELD_PLACE_AT, field.place);
    word(abi.FIELD_SLOT_AT, field.slot);
    word(abi.FIELD_BIT_AT, masks.bit);
    word(abi.FIELD_NULL_BIT_AT, masks.nullBit);
    word(abi.FIELD_FLAGS_AT, fieldFlags(field));
    word(abi.FIELD_NULL_PLACE_AT, field.nullMark?.place ?? 0);
    word(abi.FIELD_NULL_SLOT_AT, field.nullMark?.slot ?? 0);
    word(abi.FIELD_HOLDS_AT, this.#holds(field));
    this.#view.setBigUint64(at + abi.FIELD_VALUE_SET_AT, masks.valueSet, true);
    this.#view.setBigUint64(at + abi.FIELD_VALUE_CLEAR_AT, masks.valueClear, true);
    this.#view.setBigUint64(at + abi.FIELD_NULL_SET_AT, masks.nullSet, true);
    this.#view.setBigUint64(at + abi.FIELD_NULL_CLEAR_AT, masks.nullClear, true);
    if (field.element) this.#element(field.element, this.#elements.get(field)!);
  }

  /** 0xff stands in no JSON text: this pattern never matches. */
  #unpredictable(fieldAt: number): void {
    this.#bytes[fieldAt + abi.FIELD_PATTERN_AT] = 0xff;
    this.#bytes[fieldAt + abi.FIELD_PATTERN_MASK_AT] = 0xff;
  }

  #element(element: ElementLayout, at: number): void {
    const word = (place: number, number: number) => this.#view.setUint32(at + place, number, true);
    word(abi.FIELD_KIND_AT, element.kind);
    word(abi.FIELD_STRIDE_AT, element.stride);
    word(abi.FIELD_FLAGS_AT, element.kind === abi.KIND_F64 ? numberFlags(element.schema) : 0);
    word(abi.FIELD_HOLDS_AT, element.table ? this.#placed.get(element.table)!.at : 0);
  }

  #takenOutput(output: ProjectedField, layout: TableLayout, at: number): void {
    const field = layout.fields.find(({ name }) => name === output.from);
    assert(field !== undefined, `an output field takes a field of the row, not ${String(output.from)}`);
    const word = (place: number, number: number) => this.#view.setUint32(at + place, number, true);
    this.#outputText(field.kind === abi.KIND_STRING ? `${outputText(output)}"` : outputText(output), at);
    word(abi.OUTPUT_KIND_AT, field.kind);
    word(abi.OUTPUT_SLOT_AT, field.slot);
    word(abi.OUTPUT_HOLDS_AT, this.#holds(field));
    word(abi.OUTPUT_NULL_SLOT_AT, field.nullMark?.slot ?? 0);
    const absent = field.nullable && !field.optional && !field.nullMark ? abi.OUTPUT_ABSENT_IS_NULL : 0;
    word(abi.OUTPUT_FLAGS_AT, absent | (field.nullMark ? abi.OUTPUT_HAS_NULL_MARK : 0));
  }

  /** A constant, or what is computed. */
  #madeOutput(output: ProjectedField, at: number): void {
    const word = (place: number, number: number) => this.#view.setUint32(at + place, number, true);
    const expression = this.#expressions.get(output);
    this.#outputText(outputText(output), at);
    word(abi.OUTPUT_SLOT_AT, abi.OUTPUT_NO_SLOT);
    word(abi.OUTPUT_KIND_AT, expression?.type === "i64" ? abi.KIND_I64 : abi.KIND_F64);
    word(abi.OUTPUT_HOLDS_AT, expression?.at ?? 0);
    word(abi.OUTPUT_FLAGS_AT, expression ? abi.OUTPUT_IS_COMPUTED : abi.OUTPUT_IS_CONSTANT);
  }

  #outputText(written: string, at: number): void {
    const text = encoder.encode(written);
    this.#bytes.set(text.subarray(0, 32), at + abi.OUTPUT_TEXT_AT);
    this.#view.setUint32(at + abi.OUTPUT_TEXT_BYTES_AT, text.length, true);
    this.#view.setUint32(at + abi.OUTPUT_LONG_TEXT_AT, text.length > 32 ? this.#text(text) : 0, true);
  }

  #holds(field: FieldLayout): number {
    if (field.element) return this.#elements.get(field)!;
    return field.table ? this.#placed.get(field.table)!.at : 0;
  }
}

/** `,"name":`, and the value of a constant. */
export function outputText({ name, from }: ProjectedField): string {
  const value = isConstant(from) ? encodeValue(from.constant)! : "";
  return `,${JSON.stringify(name)}:${value}`;
}

function align(number: number, to: number): number {
  return Math.ceil(number / to) * to;
}

/** All table types from this one inwards, each once, this one first. */
export function tablesOf(root: TableLayout): readonly TableLayout[] {
  const tables = [root];
  for (const table of tables) {
    for (const field of table.fields) {
      const inner = field.table ?? field.element?.table;
      if (inner) tables.push(inner);
    }
  }
  return tables;
}

interface FieldMasks {
  readonly bit: number;
  readonly nullBit: number;
  readonly valueSet: bigint;
  readonly valueClear: bigint;
  readonly nullSet: bigint;
  readonly nullClear: bigint;
}

/** Presence bits: one a field, one more for each nullable field: its null mark, or "it was seen". */
function masksOf(layout: TableLayout) {
  let next = 0;
  let required = 0n;
  let full = 0n;
  const fields = layout.fields.map((field): FieldMasks => {
    if (layout.wide) return { bit: 0, nullBit: 1, valueSet: 1n, valueClear: 2n, nullSet: 2n, nullClear: 1n };
    const bit = next++;
    const value = 1n << BigInt(bit);
    const marked = field.nullMark !== undefined;
    const seen = field.nullable && !field.optional && !marked && !layout.box && field.kind !== abi.KIND_RAW;
    const nullBit = marked || seen ? next++ : bit;
    const other = 1n << BigInt(nullBit);
    full |= value | (seen ? other : 0n);
    if (!field.optional && !(layout.box && field.nullable)) required |= seen ? other : value;
    if (seen)
      return { bit, nullBit, valueSet: value | other, valueClear: 0n, nullSet: other, nullClear: value };
    if (marked) return { bit, nullBit, valueSet: value, valueClear: other, nullSet: other, nullClear: value };
    return { bit, nullBit, valueSet: value, valueClear: 0n, nullSet: 0n, nullClear: value };
  });
  assert(layout.wide || next <= 64, "presence fits in a mask of 64 bits");
  return { required, full, fields };
}

function fieldFlags(field: FieldLayout): number {
  return (
    (field.nullable ? abi.FIELD_IS_NULLABLE : 0) |
    (field.nullMark ? abi.FIELD_HAS_NULL_MARK : 0) |
    (field.optional ? 0 : abi.FIELD_IS_REQUIRED) |
    numberFlags(field.schema)
  );
}

function numberFlags(schema: {
  readonly type: string;
  integral?: boolean;
  safe?: boolean;
  finite?: boolean;
}): number {
  return (
    (schema.integral ? abi.FIELD_IS_INTEGRAL : 0) |
    (schema.safe ? abi.FIELD_IS_SAFE : 0) |
    (schema.finite ? abi.FIELD_IS_FINITE : 0)
  );
}
