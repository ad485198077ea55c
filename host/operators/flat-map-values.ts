import type { Operator } from "../topology/operator.ts";

/** KStream#flatMapValues: any number of values in place of each, in the order given. The key cannot change. */
export function flatMapValues(fn: (value: never, key: never) => Iterable<unknown>): Operator {
  return {
    role: "FLATMAPVALUES",
    facts: { changesKey: false, changesValue: true, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "flatMapValues", fn },
  };
}
