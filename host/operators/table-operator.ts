import type { Operator, OperatorFacts } from "../topology/operator.ts";
import type { Processor } from "../topology/processor.ts";

/** An operator whose records are changes of rows. */
export function tableOperator(
  role: string,
  store: string | undefined,
  supplier: () => Processor,
  reads: Pick<OperatorFacts, "readsValue"> = {},
): Operator {
  const stores = store === undefined ? [] : [store];
  return {
    role,
    facts: {
      changesKey: false,
      changesValue: true,
      terminal: false,
      stores,
      needsStreamTime: false,
      ...reads,
    },
    call: { shape: "process", supplier, punctuates: false, keepsKey: false },
  };
}
