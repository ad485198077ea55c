import type { Operator } from "../topology/operator.ts";

/** KStream#peek: a look at each record, which goes on unchanged. */
export function peek(fn: (key: never, value: never) => unknown): Operator {
  return {
    role: "PEEK",
    facts: { changesKey: false, changesValue: false, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "peek", fn },
  };
}
