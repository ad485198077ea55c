import { Change, ChangeForwarder, type SendsOld, type TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor } from "../topology/processor.ts";
import { TableStore } from "../topology/table-store.ts";
import { tableOperator } from "./table-operator.ts";

/** StreamsBuilder#table, KStream#toTable: each record is the new value of its key; null deletes. */
export function tableSource(role: string, store: string | undefined, sends: SendsOld): Operator {
  return tableOperator(role, store, () => tableSourceProcessor(store, sends));
}

function tableSourceProcessor(storeName: string | undefined, sends: SendsOld): Processor {
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
      const { key, value, timestamp } = record;
      if (key === null) {
        context.drop();
        return;
      }
      if (store === undefined) {
        context.forward(record.withValue(new Change(value, null)));
        return;
      }
      const oldValue = store.valueOf(key);
      const outcome = store.put(key, value, timestamp);
      if (outcome !== "not-put") forwarder.forward(record, new Change(value, oldValue, outcome === "latest"));
    },
  };
}
