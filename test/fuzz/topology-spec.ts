import { type Err, jsonOf } from "../../host/index.ts";

// A stateless topology as plain nodes with the user's functions, for a builder and for an interpreter of it.

/** Keys and values between nodes: texts; from a source of rows, and behind projections, objects. */
export type Part = string | null;
export type Row = Readonly<Record<string, unknown>>;
export type SpecValue = Part | Row;

export const ROW = jsonOf({
  type: "object",
  fields: [
    { name: "n", value: { type: "i32" } },
    { name: "s", value: { type: "string" }, optional: true },
  ],
});

/** A comparison of a row's field with a constant, as data. */
export interface Where {
  readonly field: string;
  readonly comparator: "eq" | "ne" | "lt" | "ge";
  readonly constant: string | number;
}

type Answer<T> = T | Err;
export type Pairs = Iterable<Answer<readonly [Part, SpecValue]>>;

export type SpecOp =
  | { readonly op: "source"; readonly topic: string; readonly of: "texts" | "rows" }
  | { readonly op: "mapValues"; readonly fn: (key: Part, value: SpecValue) => Answer<SpecValue> }
  | { readonly op: "map"; readonly fn: (key: Part, value: SpecValue) => Answer<readonly [Part, SpecValue]> }
  | { readonly op: "selectKey"; readonly fn: (key: Part, value: SpecValue) => Answer<Part> }
  | { readonly op: "flatMap"; readonly fn: (key: Part, value: SpecValue) => Answer<Pairs> }
  | {
      readonly op: "flatMapValues";
      readonly fn: (key: Part, value: SpecValue) => Answer<Iterable<Answer<SpecValue>>>;
    }
  | { readonly op: "filter"; readonly keeps: boolean; readonly fn: (key: Part, value: SpecValue) => boolean }
  | { readonly op: "where"; readonly keeps: boolean; readonly where: Where }
  | { readonly op: "project"; readonly fields: Readonly<Record<string, string>> }
  | { readonly op: "peek"; readonly fn: (key: Part, value: SpecValue) => void }
  | { readonly op: "forEach"; readonly fn: (key: Part, value: SpecValue) => void }
  /** Its children are its ways, by predicate. */
  | { readonly op: "split"; readonly predicates: readonly SpecPredicate[]; readonly otherwise: boolean }
  | { readonly op: "way"; readonly index: number }
  | { readonly op: "merge" }
  | { readonly op: "repartition"; readonly name: string }
  | {
      readonly op: "sink";
      readonly topic: string | ((key: Part, value: SpecValue) => string);
      readonly partitioner:
        | ((key: Part, partitions: number) => number | readonly number[] | undefined)
        | undefined;
      readonly of: "texts" | "rows" | "projected";
    };

/** A function, or a comparison. */
export type SpecPredicate = ((key: Part, value: SpecValue) => boolean) | Where;

export type SpecNode = SpecOp & {
  readonly id: number;
  /** Rising. */
  readonly parents: readonly number[];
};

export type Action = "fail" | "continue" | "deadLetter";

export interface Spec {
  /** Parents come first. */
  readonly nodes: readonly SpecNode[];
  readonly actions: {
    readonly onDeserializationError: Action;
    readonly onProcessingError: Action;
    readonly onProductionError: Action;
  };
  readonly deadLetterTopic: string;
  /** By topic. */
  readonly partitions: Readonly<Record<string, number>>;
  readonly inputs: readonly SpecInput[];
}

export interface SpecInput {
  readonly topic: string;
  readonly partition: number;
  readonly key: Part;
  readonly value: Part;
  readonly timestamp: number;
  readonly headers: readonly { readonly key: string; readonly value: string }[];
}

/** The real name of an internal topic. */
export const internalTopic = (name: string): string => `test-${name}-repartition`;
