import type { Comparator, Scalar } from "../topology/operator.ts";

/** The fields of a value, without those of texts, numbers and arrays. */
export type FieldName<V> =
  NonNullable<V> extends string | number | bigint | boolean | Uint8Array | readonly unknown[]
    ? never
    : keyof NonNullable<V> & string;

type FieldType<V, N extends string> = N extends keyof NonNullable<V> ? NonNullable<V>[N] : never;

/** The type of a key that was such a field: null where there is no field, or no value. */
export type FieldAsKey<V, N extends FieldName<V>> =
  | Exclude<FieldType<V, N>, undefined>
  | (undefined extends FieldType<V, N> ? null : never)
  | Extract<V, null>;

/** A field whose values, where there are any, are of type T. */
type NameOf<V, T> = {
  [N in FieldName<V>]: [NonNullable<FieldType<V, N>>] extends [never]
    ? never
    : NonNullable<FieldType<V, N>> extends T
      ? N
      : never;
}[FieldName<V>];

/** Two or more, which are taken from left to right. */
type Operands<T> = readonly [T, T, ...T[]];

/** One operator, on fields with these names, constants of this type, and arithmetic on such. */
type Arithmetic<Name extends string, Number> =
  | { readonly add: Operands<Name | Number | Arithmetic<Name, Number>> }
  | { readonly subtract: Operands<Name | Number | Arithmetic<Name, Number>> }
  | { readonly multiply: Operands<Name | Number | Arithmetic<Name, Number>> }
  | { readonly divide: Operands<Name | Number | Arithmetic<Name, Number>> }
  | { readonly remainder: Operands<Name | Number | Arithmetic<Name, Number>> };

type OfNumbers<V> = Arithmetic<NameOf<V, number>, number>;
type OfIntegers<V> = Arithmetic<NameOf<V, bigint>, bigint>;

/**
 * Arithmetic on fields, as data: `{ add: [{ multiply: ["Price", 1.1] }, 5] }`. A text names a field; numbers (or, for
 * fields that are bigints, bigints) are constants. The results are JavaScript's; bigints must stay within 64 bits, else
 * the record is a bad one. Where a field is null or absent, the result is null.
 */
export type Computation<V> = OfNumbers<V> | OfIntegers<V>;

/**
 * New field names, each with the old field that it takes, a constant, or what is computed:
 * `{ address: "Address", source: { constant: "web" }, total: { multiply: ["Price", "Quantity"] } }`.
 */
export type Projection<V> = {
  readonly [name: string]: FieldName<V> | { readonly constant: Scalar } | Computation<V>;
};

/** The texts, numbers and bigints that arithmetic is made of, as far as it is looked into: a type may have no end. */
type Leaves<E, Depth extends readonly unknown[] = []> = E extends string | number | bigint
  ? E
  : Depth["length"] extends 16
    ? never
    : {
        [O in keyof E]: E[O] extends readonly (infer Operand)[] ? Leaves<Operand, [...Depth, 0]> : never;
      }[keyof E];

/** The types of all operands; undefined for one that may be absent. */
type OperandTypes<V, L> = L extends string ? FieldType<V, L> : L;

type ComputedType<T> =
  | ([Extract<T, bigint>] extends [never] ? number : bigint)
  | ([Extract<T, null | undefined>] extends [never] ? never : null);

/** What a part of a projection gives; undefined is among it for a field that may be absent. */
type PartType<V, E> = E extends string
  ? FieldType<V, E>
  : E extends { readonly constant: infer C }
    ? C
    : ComputedType<OperandTypes<V, Leaves<E>>>;

/** What a projection makes of V: optional fields stay optional, null stays null. */
export type Projected<V, P extends Projection<V>> =
  | (string extends keyof P ? Readonly<Record<string, unknown>> : ProjectedFields<V, P>)
  | Extract<V, null>;

type ProjectedFields<V, P> = {
  readonly [N in keyof P as undefined extends PartType<V, P[N]> ? never : N]: PartType<V, P[N]>;
} & {
  readonly [N in keyof P as undefined extends PartType<V, P[N]> ? N : never]?: PartType<V, P[N]>;
};

/** The fields that can be compared: those of simple types. */
type ComparableName<V> = {
  [N in FieldName<V>]: Exclude<FieldType<V, N>, undefined> extends Scalar ? N : never;
}[FieldName<V>];

/** A constant to compare a field with; null for one that may be absent. */
type Constant<F> = F extends undefined ? null : Extract<F, Scalar>;

/** Texts and numbers have an order; booleans and null only equality. */
type Comparisons<V, F> = {
  readonly [C in Comparator as C extends "eq" | "ne" ? C : Ordered<F> extends never ? never : C]?:
    | (C extends "eq" | "ne" ? Constant<F> | null : Ordered<F>)
    | Other<V, F>;
};

type Ordered<F> = Extract<F, string | number | bigint>;

/** Another field of the same kind, or what is computed of fields. */
type Other<V, F> =
  | { readonly field: NameOf<V, Kind<NonNullable<F>>> }
  | (NonNullable<F> extends number ? OfNumbers<V> : NonNullable<F> extends bigint ? OfIntegers<V> : never);

type Kind<F> = F extends string ? string : F extends number ? number : F extends bigint ? bigint : boolean;

/**
 * A condition on fields, all of whose parts must hold: `{ State: "QLD" }`, `{ Age: { ge: 18, lt: 65 } }`, or against
 * other fields: `{ Price: { gt: { field: "Limit" }, le: { multiply: ["Limit", 2] } } }`. A null or absent field equals
 * nothing but null.
 */
export type Condition<V> = {
  readonly [N in ComparableName<V>]?: Constant<FieldType<V, N>> | Comparisons<V, FieldType<V, N>>;
};
