import type { Operator } from "../topology/operator.ts";

/** KStream#selectKey: a new key for each record. The value cannot change. */
export function selectKey(fn: (key: never, value: never) => unknown): Operator {
  return {
    role: "KEY-SELECT",
    facts: { changesKey: true, changesValue: false, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "selectKey", fn },
  };
}
