import { PeridotError } from "../errors.ts";
import type { SuppressBuffer } from "../state/stores/suppress-buffer.ts";
import { Change, type SendsOld, type TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor, StreamRecord } from "../topology/processor.ts";
import type { Windowed } from "../topology/windowed.ts";
import { tableOperator } from "./table-operator.ts";

/** How long changes are kept back, and how many of them. */
export interface Suppression {
  /** In milliseconds of stream time: since a key's first change; since its window's end. */
  readonly waitMs: number;
  readonly since: "first-change" | "window-end";
  readonly recordsMax: number;
  readonly bytesMax: number;
  readonly whenFull: "emit-early" | "shut-down";
}

/**
 * KTable#suppress (Kafka Streams' KTableSuppressProcessor): of several changes of a row the last one is told, when its time has
 * come. What was no row when its window closed is not told at all.
 */
export function suppress(role: string, store: string, sends: SendsOld, suppression: Suppression): Operator {
  return tableOperator(role, store, () => suppressProcessor(store, sends, suppression));
}

function suppressProcessor(storeName: string, sends: SendsOld, suppression: Suppression): Processor {
  const { waitMs, since, recordsMax, bytesMax, whenFull } = suppression;
  let context: TableProcessing;
  let buffer: SuppressBuffer;

  function isFull(): boolean {
    const { records, bytes } = buffer.size;
    return records > recordsMax || bytes > bytesMax;
  }

  function tellFirst(like: StreamRecord): void {
    const { key, newValue, oldValue, origin } = buffer.take()!;
    if (newValue === null && since === "window-end") return;
    const change = new Change(newValue, sends.old ? oldValue : null);
    const record = like.withKey(key).withTimestamp(origin.timestamp).withHeaders(origin.headers);
    context.forward(record.withValue(change));
  }

  return {
    init(given) {
      context = given as TableProcessing;
      buffer = context.store(storeName);
    },
    process(record) {
      const { key, timestamp, headers } = record;
      const { newValue, oldValue } = record.value as Change;
      const { topic, partition, offset } = context.recordMetadata ?? {
        topic: "",
        partition: -1,
        offset: -1n,
      };
      const time = since === "window-end" ? (key as Windowed<unknown>).end : timestamp;
      const origin = { timestamp, topic, partition, offset, headers };
      buffer.hold(time, { key, newValue, oldValue, origin });
      const due = buffer.streamTime(timestamp) - waitMs;
      while (buffer.size.earliest <= due) tellFirst(record);
      if (!isFull()) return;
      if (whenFull === "shut-down") {
        const { records, bytes } = buffer.size;
        throw new PeridotError("BUFFER_FULL", { store: storeName, records, recordsMax, bytes, bytesMax });
      }
      while (isFull()) tellFirst(record);
    },
  };
}
