import type { WindowStore } from "../state/stores/window-store.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor, ProcessorContext } from "../topology/processor.ts";

/** Keeps the records of one side of a join of streams for the other one (Kafka Streams' KStreamJoinWindow). */
export function joinWindow(store: string): Operator {
  return {
    role: "WINDOWED",
    facts: {
      changesKey: false,
      changesValue: false,
      terminal: false,
      stores: [store],
      needsStreamTime: false,
    },
    call: {
      shape: "process",
      supplier: () => joinWindowProcessor(store),
      punctuates: false,
      keepsKey: false,
    },
  };
}

function joinWindowProcessor(storeName: string): Processor {
  let context: ProcessorContext;
  let store: WindowStore<unknown, unknown>;
  return {
    init(given) {
      context = given;
      store = context.store(storeName);
    },
    process(record) {
      const { key, value, timestamp } = record;
      // a stream that is joined with itself must not find the record yet
      context.forward(record);
      if (key !== null) store.put(key, value, timestamp);
    },
  };
}
