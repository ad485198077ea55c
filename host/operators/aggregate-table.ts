import { PeridotError } from "../errors.ts";
import { Change, ChangeForwarder, type SendsOld, type TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor } from "../topology/processor.ts";
import { accepted } from "../topology/result.ts";
import { TableStore } from "../topology/table-store.ts";
import { tableOperator } from "./table-operator.ts";

/** How a row comes into the value of its group, and how it leaves. null: there is none. */
export interface TableAggregation {
  /** @param aggregate null: the group has no rows. */
  readonly add: (key: unknown, value: unknown, aggregate: unknown) => unknown;
  readonly subtract: (key: unknown, value: unknown, aggregate: unknown) => unknown;
}

/**
 * KGroupedTable#aggregate, #reduce and #count (Kafka Streams' KTableAggregate and KTableReduce): a row's old value leaves
 * its group before the new one comes in.
 */
export function aggregateTable(
  role: string,
  store: string,
  sends: SendsOld,
  aggregation: TableAggregation,
): Operator {
  return tableOperator(role, store, () => aggregateTableProcessor(role, store, sends, aggregation));
}

function aggregateTableProcessor(
  role: string,
  storeName: string,
  sends: SendsOld,
  { add, subtract }: TableAggregation,
): Processor {
  let store: TableStore;
  let forwarder: ChangeForwarder;
  return {
    init(given) {
      const context = given as TableProcessing;
      store = new TableStore(context, storeName);
      forwarder = new ChangeForwarder(context, storeName, sends);
    },
    process(record) {
      const { key } = record;
      const change = record.value as Change;
      if (key === null) {
        throw new PeridotError("SERDE_REFUSED", {
          serde: role,
          problem: "a row of a grouped table has no key",
        });
      }
      const present = store.get(key);
      const before = present?.value ?? null;
      const without =
        change.oldValue !== null && before !== null
          ? accepted(subtract(key, change.oldValue, before))
          : before;
      const newValue = change.newValue === null ? without : accepted(add(key, change.newValue, without));
      const changes = change.newValue !== null || (change.oldValue !== null && before !== null);
      const timestamp =
        changes && present !== undefined ? Math.max(record.timestamp, present.timestamp) : record.timestamp;
      const outcome = store.put(key, newValue, timestamp);
      if (outcome === "not-put") return;
      forwarder.forward(record.withTimestamp(timestamp), new Change(newValue, before, outcome === "latest"));
    },
  };
}
