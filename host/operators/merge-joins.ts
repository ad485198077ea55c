import { Change, ChangeForwarder, type SendsOld, type TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor } from "../topology/processor.ts";
import { TableStore } from "../topology/table-store.ts";
import { tableOperator } from "./table-operator.ts";

/** The results of both sides of a join of tables, as one table (Kafka Streams' KTableKTableJoinMerger). */
export function mergeJoins(role: string, store: string | undefined, sends: SendsOld): Operator {
  return tableOperator(role, store, () => mergeJoinsProcessor(store, sends));
}

function mergeJoinsProcessor(storeName: string | undefined, sends: SendsOld): Processor {
  let context: TableProcessing;
  let store: TableStore | undefined;
  let forwarder: ChangeForwarder;
  return {
    init(given) {
      context = given as TableProcessing;
      if (storeName === undefined) return;
      store = new TableStore(context, storeName);
      forwarder = new ChangeForwarder(context, storeName, sends);
    },
    process(record) {
      const { newValue, oldValue, isLatest } = record.value as Change;
      if (store === undefined) {
        context.forward(record.withValue(new Change(newValue, sends.old ? oldValue : null, isLatest)));
        return;
      }
      const outcome = store.put(record.key, newValue, record.timestamp);
      if (outcome !== "not-put")
        forwarder.forward(record, new Change(newValue, oldValue, outcome === "latest"));
    },
  };
}
