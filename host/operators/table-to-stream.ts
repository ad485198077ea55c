import type { Change } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";

/** KTable#toStream: the new value of each change; null where a row is deleted. */
export function tableToStream(): Operator {
  return {
    role: "TOSTREAM",
    facts: { changesKey: false, changesValue: true, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "mapValues", fn: (change: Change) => change.newValue },
    unwraps: true,
  };
}
