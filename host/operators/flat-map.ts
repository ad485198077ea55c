import type { Operator } from "../topology/operator.ts";

/** KStream#flatMap: any number of records in place of each, with its timestamp and headers, in the order given. */
export function flatMap(fn: (key: never, value: never) => Iterable<unknown>): Operator {
  return {
    role: "FLATMAP",
    facts: { changesKey: true, changesValue: true, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "flatMap", fn },
  };
}
