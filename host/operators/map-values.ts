import type { Operator } from "../topology/operator.ts";

/** KStream#mapValues: a new value for each record; null values are mapped too. The key cannot change. */
export function mapValues(fn: (value: never, key: never) => unknown): Operator {
  return {
    role: "MAPVALUES",
    facts: { changesKey: false, changesValue: true, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "mapValues", fn },
  };
}
