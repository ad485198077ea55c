import type { SegmentedWindowStore } from "../state/stores/window-store.ts";
import type { TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor } from "../topology/processor.ts";
import { accepted } from "../topology/result.ts";

/** What makes a record a duplicate. Times are milliseconds of event time. */
export interface Deduplication {
  /** null: nothing is known of the record. */
  readonly idOf: (key: unknown, value: unknown) => unknown;
  readonly intervalMs: number;
  readonly graceMs: number;
}

/** The id alone says it: there is nothing to keep with it. */
const PASSED = new Uint8Array();

/**
 * KStream#deduplicate (asked for in KIP-655): of records with one id that lie no further from each other than an interval, the
 * first one that comes passes. The store has the times of those that did.
 */
export function deduplicate(store: string, deduplication: Deduplication): Operator {
  return {
    role: "DEDUPLICATE",
    facts: {
      changesKey: false,
      changesValue: false,
      terminal: false,
      stores: [store],
      needsStreamTime: false,
    },
    call: {
      shape: "process",
      supplier: () => deduplicateProcessor(store, deduplication),
      punctuates: false,
      keepsKey: true,
    },
  };
}

function deduplicateProcessor(storeName: string, { idOf, intervalMs, graceMs }: Deduplication): Processor {
  let context: TableProcessing;
  let passed: SegmentedWindowStore<unknown, Uint8Array>;
  return {
    init(given) {
      context = given as TableProcessing;
      passed = context.store(storeName);
    },
    process(record) {
      const { key, value, timestamp } = record;
      const id = accepted(idOf(key, value));
      if (id === null || id === undefined) {
        context.forward(record as never);
        return;
      }
      const streamTime = passed.times.streamTime("", timestamp);
      if (timestamp < streamTime - graceMs) {
        context.drop();
        return;
      }
      for (const _passed of passed.fetch(id, Math.max(0, timestamp - intervalMs), timestamp + intervalMs))
        return;
      passed.put(id, PASSED, timestamp);
      context.forward(record as never);
    },
  };
}
