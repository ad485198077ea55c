import type { Operator } from "../topology/operator.ts";

/** KStream#merge: the records of several streams, as they come. */
export function merge(): Operator {
  return {
    role: "MERGE",
    facts: { changesKey: false, changesValue: false, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "pass" },
  };
}
