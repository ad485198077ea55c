import { isDeepStrictEqual } from "node:util";
import { Windowed } from "../../host/index.ts";

/** A JSON value, to be told from a text or an i64 that looks the same. */
export class Json {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** What keys and values are between nodes: a text, an i64, a JSON value, a windowed key, or null. */
export type Value = string | bigint | Json | Windowed<Plain> | null;
/** What is under a window. */
export type Plain = string | bigint | Json | null;

/** "null", a text itself, an i64 in decimal, JSON its compact text, a windowed key K@start/end. */
export function str(value: Value): string {
  if (value === null) return "null";
  if (value instanceof Json) return JSON.stringify(value.value);
  if (value instanceof Windowed) return `${str(value.key)}@${value.start}/${value.end}`;
  return String(value);
}

/** What a constant of a scenario file, or a field of a JSON value, means: text, integer, the rest as JSON. */
export function asValue(constant: unknown): Value {
  if (constant === null || constant === undefined) return null;
  if (typeof constant === "string") return constant;
  return Number.isSafeInteger(constant) ? BigInt(constant as number) : new Json(constant);
}

/** A value as scenario files write it. */
export function plain(value: Value): unknown {
  if (value instanceof Json) return value.value;
  if (value instanceof Windowed) return { key: plain(value.key), start: value.start, end: value.end };
  return typeof value === "bigint" ? Number(value) : value;
}

/** Whether a value is a constant of a scenario file. */
export function equals(value: Value, constant: unknown): boolean {
  return isDeepStrictEqual(plain(value), constant);
}

/** The i64 that a value is; a JSON integer is one as well. */
export function integer(value: Value): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof Json && Number.isSafeInteger(value.value)) return BigInt(value.value as number);
  throw new TypeError(`${str(value)} is no i64`);
}

/** A field of a JSON object; undefined: there is none, or it is null. */
export function fieldOf(value: Value, name: string): unknown {
  if (!(value instanceof Json)) return undefined;
  const { value: object } = value;
  if (typeof object !== "object" || object === null || Array.isArray(object)) return undefined;
  const field: unknown = Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
  return field ?? undefined;
}
