import { Change, ChangeForwarder, type SendsOld, type TableProcessing } from "../topology/change.ts";
import type { Operator, OperatorFacts } from "../topology/operator.ts";
import type { Processor } from "../topology/processor.ts";
import { accepted } from "../topology/result.ts";
import { TableStore } from "../topology/table-store.ts";
import { tableOperator } from "./table-operator.ts";

/** How the records of a key become one value. */
export interface Aggregation {
  readonly initializer: () => unknown;
  readonly aggregator: (key: never, value: never, aggregate: never) => unknown;
  /** false: its aggregator does not look at values. */
  readonly readsValue?: false;
}

export function readsOf({ readsValue }: Aggregation): Pick<OperatorFacts, "readsValue"> {
  return readsValue === false ? { readsValue } : {};
}

/**
 * KGroupedStream#aggregate (Kafka Streams' KStreamAggregate). Records without key or value are dropped. The
 * result's timestamp is the largest that went into it.
 */
export function aggregate(role: string, store: string, sends: SendsOld, aggregation: Aggregation): Operator {
  return tableOperator(
    role,
    store,
    () => aggregateProcessor(store, sends, aggregation),
    readsOf(aggregation),
  );
}

/** KGroupedStream#count. Where nothing forbids it, kernels do it (kernels/operators/aggregate.ts). */
export function count(role: string, store: string, sends: SendsOld): Operator {
  return { ...aggregate(role, store, sends, COUNTING), aggregate: { kind: "count", store } };
}

export const COUNTING: Aggregation = {
  initializer: () => 0n,
  aggregator: (_key, _value, count: bigint) => count + 1n,
  readsValue: false,
};

function aggregateProcessor(
  storeName: string,
  sends: SendsOld,
  { initializer, aggregator }: Aggregation,
): Processor {
  const add = aggregator as (key: unknown, value: unknown, aggregate: unknown) => unknown;
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
      const oldValue = present === undefined ? initializer() : present.value;
      const timestamp = Math.max(record.timestamp, present?.timestamp ?? record.timestamp);
      const newValue = accepted(add(key, value, oldValue));
      const outcome = store.put(key, newValue, timestamp);
      if (outcome === "not-put") return;
      forwarder.forward(
        record.withTimestamp(timestamp),
        new Change(newValue, oldValue, outcome === "latest"),
      );
    },
  };
}
