import type { Comparator, Scalar } from "../topology/operator.ts";

/** The fields of a value, without those of texts, numbers and arrays. */
export type FieldName<V> =
  NonNullable<V> extends string | number | bigint | boolean | Uint8Array | readonly unknown[]
    ? never
    : keyof NonNullable<V> & string;

type FieldType<V, N extends string> = N extends keyof NonNullable<V> ? NonNullable<V>[N] : never;

/** New field names, each with the old field that it takes: `{ address: "Address" }`. */
export type Projection<V> = { readonly [name: string]: FieldName<V> };

/** What a projection makes of V: optional fields stay optional, null stays null. */
export type Projected<V, P extends Projection<V>> =
  | ({
      readonly [N in keyof P as undefined extends FieldType<V, P[N]> ? never : N]: FieldType<V, P[N]>;
    } & { readonly [N in keyof P as undefined extends FieldType<V, P[N]> ? N : never]?: FieldType<V, P[N]> })
  | Extract<V, null>;

/** The fields that can be compared: those of simple types. */
type ComparableName<V> = {
  [N in FieldName<V>]: Exclude<FieldType<V, N>, undefined> extends Scalar ? N : never;
}[FieldName<V>];

/** A constant to compare a field with; null for one that may be absent. */
type Constant<F> = F extends undefined ? null : Extract<F, Scalar>;

/** Texts and numbers have an order; booleans and null only equality. */
type Comparisons<F> = {
  readonly [C in Comparator as C extends "eq" | "ne" ? C : Ordered<F> extends never ? never : C]?: C extends
    | "eq"
    | "ne"
    ? Constant<F> | null
    : Ordered<F>;
};

type Ordered<F> = Extract<F, string | number | bigint>;

/**
 * A condition on fields, all of whose parts must hold: `{ State: "QLD" }` or `{ Age: { ge: 18, lt: 65 } }`.
 * A null or absent field equals nothing but null.
 */
export type Condition<V> = {
  readonly [N in ComparableName<V>]?: Constant<FieldType<V, N>> | Comparisons<FieldType<V, N>>;
};
