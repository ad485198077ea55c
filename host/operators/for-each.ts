import type { Operator } from "../topology/operator.ts";

/** KStream#foreach: the end of a stream in a user function. */
export function forEach(fn: (key: never, value: never) => unknown): Operator {
  return {
    role: "FOREACH",
    facts: { changesKey: false, changesValue: false, terminal: true, stores: [], needsStreamTime: false },
    call: { shape: "peek", fn },
  };
}
