import type { Operator } from "../topology/operator.ts";
import type { ProcessorSupplier } from "../topology/processor.ts";

/** KStream#process and #processValues: a processor of the user's. */
export function process(
  // biome-ignore lint/suspicious/noExplicitAny: of any types
  supplier: ProcessorSupplier<any, any, any, any>,
  stores: readonly string[],
  keepsKey: boolean,
): Operator {
  return {
    role: keepsKey ? "PROCESSVALUES" : "PROCESSOR",
    facts: { changesKey: !keepsKey, changesValue: true, terminal: false, stores, needsStreamTime: true },
    call: { shape: "process", supplier, punctuates: true, keepsKey },
  };
}
