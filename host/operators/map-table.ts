import { Change, ChangeForwarder, type SendsOld, type TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor, ProcessorContext } from "../topology/processor.ts";
import { TableStore } from "../topology/table-store.ts";
import { tableOperator } from "./table-operator.ts";

/** What a table's row is made of; null: no row. */
export type RowFunction = (key: unknown, value: unknown) => unknown;

export interface TableMapping {
  readonly role: string;
  /** Makes the function anew for each task. */
  readonly begin: (context: ProcessorContext) => RowFunction;
  /** Where the results are kept; undefined: nowhere. */
  readonly store: string | undefined;
  /** Stores that the function uses. */
  readonly uses: readonly string[];
  readonly sends: SendsOld;
  /** A filter: what was no row and is none is not told, where old values are known. */
  readonly leavesOut: boolean;
}

/** KTable#filter, #mapValues and #transformValues: a row for each row, or none. */
export function mapTable(mapping: TableMapping): Operator {
  const made = tableOperator(mapping.role, mapping.store, () => mapTableProcessor(mapping));
  return { ...made, facts: { ...made.facts, stores: [...made.facts.stores, ...mapping.uses] } };
}

function mapTableProcessor({ begin, store: storeName, sends, leavesOut }: TableMapping): Processor {
  let context: TableProcessing;
  let compute: RowFunction;
  let store: TableStore | undefined;
  let forwarder: ChangeForwarder;
  return {
    init(given) {
      context = given as TableProcessing;
      compute = begin(given);
      if (storeName === undefined) return;
      store = new TableStore(context, storeName);
      forwarder = new ChangeForwarder(context, storeName, sends);
    },
    process(record) {
      const { key, timestamp } = record;
      const change = record.value as Change;
      const newValue = compute(key, change.newValue);
      const oldValue = oldValueOf(key, change);
      if (leavesOut && sends.old && oldValue === null && newValue === null) return;
      if (store === undefined) {
        context.forward(record.withValue(new Change(newValue, oldValue, change.isLatest)));
        return;
      }
      const outcome = store.put(key, newValue, timestamp);
      if (outcome !== "not-put")
        forwarder.forward(record, new Change(newValue, oldValue, outcome === "latest"));
    },
  };

  function oldValueOf(key: unknown, { oldValue }: Change): unknown {
    if (!sends.old) return null;
    return store === undefined ? compute(key, oldValue) : store.valueOf(key);
  }
}
