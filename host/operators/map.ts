import type { Operator } from "../topology/operator.ts";

/** KStream#map: a new key and a new value for each record. */
export function map(fn: (key: never, value: never) => unknown): Operator {
  return {
    role: "MAP",
    facts: { changesKey: true, changesValue: true, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "map", fn },
  };
}
