import type { Expression } from "./expression.ts";

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
  /**
   * What it reads it may write with another meaning (defaults filled in, unknown fields left out): bytes never pass
   * through unread. Taken for granted of custom serdes, and of those with `rows`.
   */
  readonly normalizes?: boolean;
  /** Absent unless kernels turn these values into rows and back. */
  readonly rows?: RowType;
  /** Makes a writer of what `serialize` gives, for many values of one sink; absent: there is none. */
  newWriter?(): WriteValue;
  /** Bytes, or a text to be written as UTF-8. */
  serialize(value: T): Uint8Array | string;
  /** `bytes` may be a view of memory that is reused: keep nothing of it. */
  deserialize(bytes: Uint8Array): T;
}

/**
 * Writes a value's bytes into `target` at `at`, if it can do that better than `serialize`.
 *
 * @returns where they end. 0: this value is one for `serialize`. Negative: so many bytes more room are needed.
 */
export type WriteValue = (value: unknown, target: Buffer, at: number) => number;

/** The type of a serde's values. */
export type SerdeType<S> = S extends Serde<infer T> ? T : never;

/** A serde of any type, where only its facts matter. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where a serde's type is forgotten; Serde is invariant
export type AnySerde = Serde<any>;

/** The shape of rows that kernels make of a value's bytes, and what it takes to read and write them. */
export interface RowType {
  /** Top-level fields. */
  readonly fields: readonly RowField[];
  /** The descriptor by which the JSON kernel decodes values into rows. */
  readonly descriptor: Uint8Array;
  /** The descriptor by which it writes rows: those fields under those names; undefined: all, under their own. */
  encodeDescriptor(projection: readonly ProjectedField[] | undefined): Uint8Array;
  /** An expression of numbers or booleans in terms of its fields, as kernels evaluate it. */
  encodeExpression(expression: Expression): Uint8Array;
  /** Reads a row as a plain object, which may be kept. */
  view(memory: RowMemory, row: number): unknown;
}

export interface RowField {
  readonly name: string;
  /** "string", "i32", "i64", "f64", "bool" can be compared; anything else is for error texts. */
  readonly type: string;
  /** Byte position of its FlatBuffers vtable entry: 4 + 2 * field id. */
  readonly slot: number;
}

/** One field of a projection: its name, and what of the row it takes: a field, a constant, arithmetic. */
export interface ProjectedField {
  readonly name: string;
  readonly from: Expression;
}

/** Decoded rows in linear memory, as KernelRows (host/wasm/kernel-instance.ts) has them. */
export interface RowMemory {
  /** Linear memory as it is now. */
  readonly memory: Uint8Array;
  /** Address of a row's FlatBuffers table; 0: the value is null. */
  addressOf(row: number): number;
  /** Where the rows' buffer stands, and its length in bytes. */
  readonly bufferAddress?: number;
  readonly byteLength?: number;
  /** All strings of the rows are known to be ASCII: values are then read several times as fast. */
  readonly ascii?: boolean;
  /** Raised when the rows are overwritten. */
  readonly version: number;
}
