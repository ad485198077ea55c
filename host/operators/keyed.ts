import type { Operator } from "../topology/operator.ts";

/** What a repartition begins with: records without key are dropped, as in Kafka Streams. */
export function keyed(): Operator {
  return {
    role: "FILTER",
    facts: { changesKey: false, changesValue: false, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "filter", keeps: true, fn: (key: unknown) => key !== null },
    declaration: { step: "keyed" },
  };
}
