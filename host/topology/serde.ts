/** How a serde's bytes look; kernels know all of these but "custom". */
export type WireFormat = "string" | "bytes" | "i32" | "i64" | "f64" | "json" | "custom";

/**
 * Serializer and deserializer of one type. Null never reaches it: a null key or value is null on both sides.
 * Either function throws on what it cannot turn; the record then goes the way that the error settings say.
 */
export interface Serde<T> {
  /** For `describe()` and error texts: "string", "json(Client)". */
  readonly name: string;
  readonly format: WireFormat;
  /** Absent unless kernels turn these values into rows and back. */
  readonly rows?: RowType;
  serialize(value: T): Uint8Array;
  /** `bytes` may be a view of memory that is reused: keep nothing of it. */
  deserialize(bytes: Uint8Array): T;
}

/** The type of a serde's values. */
export type SerdeType<S> = S extends Serde<infer T> ? T : never;

/** A serde of any type, where only its facts matter. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where a serde's type is forgotten; Serde is invariant
export type AnySerde = Serde<any>;

/** What the topology must know about rows that kernels make: their top-level fields. */
export interface RowType {
  readonly fields: readonly RowField[];
}

export interface RowField {
  readonly name: string;
  /** "string", "i64", "object" and so on: for error texts, and for what can be compared with what. */
  readonly type: string;
}
