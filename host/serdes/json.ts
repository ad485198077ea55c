import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Serde } from "../topology/serde.ts";
import { refusal } from "./refusal.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * JSON of any shape, by JSON.parse and JSON.stringify: convenient, and slow beside `json(schema)`. T is taken on
 * trust.
 */
export function json<T>(): Serde<T>;
/** JSON of the shape that a schema (zod, valibot, arktype: any Standard Schema) describes, read and written by kernels. */
export function json<S extends StandardSchemaV1>(schema: S): Serde<StandardSchemaV1.InferOutput<S>>;
export function json(_schema?: StandardSchemaV1): Serde<unknown> {
  return UNTYPED;
}

const UNTYPED: Serde<unknown> = Object.freeze({
  name: "json",
  format: "json" as const,
  serialize(value: unknown): string {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw refusal("json", value);
    return text;
  },
  deserialize: (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes)),
});
