import type { ValueAndTimestamp } from "../state/stores/key-value-store.ts";
import type { SegmentedWindowStore } from "../state/stores/window-store.ts";
import { Change, ChangeForwarder, type SendsOld, type TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor, StreamRecord } from "../topology/processor.ts";
import { accepted } from "../topology/result.ts";
import { Windowed } from "../topology/windowed.ts";
import { type EmitStrategy, startsOf, type TimeWindows } from "../topology/windows.ts";
import { type Aggregation, readsOf } from "./aggregate.ts";
import { FinalResults } from "./final-results.ts";
import { tableOperator } from "./table-operator.ts";

export type AggregateStore = SegmentedWindowStore<unknown, ValueAndTimestamp<unknown>>;

export interface WindowAggregation<W> extends Aggregation {
  readonly windows: W;
  readonly emits: EmitStrategy;
  /** Tells the operators apart that share a store. */
  readonly input: string;
}

/**
 * TimeWindowedKStream#aggregate, #reduce and #count (Kafka Streams' KStreamWindowAggregate). Records without key are dropped,
 * and so is what comes for a window that has closed; a window's timestamp is the largest that went into it.
 */
export function aggregateWindows(
  role: string,
  store: string,
  sends: SendsOld,
  aggregation: WindowAggregation<TimeWindows>,
): Operator {
  return tableOperator(
    role,
    store,
    () => aggregateWindowsProcessor(store, sends, aggregation),
    readsOf(aggregation),
  );
}

function aggregateWindowsProcessor(
  storeName: string,
  sends: SendsOld,
  { initializer, aggregator, windows, emits, input }: WindowAggregation<TimeWindows>,
): Processor {
  const add = aggregator as (key: unknown, value: unknown, aggregate: unknown) => unknown;
  const { sizeMs, advanceMs, graceMs } = windows;
  let context: TableProcessing;
  let store: AggregateStore;
  let forwarder: WindowForwarder;
  return {
    init(given) {
      context = given as TableProcessing;
      store = context.store(storeName);
      forwarder = new WindowForwarder(context, storeName, store, sends, emits, (told, closeTime) => {
        const earliest = told < 0 ? 0 : Math.max(0, told - sizeMs) + 1;
        return { first: Math.ceil(earliest / advanceMs) * advanceMs, last: closeTime - sizeMs };
      });
    },
    process(record) {
      const { key, value, timestamp } = record;
      if (key === null) {
        context.drop();
        return;
      }
      const closeTime = store.times.streamTime(input, timestamp) - graceMs;
      for (const start of startsOf(windows, timestamp)) {
        if (start + sizeMs <= closeTime) {
          context.drop();
          continue;
        }
        const present = store.get(key, start);
        const oldValue = present === undefined ? initializer() : present.value;
        const latest = Math.max(timestamp, present?.timestamp ?? timestamp);
        const newValue = accepted(add(key, value, oldValue));
        store.put(key, newValue === null ? null : { value: newValue, timestamp: latest }, start);
        forwarder.update(record, new Windowed(key, start, start + sizeMs), latest, newValue, oldValue);
      }
      forwarder.close(record, closeTime);
    },
  };
}

/** Tells the results of windows: each change, or each window once, when it has closed. */
export class WindowForwarder {
  readonly #context: TableProcessing;
  readonly #store: AggregateStore;
  readonly #changes: ChangeForwarder | undefined;
  readonly #final: FinalResults | undefined;

  constructor(
    context: TableProcessing,
    storeName: string,
    store: AggregateStore,
    sends: SendsOld,
    emits: EmitStrategy,
    closing: ConstructorParameters<typeof FinalResults>[3],
  ) {
    this.#context = context;
    this.#store = store;
    const isFinal = emits === "on-window-close";
    this.#changes = isFinal ? undefined : new ChangeForwarder(context, storeName, sends);
    this.#final = isFinal ? new FinalResults(context, storeName, store.times, closing) : undefined;
  }

  update(
    record: StreamRecord,
    key: Windowed<unknown>,
    timestamp: number,
    newValue: unknown,
    oldValue: unknown,
  ): void {
    if (this.#changes === undefined) return;
    this.#changes.forward(record.withKey(key).withTimestamp(timestamp), new Change(newValue, oldValue));
  }

  /** Windows that end before `closeTime` are over. */
  close(record: StreamRecord, closeTime: number): void {
    const due = this.#final?.due(closeTime);
    if (due === undefined) return;
    for (const [key, { value, timestamp }] of [...this.#store.fetchAll(due.first, due.last)]) {
      const change = new Change(value, null);
      this.#context.forward(record.withKey(key).withTimestamp(timestamp).withValue(change));
    }
    this.#final!.tell(closeTime);
  }
}
