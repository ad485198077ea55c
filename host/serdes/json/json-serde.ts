import type { StandardSchemaV1 } from "@standard-schema/spec";
import {
  KIND_BOOL,
  KIND_F64,
  KIND_I32,
  KIND_I64,
  KIND_STRING,
} from "../../../kernels/abi/json-descriptor.ts";
import { PeridotError } from "../../errors.ts";
import type { RowField, RowType, Serde } from "../../topology/serde.ts";
import { refusal } from "../refusal.ts";
import { descriptorOf } from "./descriptor.ts";
import { encodeValue } from "./encode-value.ts";
import { expressionBytes } from "./expression-bytes.ts";
import { fbsOf } from "./fbs.ts";
import { type FieldLayout, layoutOf } from "./layout.ts";
import { readValue } from "./read-value.ts";
import { rowReaderOf } from "./row-view.ts";
import { schemaPathOf } from "./standard-schema.ts";
import type { ValueSchema } from "./value-schema.ts";
import { newValueWriter } from "./value-writer.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** JSON by JSON.parse and JSON.stringify. Its type is taken on trust. */
export const untypedJson: Serde<unknown> = Object.freeze({
  name: "json",
  format: "json" as const,
  newWriter: newValueWriter,
  serialize: (value: unknown) => serialized(value),
  deserialize: (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes)),
});

/** A JSON serde that a schema was given to. */
export interface JsonSerde<T> extends Serde<T> {
  /** "kernel": rows. "validate": JSON.parse, then the schema's own validation of each value. */
  readonly path: "kernel" | "validate";
  /** Why it is not "kernel". */
  readonly reason: string | undefined;
  /** The FlatBuffers schema of its rows, for other readers of them; undefined where it has none. */
  readonly fbs: string | undefined;
}

/**
 * JSON of the shape of a Standard Schema. Kernels read and write it where they can check all that the schema says
 * (see schemaPathOf); else every value goes through `validate`, whose result is what user functions get. Only the
 * fields that the schema names are kept on the first path, what the schema keeps on the second.
 */
export function jsonOfSchema(schema: StandardSchemaV1): JsonSerde<unknown> {
  const found = schemaPathOf(schema);
  if (found.path === "kernel") return jsonOfShape(found.schema);
  return Object.freeze({
    name: "json",
    format: "json" as const,
    path: "validate" as const,
    reason: found.reason,
    fbs: undefined,
    normalizes: true,
    newWriter: newValueWriter,
    serialize: (value: unknown) => serialized(value),
    deserialize: (bytes: Uint8Array): unknown => validated(schema, JSON.parse(decoder.decode(bytes))),
  });
}

/** JSON of a shape that is written down by hand: also i64, which no schema library tells from a number. */
export function jsonOfShape<T>(schema: ValueSchema): JsonSerde<T> {
  return Object.freeze({
    name: "json",
    format: "json" as const,
    path: "kernel" as const,
    reason: undefined,
    get fbs() {
      return fbsOf(layoutOf(schema));
    },
    rows: rowTypeOf(schema),
    newWriter: newValueWriter,
    serialize: (value: T) => serialized(value),
    deserialize: (bytes: Uint8Array): T => readValue(schema, decoder.decode(bytes)) as T,
  });
}

function serialized(value: unknown): string {
  const text = encodeValue(value);
  if (text === undefined) throw refusal("json", value);
  return text;
}

function validated(schema: StandardSchemaV1, value: unknown): unknown {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) {
    throw new PeridotError("CONFIG_INVALID", {
      option: "json(schema)",
      problem: "validates asynchronously",
      remedy: "Leave asynchronous checks out of it: a record is processed without waiting",
    });
  }
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const path = (issue?.path ?? [])
    .map((part) => String(typeof part === "object" ? part.key : part))
    .join(".");
  const problem = `${path === "" ? "the value" : path}: ${issue?.message ?? "invalid"}`;
  throw new PeridotError("SERDE_REFUSED", { serde: "json", problem });
}

/** What the topology and the tasks need to know of a schema's rows. */
export function rowTypeOf(schema: ValueSchema): RowType {
  const layout = layoutOf(schema);
  const view = rowReaderOf(layout);
  return {
    fields: layout.box ? [] : layout.fields.map(rowFieldOf),
    descriptor: descriptorOf(layout),
    encodeDescriptor: (projection) => descriptorOf(layout, projection),
    encodeExpression: (expression) => expressionBytes(layout, expression).bytes,
    view,
  };
}

const COMPARABLE: ReadonlyMap<number, RowField["type"]> = new Map([
  [KIND_STRING, "string"],
  [KIND_I32, "i32"],
  [KIND_I64, "i64"],
  [KIND_F64, "f64"],
  [KIND_BOOL, "bool"],
]);

function rowFieldOf({ name, kind, slot, schema }: FieldLayout): RowField {
  return { name, slot, type: COMPARABLE.get(kind) ?? schema.type };
}
