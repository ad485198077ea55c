/**
 * The shape of a value, free of any schema library: what the kernels' descriptors, the row views and the .fbs are
 * made from.
 */
export type ValueSchema =
  | { readonly type: "string" }
  /** An exact 64-bit integer, a bigint in JavaScript. */
  | { readonly type: "i64" }
  /** A 32-bit integer, a number in JavaScript. */
  | { readonly type: "i32" }
  /** integral: no fraction. safe: within ±(2^53 - 1). finite: not 1e400, which JSON.parse reads as Infinity. */
  | { readonly type: "f64"; readonly integral?: boolean; readonly safe?: boolean; readonly finite?: boolean }
  | { readonly type: "boolean" }
  /** Any JSON: kept as its text, parsed when it is looked at. */
  | { readonly type: "raw" }
  | { readonly type: "array"; readonly element: ElementSchema }
  | ObjectSchema;

export interface ObjectSchema {
  readonly type: "object";
  readonly fields: readonly FieldSchema[];
  /** A member that `fields` does not name is an error; else it is passed over. */
  readonly strict?: boolean;
}

export interface FieldSchema {
  readonly name: string;
  readonly value: ValueSchema;
  /** May be absent. */
  readonly optional?: boolean;
  /** May be null. */
  readonly nullable?: boolean;
}

export interface ElementSchema {
  readonly value: ValueSchema;
  readonly nullable?: boolean;
}
