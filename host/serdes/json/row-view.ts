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
import type { RowMemory } from "../../topology/serde.ts";
import { tablesOf } from "./descriptor.ts";
import type { ElementLayout, FieldLayout, TableLayout } from "./layout.ts";
import { readText } from "./wtf8.ts";

/**
 * Makes the JavaScript values that user functions get of rows: plain objects, with all fields as own properties in
 * the schema's order. They are the user's: nothing refers to linear memory, spread, destructuring, JSON.stringify
 * and structuredClone do what they do with any object, and a value may be kept for as long as one likes.
 *
 * Why not lazy views: own getters cost 670 ns for an object of four strings, a Proxy cannot be cloned, getters on a
 * prototype are not seen by spread; while reading all four fields at once costs 50 to 90 ns, a tenth of JSON.parse
 * (2 cores, shared). That takes generated code, one function for each table type, and strings cut from one string
 * of the whole batch.
 */
export function rowReaderOf(root: TableLayout): (memory: RowMemory, row: number) => unknown {
  const { bind, read } = compiled(root);
  let boundMemory: RowMemory | undefined;
  let boundVersion = -1;
  let boundBuffer: ArrayBufferLike | undefined;
  return (memory, row) => {
    const { memory: bytes, version } = memory;
    if (memory !== boundMemory || version !== boundVersion || bytes.buffer !== boundBuffer) {
      bind(viewsOf(bytes, memory));
      boundMemory = memory;
      boundVersion = version;
      boundBuffer = bytes.buffer;
    }
    const address = memory.addressOf(row);
    assert(address !== 0, "a row without table has no value to read");
    return read(address);
  };
}

/** What generated code reads from. */
interface Views {
  readonly bytes: Buffer;
  readonly halves: Uint16Array;
  readonly words: Int32Array;
  readonly longs: BigInt64Array;
  readonly floats: Float64Array;
  /** The rows' buffer, a character a byte, where all its strings are ASCII. */
  readonly batch: string | undefined;
  readonly batchAt: number;
}

interface Compiled {
  bind(views: Views): void;
  read(address: number): unknown;
}

function viewsOf(memory: Uint8Array, rows: RowMemory): Views {
  const { buffer } = memory;
  const bytes = Buffer.from(buffer as ArrayBuffer);
  const at = rows.bufferAddress ?? 0;
  return {
    bytes,
    halves: new Uint16Array(buffer),
    words: new Int32Array(buffer),
    longs: new BigInt64Array(buffer),
    floats: new Float64Array(buffer),
    batch: rows.ascii === true ? bytes.toString("latin1", at, at + (rows.byteLength ?? 0)) : undefined,
    batchAt: at,
  };
}

/**
 * Strings below this length are copied by V8's substring; longer ones would point into the batch's string, and one
 * of them that a user keeps would keep the whole batch.
 */
const COPIED_BELOW = 13;

function compiled(root: TableLayout): Compiled {
  const tables = tablesOf(root);
  const numbers = new Map(tables.map((table, index) => [table, index]));
  const source = `"use strict";
let bytes, halves, words, longs, floats, batch, batchAt;
function text(at) {
  at += words[at >> 2];
  const length = words[at >> 2];
  at += 4;
  if (batch === undefined) return readText(bytes, at, length);
  if (length < ${COPIED_BELOW}) return batch.substring(at - batchAt, at - batchAt + length);
  return bytes.latin1Slice(at, at + length);
}
${tables.map((table, index) => tableSource(table, index, numbers)).join("\n")}
return {
  bind(views) { ({ bytes, halves, words, longs, floats, batch, batchAt } = views); },
  read: table0,
};`;
  // Only positions, and names as JSON strings, go into the code.
  return new Function("readText", source)(readText) as Compiled;
}

type Numbers = ReadonlyMap<TableLayout, number>;

function tableSource(table: TableLayout, index: number, numbers: Numbers): string {
  const body = table.box
    ? `return ${fieldSource(table.fields[0]!, table, numbers)};`
    : objectSource(table, numbers);
  const elements = table.fields.map((field, position) =>
    field.element ? elementSource(field.element, `array${index}_${position}`, numbers) : "",
  );
  const vtable = `const vtable = row - words[row >> 2];`;
  return `${elements.join("")}function table${index}(row) { ${vtable} ${body} }`;
}

function objectSource(table: TableLayout, numbers: Numbers): string {
  const members = table.fields.map((field) => ({ field, value: fieldSource(field, table, numbers) }));
  const key = ({ name }: FieldLayout) => (name === "__proto__" ? '["__proto__"]' : JSON.stringify(name));
  if (table.fields.every((field) => !field.optional)) {
    return `return { ${members.map(({ field, value }) => `${key(field)}: ${value}`).join(", ")} };`;
  }
  const statements = members.map(({ field, value }) => {
    const set = `Object.defineProperty(object, "__proto__", { value: ${value}, writable: true, enumerable: true, configurable: true });`;
    const put = field.name === "__proto__" ? set : `object[${JSON.stringify(field.name)}] = ${value};`;
    if (!field.optional) return put;
    const marked = field.nullMark ? ` || ${isPresent(field.nullMark.slot)}` : "";
    return `if (${isPresent(field.slot)}${marked}) ${put}`;
  });
  return `const object = {}; ${statements.join(" ")} return object;`;
}

function isPresent(slot: number): string {
  return `halves[(vtable + ${slot}) >> 1] !== 0`;
}

/** An expression for a field that is there; null where it may be and is. */
function fieldSource(field: FieldLayout, table: TableLayout, numbers: Numbers): string {
  const place = `row + ${field.place}`;
  const position = table.fields.indexOf(field);
  const value = field.element
    ? `array${numbers.get(table)}_${position}(${place})`
    : valueSource(field.kind, place, field.table, numbers);
  return field.nullable && field.kind !== KIND_RAW ? `(${isPresent(field.slot)} ? ${value} : null)` : value;
}

function valueSource(kind: number, place: string, table: TableLayout | undefined, numbers: Numbers): string {
  switch (kind) {
    case KIND_STRING:
      return `text(${place})`;
    case KIND_RAW:
      return `JSON.parse(text(${place}))`;
    case KIND_I64:
      return `longs[(${place}) >> 3]`;
    case KIND_F64:
      return `floats[(${place}) >> 3]`;
    case KIND_I32:
      return `words[(${place}) >> 2]`;
    case KIND_BOOL:
      return `(bytes[${place}] !== 0)`;
    default:
      assert(kind === KIND_OBJECT || kind === KIND_BOX, "a field of a known kind");
      return `table${numbers.get(table!)}(${place} + words[(${place}) >> 2])`;
  }
}

/** A function that reads the vector to which `place` points. */
function elementSource(element: ElementLayout, name: string, numbers: Numbers): string {
  assert(element.kind !== KIND_ARRAY, "arrays in arrays are boxed");
  const item = valueSource(element.kind, "at", element.table, numbers);
  return `function ${name}(place) {
  let at = place + words[place >> 2];
  const count = words[at >> 2];
  const array = new Array(count);
  at += 4;
  for (let index = 0; index < count; index++, at += ${element.stride}) array[index] = ${item};
  return array;
}
`;
}
