import type { Expression } from "./expression.ts";
import type { ProcessorSupplier } from "./processor.ts";
import type { AnySerde, ProjectedField } from "./serde.ts";

/** What an operator states about itself; passes and the compiler read nothing else. */
export interface OperatorFacts {
  readonly changesKey: boolean;
  readonly changesValue: boolean;
  /** Nothing comes out of it. */
  readonly terminal: boolean;
  readonly stores: readonly string[];
  /** Stores that it uses too, and that Kafka Streams does not connect it to: `describe()` does not show them. */
  readonly hiddenStores?: readonly string[];
  readonly needsStreamTime: boolean;
  /** It finds under a record's key what others have put into its stores: keys of both must lie in the same partitions. */
  readonly joins?: boolean;
  /** false: of a record's value it only sees whether it is null. */
  readonly readsValue?: false;
}

/** The JavaScript form of an operator: a function of a record, and what its answer means. */
export type Call =
  | { readonly shape: "mapValues"; readonly fn: (value: never, key: never) => unknown }
  | { readonly shape: "map"; readonly fn: (key: never, value: never) => unknown }
  | { readonly shape: "selectKey"; readonly fn: (key: never, value: never) => unknown }
  /** Any number of records in place of one: pairs of key and value; values. */
  | { readonly shape: "flatMap"; readonly fn: (key: never, value: never) => Iterable<unknown> }
  | { readonly shape: "flatMapValues"; readonly fn: (value: never, key: never) => Iterable<unknown> }
  /** Keeps the records for which the answer, made a boolean, equals `keeps`. */
  | { readonly shape: "filter"; readonly fn: (key: never, value: never) => unknown; readonly keeps: boolean }
  | { readonly shape: "peek"; readonly fn: (key: never, value: never) => unknown }
  /** A record goes to the child whose `branch` is the number of the first predicate that holds; else to no child. */
  | { readonly shape: "branch"; readonly predicates: readonly ((key: never, value: never) => unknown)[] }
  /** A user's kernel makes any number of records of each, in linear memory: no JavaScript sees them. */
  | { readonly shape: "kernel"; readonly kernel: KernelUse }
  /** A processor of its own for each task, which may use stores: all below it takes record by record, depth first. */
  | {
      readonly shape: "process";
      // biome-ignore lint/suspicious/noExplicitAny: processors of any types
      readonly supplier: ProcessorSupplier<any, any, any, any>;
      /** It may schedule punctuations. */
      readonly punctuates: boolean;
      /** It may not change keys (KStream#processValues). */
      readonly keepsKey: boolean;
    }
  /** Nothing is done: a merge, and what a branch goes to. */
  | { readonly shape: "pass" };

/** A user's kernel as data. */
export interface KernelUse {
  /** Path of the module's file. */
  readonly module: string;
  /** SHA-256 in hex of its bytes: main thread and workers must run the same. */
  readonly moduleHash: string;
  /** Name of the kernel's function. */
  readonly kernel: string;
  /** What one record may burn; undefined: the default. */
  readonly fuelPerRow: number | undefined;
  /** What comes out. */
  readonly key: AnySerde;
  readonly value: AnySerde;
}

export type Scalar = string | number | bigint | boolean | null;

export type Comparator = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

/** One field against a constant, or against something else of the same value. What is absent or null only ever equals null. */
export interface Comparison {
  readonly field: string;
  readonly comparator: Comparator;
  readonly to: Expression;
}

/** The declarative form of an operator: data, which kernels run over whole batches where values are rows. */
export type Declaration =
  /** A new value, or a new key (a field of the old value), or both. A null value stays null, and so is its key. */
  | { readonly step: "project"; readonly fields: readonly ProjectedField[]; readonly key?: string }
  | { readonly step: "selectKey"; readonly key: string }
  /** Keeps the records whose key is not null. */
  | { readonly step: "keyed" }
  /** Keeps the rows for which "all comparisons hold" equals `keeps`. A null value: all its fields are null. */
  | { readonly step: "filter"; readonly all: readonly Comparison[]; readonly keeps: boolean }
  /** The predicates of a branch, each "all comparisons hold"; an empty one always holds. */
  | { readonly step: "branch"; readonly predicates: readonly (readonly Comparison[])[] };

/** An operator of the DSL. Made in host/operators/, one file each. */
export interface Operator {
  /** Its part in generated node names, as in Kafka Streams: "MAPVALUES". */
  readonly role: string;
  readonly facts: OperatorFacts;
  readonly call: Call;
  /** Present: `call` and this do the same. */
  readonly declaration?: Declaration;
  /** Of the child of a branch: which predicate leads here. */
  readonly branch?: number;
  /** Present: `call` is this aggregate of a stream's records, in this store, and kernels may be able to do it. */
  readonly aggregate?: { readonly kind: "count"; readonly store: string };
  /** It takes the new values out of a table's changes: behind kernels, which make no changes, nothing is left to do. */
  readonly unwraps?: true;
}
