import type { Comparison, Operator, OperatorFacts } from "../topology/operator.ts";

const FACTS: OperatorFacts = {
  changesKey: false,
  changesValue: false,
  terminal: false,
  stores: [],
  needsStreamTime: false,
};

/** A predicate of a branch: a function, and the same as data where it was given so. */
export interface BranchPredicate {
  readonly fn: (key: never, value: never) => unknown;
  readonly all: readonly Comparison[] | undefined;
}

/**
 * KStream#split: each record goes to the child of the first predicate that holds for it, else to none. Where all
 * predicates are data, kernels can choose.
 */
export function branch(predicates: readonly BranchPredicate[]): Operator {
  const asData = predicates.flatMap(({ all }) => (all === undefined ? [] : [all]));
  const operator: Operator = {
    role: "BRANCH",
    facts: FACTS,
    call: { shape: "branch", predicates: predicates.map(({ fn }) => fn) },
  };
  if (asData.length < predicates.length) return operator;
  return { ...operator, declaration: { step: "branch", predicates: asData } };
}

/** The child of a branch behind the predicate with this number. */
export function branchChild(index: number): Operator {
  return { role: "BRANCHCHILD", facts: FACTS, call: { shape: "pass" }, branch: index };
}

/** The predicate of a default branch. */
export const OTHERWISE: BranchPredicate = Object.freeze({ fn: () => true, all: Object.freeze([]) });
