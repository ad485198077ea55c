import type { ValueSchema } from "../../host/serdes/json/value-schema.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const SHORT_INTEGER = /^-?\d{1,15}$/;

/** A number that JSON.parse may have rounded. `integer`: what was written, if that is exactly an integer. */
class WrittenNumber {
  readonly number: number;
  readonly integer: bigint | undefined;

  constructor(number: number, source: string) {
    this.number = number;
    this.integer = exactInteger(source);
  }
}

function exactInteger(source: string): bigint | undefined {
  const [, sign, whole, fraction = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(
    source,
  )!;
  const digits = `${whole}${fraction}`.replace(/0+$/, "");
  if (/^0*$/.test(digits)) return 0n;
  const exponent = Number(power) - fraction.length + (whole!.length + fraction.length - digits.length);
  if (exponent < 0 || exponent > 30) return undefined;
  return BigInt(`${sign}${digits}${"0".repeat(exponent)}`);
}

/** JSON.parse of UTF-8 bytes. undefined: no JSON. */
export function parsed(json: Uint8Array): { readonly value: unknown } | undefined {
  try {
    const exact = (_name: string, value: unknown, context?: { readonly source?: string }) =>
      typeof value === "number" && !SHORT_INTEGER.test(context!.source!)
        ? new WrittenNumber(value, context!.source!)
        : value;
    return { value: (JSON.parse as ParseWithSource)(decoder.decode(json), exact) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

type ParseWithSource = (
  text: string,
  reviver: (name: string, value: unknown, context?: { readonly source?: string }) => unknown,
) => unknown;

/** The value does not fit its schema. */
export class Misfit extends Error {}

/**
 * What JSON.stringify makes of a parsed value once it has only the schema's fields, in the schema's order.
 *
 * @throws Misfit
 */
export function written(schema: ValueSchema, value: unknown): string {
  switch (schema.type) {
    case "string":
      return JSON.stringify(fits(typeof value === "string", value));
    case "boolean":
      return JSON.stringify(fits(typeof value === "boolean", value));
    case "raw":
      return plain(value);
    case "f64": {
      const number = value instanceof WrittenNumber ? value.number : value;
      if (typeof number !== "number") throw new Misfit();
      fits(!schema.integral || number === Math.trunc(number), value);
      fits(!schema.safe || Math.abs(number) <= Number.MAX_SAFE_INTEGER, value);
      fits(!schema.finite || Number.isFinite(number), value);
      return JSON.stringify(number);
    }
    case "i64":
    case "i32": {
      const integer =
        value instanceof WrittenNumber ? value.integer : typeof value === "number" && BigInt(value);
      if (typeof integer !== "bigint") throw new Misfit();
      fits(BigInt.asIntN(schema.type === "i64" ? 64 : 32, integer) === integer, value);
      return String(integer);
    }
    case "array": {
      fits(Array.isArray(value), value);
      const { element } = schema;
      const items = (value as unknown[]).map((item) =>
        item === null && element.nullable ? "null" : written(element.value, item),
      );
      return `[${items.join(",")}]`;
    }
    case "object":
      return writtenObject(schema, value);
  }
}

function writtenObject(schema: Extract<ValueSchema, { type: "object" }>, value: unknown): string {
  fits(
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber),
    value,
  );
  const object = value as Record<string, unknown>;
  const members: string[] = [];
  for (const field of schema.fields) {
    if (!Object.hasOwn(object, field.name)) {
      fits(field.optional === true, value);
      continue;
    }
    const inner = object[field.name];
    const text = inner === null && field.nullable ? "null" : written(field.value, inner);
    members.push(`${JSON.stringify(field.name)}:${text}`);
  }
  const known = new Set(schema.fields.map(({ name }) => name));
  fits(!schema.strict || Object.keys(object).every((name) => known.has(name)), value);
  return `{${members.join(",")}}`;
}

function fits<T>(condition: boolean, value: T): T {
  if (!condition) throw new Misfit();
  return value;
}

/** JSON.stringify of what `parsed` gives. */
export function plain(value: unknown): string {
  return JSON.stringify(value, (_name, inner) => (inner instanceof WrittenNumber ? inner.number : inner));
}

/** Whether some object of this (valid) JSON has a name twice: then JSON.parse forgets what the kernel checks. */
export function repeatsNames(json: Uint8Array): boolean {
  const stack: (Set<string> | undefined)[] = [];
  const tokens = decoder.decode(json).match(/"(?:[^"\\]|\\.)*"|[{}[\]]|:/g) ?? [];
  let last = "";
  for (const token of tokens) {
    if (token === "{") stack.push(new Set());
    else if (token === "[") stack.push(undefined);
    else if (token === "}" || token === "]") stack.pop();
    else if (token === ":") {
      const names = stack.at(-1)!;
      const name = JSON.parse(last) as string;
      if (names.has(name)) return true;
      names.add(name);
    }
    last = token;
  }
  return false;
}

/**
 * Whether JSON.parse has misread a name: V8 13.6, having seen a name that ends in a backslash ("tab\\"), takes a
 * later "tab\t" for it, some ten times in a million of these values. The text then has no such name.
 */
export function misread(json: Uint8Array): boolean {
  const text = decoder.decode(json);
  if (/\\\\"|\\u005c"/i.test(text)) return false;
  let found = false;
  JSON.parse(text, (name, value) => {
    found ||= name.endsWith("\\");
    return value;
  });
  return found;
}
