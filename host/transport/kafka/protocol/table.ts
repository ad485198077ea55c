/**
 * How generated/tables.ts writes down Kafka's message definitions.
 *
 * A field is a row [name, type, first version, last version, facts]. Types are `bool int8 int16 uint16 int32 int64
 * float64 uuid string bytes records struct` and `[]` before one of them; ranges of versions are closed.
 */
export type FieldRow = readonly [name: string, type: string, first: number, last: number, facts?: FieldFacts];

export interface FieldFacts {
  /** Versions in which null may be written. */
  readonly nullable?: readonly [number, number];
  /** In these versions the field stands among the tagged fields, under `tag`. */
  readonly tagged?: readonly [number, number];
  readonly tag?: number;
  /** false: written in the old format even where the message is flexible. */
  readonly flexible?: false;
  /** Where the definition names none: 0, "", false, no bytes, no elements, a struct of defaults. */
  readonly default?: number | bigint | string | boolean | null;
  /** A version without this field drops its value in silence; else a value other than the default is an error. */
  readonly ignorable?: true;
  /** The fields of a struct, or of each element of an array of structs. */
  readonly fields?: readonly FieldRow[];
}

export interface MessageTable {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** Last version that brokers negotiate by default. */
  readonly stable: number;
  /** First flexible version (KIP-482): compact lengths and tagged fields. */
  readonly flexible: number;
  readonly fields: readonly FieldRow[];
}
