import type { Operator, OperatorFacts } from "../topology/operator.ts";

const FACTS: OperatorFacts = {
  changesKey: false,
  changesValue: false,
  terminal: false,
  stores: [],
  needsStreamTime: false,
};

/** KStream#filter and #filterNot: keeps the records for which the function's answer, made a boolean, is `keeps`. */
export function filter(fn: (key: never, value: never) => unknown, keeps: boolean): Operator {
  return { role: "FILTER", facts: FACTS, call: { shape: "filter", fn, keeps } };
}
