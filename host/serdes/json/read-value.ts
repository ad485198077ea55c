import type { FieldSchema, ValueSchema } from "./value-schema.ts";

/** A value does not fit its schema; the message says where and why. */
export class Misfit extends Error {}

const I32_MAX = 2 ** 31 - 1;

/**
 * Reads one value in JavaScript as the kernels read it: JSON.parse, types checked, only the schema's fields kept.
 * For single values: rows of a batch are read many times as fast.
 *
 * @throws SyntaxError: no JSON. Misfit: not of this schema.
 */
export function readValue(schema: ValueSchema, text: string): unknown {
  const value: unknown = hasI64(schema) ? parseExact(text) : JSON.parse(text);
  return read(schema, value, "the value");
}

function hasI64(schema: ValueSchema): boolean {
  if (schema.type === "object") return schema.fields.some((field) => hasI64(field.value));
  return schema.type === "array" ? hasI64(schema.element.value) : schema.type === "i64";
}

/** A number with what was written, from which an i64 is read exactly. */
class SourcedNumber {
  readonly number: number;
  readonly source: string;

  constructor(number: number, source: string) {
    this.number = number;
    this.source = source;
  }
}

/** JSON.parse, numbers with their source (Node 22 and later, by the proposal "JSON.parse source text access"). */
function parseExact(text: string): unknown {
  const parse = JSON.parse as (
    text: string,
    reviver: (name: string, value: unknown, context: { readonly source?: string }) => unknown,
  ) => unknown;
  return parse(text, (_name, value, { source }) =>
    typeof value === "number" ? new SourcedNumber(value, source!) : value,
  );
}

function read(schema: ValueSchema, given: unknown, where: string): unknown {
  const value = given instanceof SourcedNumber && schema.type !== "i64" ? given.number : given;
  const misfit = () =>
    new Misfit(`${where} is not ${schema.type === "f64" ? "such a number" : `of type ${schema.type}`}`);
  switch (schema.type) {
    case "string":
    case "boolean":
      if (typeof value !== schema.type) throw misfit();
      return value;
    case "raw":
      return unsourced(value);
    case "i32":
      if (typeof value !== "number" || !Number.isInteger(value) || Math.abs(value + 0.5) > I32_MAX + 0.5) {
        throw misfit();
      }
      return value;
    case "f64":
      if (typeof value !== "number") throw misfit();
      if (schema.integral && Math.trunc(value) !== value) throw misfit();
      if (schema.safe && Math.abs(value) > Number.MAX_SAFE_INTEGER) throw misfit();
      if (schema.finite && !Number.isFinite(value)) throw misfit();
      return value;
    case "i64": {
      const integer = value instanceof SourcedNumber ? exactInteger(value.source) : undefined;
      if (integer === undefined || BigInt.asIntN(64, integer) !== integer) throw misfit();
      return integer;
    }
    case "array": {
      if (!Array.isArray(value)) throw misfit();
      const { element } = schema;
      return value.map((item, index) =>
        item === null && element.nullable ? null : read(element.value, item, `element ${index} of ${where}`),
      );
    }
    case "object":
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw misfit();
      return readObject(schema, value as Readonly<Record<string, unknown>>, where);
  }
}

function readObject(
  schema: Extract<ValueSchema, { readonly type: "object" }>,
  value: Readonly<Record<string, unknown>>,
  where: string,
): unknown {
  const entries = schema.fields
    .filter(({ name }) => Object.hasOwn(value, name))
    .map((field) => readField(field, value));
  for (const { name, optional } of schema.fields) {
    if (!optional && !Object.hasOwn(value, name)) throw new Misfit(`"${name}" is missing in ${where}`);
  }
  if (schema.strict) {
    const known = new Set(schema.fields.map(({ name }) => name));
    const unknown = Object.keys(value).find((name) => !known.has(name));
    if (unknown !== undefined) throw new Misfit(`"${unknown}" is not allowed in ${where}`);
  }
  return Object.fromEntries(entries);
}

function readField({ name, value: schema, nullable }: FieldSchema, value: Readonly<Record<string, unknown>>) {
  const inner = value[name];
  return [name, inner === null && nullable ? null : read(schema, inner, `"${name}"`)] as const;
}

/** Digits and power of ten of a JSON number, if it is an integer, whatever way it is written. */
export function exactInteger(source: string): bigint | undefined {
  const [, sign, whole = "", fraction = "", power = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? [];
  const digits = `${whole}${fraction}`.replace(/0+$/, "");
  if (/^0*$/.test(digits)) return 0n;
  const zeros = Number(power) - fraction.length + (whole.length + fraction.length - digits.length);
  if (zeros < 0 || zeros > 20) return undefined; // no integer, or none of 64 bits
  return BigInt(`${sign}${digits}${"0".repeat(zeros)}`);
}

function unsourced(value: unknown): unknown {
  if (value instanceof SourcedNumber) return value.number;
  if (Array.isArray(value)) return value.map(unsourced);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unsourced(inner)]));
}
