import { Change, ChangeForwarder, type SendsOld, type TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor } from "../topology/processor.ts";
import { accepted } from "../topology/result.ts";
import { TableStore } from "../topology/table-store.ts";
import { tableOperator } from "./table-operator.ts";

export type Reducer = (aggregate: never, value: never) => unknown;

/** KGroupedStream#reduce (Kafka Streams' KStreamReduce): the first value of a key stands for itself. */
export function reduce(role: string, store: string, sends: SendsOld, reducer: Reducer): Operator {
  return tableOperator(role, store, () => reduceProcessor(store, sends, reducer));
}

function reduceProcessor(storeName: string, sends: SendsOld, reducer: Reducer): Processor {
  const combine = reducer as (aggregate: unknown, value: unknown) => unknown;
  let context: TableProcessing;
  let store: TableStore;
  let forwarder: ChangeForwarder;
  return {
    init(given) {
      context = given as TableProcessing;
      store = new TableStore(context, storeName);
      forwarder = new ChangeForwarder(context, storeName, sends);
    },
    process(record) {
      const { key, value } = record;
      if (key === null || value === null) {
        context.drop();
        return;
      }
      const present = store.get(key);
      const newValue = present === undefined ? value : accepted(combine(present.value, value));
      const timestamp = Math.max(record.timestamp, present?.timestamp ?? record.timestamp);
      const outcome = store.put(key, newValue, timestamp);
      if (outcome === "not-put") return;
      const change = new Change(newValue, present?.value ?? null, outcome === "latest");
      forwarder.forward(record.withTimestamp(timestamp), change);
    },
  };
}
