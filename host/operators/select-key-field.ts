import { keySelector } from "../topology/evaluate.ts";
import type { Operator } from "../topology/operator.ts";

/**
 * KStream#selectKey by a field of the value: data, which kernels run where values are rows. The key of a null value,
 * and of one that lacks the field, is null.
 */
export function selectKeyField(field: string): Operator {
  const select = keySelector(field);
  return {
    role: "KEY-SELECT",
    facts: { changesKey: true, changesValue: false, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "selectKey", fn: (_key: unknown, value: unknown) => select(value) },
    declaration: { step: "selectKey", key: field },
  };
}
