import { type JsonSerde, jsonOfShape } from "./json/json-serde.ts";
import type { ElementSchema, FieldSchema, ObjectSchema, ValueSchema } from "./json/value-schema.ts";

/** A shape as `jsonOf` takes it: see ValueSchema's cases. */
export type JsonShape = ValueSchema;

/** The values of a shape, as user functions see them. */
export type JsonShapeValue<S extends JsonShape> = S extends ObjectSchema
  ? ObjectValue<S["fields"][number]>
  : S extends { readonly type: "array"; readonly element: infer E extends ElementSchema }
    ? readonly (JsonShapeValue<E["value"]> | NullOf<E>)[]
    : SimpleValues[Exclude<S["type"], "array" | "object">];

interface SimpleValues {
  readonly string: string;
  readonly i64: bigint;
  readonly i32: number;
  readonly f64: number;
  readonly boolean: boolean;
  readonly raw: unknown;
}

type ObjectValue<F extends FieldSchema> = {
  readonly [One in F as One extends { readonly optional: true } ? never : One["name"]]: FieldValue<One>;
} & {
  readonly [One in F as One extends { readonly optional: true } ? One["name"] : never]?: FieldValue<One>;
};
type FieldValue<F extends FieldSchema> = JsonShapeValue<F["value"]> | NullOf<F>;
type NullOf<P> = P extends { readonly nullable: true } ? null : never;

/**
 * JSON of a shape that is written down as plain data, without a schema library; kernels read and write it. The one
 * way to 64-bit integers that keep every digit: `i64`, a bigint in JavaScript, which no schema library tells from a
 * number.
 *
 * @throws CONFIG_INVALID if the shape is larger than the kernels' bounds
 *
 * @example
 *   const Payment = jsonOf({
 *     type: "object",
 *     fields: [
 *       { name: "account", value: { type: "i64" } },
 *       { name: "amount", value: { type: "f64" } },
 *       { name: "note", value: { type: "string" }, optional: true },
 *     ],
 *   });
 *   builder.stream("payments", { key: string, value: Payment }).filter({ account: 9007199254740993n }).to("mine");
 */
export function jsonOf<const S extends JsonShape>(shape: S): JsonSerde<JsonShapeValue<S>> {
  return jsonOfShape(shape);
}
