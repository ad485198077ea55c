import type { ProjectedField } from "./serde.ts";

/** What an operator states about itself; passes and the compiler read nothing else. */
export interface OperatorFacts {
  readonly changesKey: boolean;
  readonly changesValue: boolean;
  /** Nothing comes out of it. */
  readonly terminal: boolean;
  readonly stores: readonly string[];
  readonly needsStreamTime: boolean;
}

/** The JavaScript form of an operator: a function of a record, and what its answer means. */
export type Call =
  | { readonly shape: "mapValues"; readonly fn: (value: never, key: never) => unknown }
  | { readonly shape: "map"; readonly fn: (key: never, value: never) => readonly [unknown, unknown] }
  /** Keeps the records for which the answer, made a boolean, equals `keeps`. */
  | { readonly shape: "filter"; readonly fn: (key: never, value: never) => unknown; readonly keeps: boolean }
  | { readonly shape: "peek"; readonly fn: (key: never, value: never) => unknown };

export type Scalar = string | number | bigint | boolean | null;

export type Comparator = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

/** One field against one constant. A field that is absent or null only ever equals null. */
export interface Comparison {
  readonly field: string;
  readonly comparator: Comparator;
  readonly constant: Scalar;
}

/** The declarative form of an operator: data, which kernels run over whole batches where values are rows. */
export type Declaration =
  | { readonly step: "project"; readonly fields: readonly ProjectedField[] }
  /** Keeps the rows for which "all comparisons hold" equals `keeps`. A null value: all its fields are null. */
  | { readonly step: "filter"; readonly all: readonly Comparison[]; readonly keeps: boolean };

/** An operator of the DSL. Made in host/operators/, one file each. */
export interface Operator {
  /** Its part in generated node names, as in Kafka Streams: "MAPVALUES". */
  readonly role: string;
  readonly facts: OperatorFacts;
  readonly call: Call;
  /** Present: `call` and this do the same. */
  readonly declaration?: Declaration;
}
