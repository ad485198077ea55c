import { Change } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor, ProcessorContext } from "../topology/processor.ts";
import { accepted, type Err } from "../topology/result.ts";
import type { AnySerde } from "../topology/serde.ts";
import { tableOperator } from "./table-operator.ts";

/** A row's group, and what of it goes there; null: it belongs to none. */
export type RowSelector = (key: unknown, value: unknown) => readonly [unknown, unknown] | null | Err;

/**
 * KTable#groupBy (Kafka Streams' KTableRepartitionMap): sends a row's old value and its new one to their groups, which may
 * be two. What has no key or no value belongs to none.
 *
 * @param key serde of the groups' keys: by their bytes they are the same or not.
 */
export function groupTable(selector: RowSelector, key: AnySerde): Operator {
  const made = tableOperator("SELECT", undefined, () => groupTableProcessor(selector, key));
  return { ...made, facts: { ...made.facts, changesKey: true } };
}

function groupTableProcessor(selector: RowSelector, serde: AnySerde): Processor {
  let context: ProcessorContext;
  const pairOf = (key: unknown, value: unknown) => {
    if (value === null) return undefined;
    const pair = accepted(selector(key, value)) as readonly [unknown, unknown] | null;
    if (pair === null) return undefined;
    const [groupKey, groupValue] = pair;
    return groupKey === null || groupValue === null ? undefined : ([groupKey, groupValue] as const);
  };
  return {
    init(given) {
      context = given;
    },
    process(record) {
      const { key } = record;
      const change = record.value as Change;
      if (!change.isLatest) return;
      const before = pairOf(key, change.oldValue);
      const now = pairOf(key, change.newValue);
      if (before !== undefined && now !== undefined && sameBytes(serde, before[0], now[0])) {
        context.forward(record.withKey(now[0]).withValue(new Change(now[1], before[1])));
        return;
      }
      if (before !== undefined)
        context.forward(record.withKey(before[0]).withValue(new Change(null, before[1])));
      if (now !== undefined) context.forward(record.withKey(now[0]).withValue(new Change(now[1], null)));
    },
  };
}

function sameBytes(serde: AnySerde, a: unknown, b: unknown): boolean {
  return Buffer.from(serde.serialize(a) as Uint8Array).equals(Buffer.from(serde.serialize(b) as Uint8Array));
}
