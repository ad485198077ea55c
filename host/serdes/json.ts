import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Serde } from "../topology/serde.ts";
import { type JsonSerde, jsonOfSchema, untypedJson } from "./json/json-serde.ts";

/**
 * JSON of any shape, by JSON.parse and JSON.stringify: convenient, and slow beside `json(schema)`. T is taken on
 * trust.
 */
export function json<T>(): Serde<T>;
/**
 * JSON of the shape that a schema (zod, valibot, arktype: any Standard Schema) describes. Kernels read and write it
 * where they can check all that the schema says: types, presence, null, integers. A schema that says more (lengths,
 * patterns, enumerations, unions, refinements, transformations, defaults) is asked itself about each value: exact as
 * well, and slower. `path` and `reason` of the serde tell which it is.
 */
export function json<S extends StandardSchemaV1>(schema: S): JsonSerde<StandardSchemaV1.InferOutput<S>>;
export function json(schema?: StandardSchemaV1): Serde<unknown> {
  return schema === undefined ? untypedJson : jsonOfSchema(schema);
}
