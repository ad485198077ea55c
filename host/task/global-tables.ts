import { PeridotError } from "../errors.ts";
import { GlobalStore } from "../state/global-store.ts";
import { keyText } from "../state/key-text.ts";
import { readStore } from "../state/stores/open-store.ts";
import { stamped } from "../state/stores/timestamped-layout.ts";
import type { ErrorSettings } from "../topology/error-settings.ts";
import type { GlobalTableSpec } from "../topology/global-table.ts";
import { recordsIn } from "../transport/batch-records.ts";
import type { FetchedRecords } from "../transport/port.ts";
import { asError } from "./chunk.ts";

type TopicRecord = ReturnType<typeof recordsIn> extends Iterable<infer R> ? R : never;

/** A table, its rows, and the largest event time of each of its partitions. */
interface Kept {
  readonly spec: GlobalTableSpec;
  readonly rows: GlobalStore;
  readonly times: Map<number, number>;
}

/**
 * The global tables of one stream thread (Kafka Streams' GlobalStateUpdateTask): each has a copy, which its own consumer
 * keeps up with the topic, outside of transactions. What comes meanwhile is seen between two batches, never within one.
 */
export class GlobalTables {
  /** Records that were passed over: without key, or unreadable. */
  skipped = 0;
  readonly specs: readonly GlobalTableSpec[];
  readonly #errors: ErrorSettings;
  readonly #now: () => number;
  readonly #byTopic: ReadonlyMap<string, Kept>;
  readonly #byStore: ReadonlyMap<string, Kept>;

  constructor(specs: readonly GlobalTableSpec[], errors: ErrorSettings, now: () => number) {
    const kept = specs.map((spec): Kept => ({ spec, rows: new GlobalStore(), times: new Map() }));
    this.specs = specs;
    this.#errors = errors;
    this.#now = now;
    this.#byTopic = new Map(kept.map((each) => [each.spec.topic, each]));
    this.#byStore = new Map(kept.map((each) => [each.spec.store.name, each]));
  }

  /** For processors, and for those who ask from outside; undefined: there is no such table. */
  reader(store: string): unknown {
    const kept = this.#byStore.get(store);
    return kept && readStore(kept.spec.store, kept.rows);
  }

  rows(store: string): GlobalStore | undefined {
    return this.#byStore.get(store)?.rows;
  }

  reads(topic: string): boolean {
    return this.#byTopic.has(topic);
  }

  /** @throws RECORD_FAILED: one of them cannot be read, and the settings say fail */
  apply({ topic, partition, records, fromOffset, release }: FetchedRecords): void {
    const kept = this.#byTopic.get(topic)!;
    for (const record of recordsIn(records))
      if (record.offset >= fromOffset) this.#update(kept, partition, record);
    release();
  }

  #update({ spec, rows, times }: Kept, partition: number, record: TopicRecord): void {
    const { key, value } = record;
    if (key === null) {
      this.skipped++;
      return;
    }
    const before = times.get(partition) ?? -1;
    let timestamp: number;
    try {
      const read = { key: spec.key.deserialize(key), value: value && spec.value.deserialize(value) };
      timestamp = this.#timeOf(spec, { ...record, ...read, topic: spec.topic, partition }, before);
    } catch (thrown) {
      this.#failed(spec, partition, record, asError(thrown, spec.name));
      return;
    }
    if (timestamp < 0) {
      this.skipped++;
      return;
    }
    times.set(partition, Math.max(before, timestamp));
    rows.put(keyText(key), value === null ? undefined : stamped(value, timestamp));
  }

  #timeOf(
    { timestamps }: GlobalTableSpec,
    record: {
      readonly topic: string;
      readonly partition: number;
      readonly offset: bigint;
      readonly timestamp: number;
      readonly key: unknown;
      readonly value: unknown;
    },
    partitionTime: number,
  ): number {
    if (timestamps.from === "wall-clock") return this.#now();
    if (timestamps.from === "function") return timestamps.extract(record as never, partitionTime);
    return record.timestamp < 0 && timestamps.onInvalid === "partition-time"
      ? partitionTime
      : record.timestamp;
  }

  /** There is no transaction that could hold a dead letter: the record is passed over. */
  #failed(spec: GlobalTableSpec, partition: number, record: TopicRecord, error: Error): void {
    const { onDeserializationError: handler } = { ...this.#errors, ...spec.errors };
    const { offset, timestamp, key, value } = record;
    const place = {
      node: spec.name,
      stage: "deserialization" as const,
      topic: spec.topic,
      partition,
      offset,
    };
    const action =
      typeof handler === "function" ? handler({ ...place, timestamp, key, value, error }) : handler;
    if (action !== "fail") {
      this.skipped++;
      return;
    }
    const option = "onDeserializationError";
    throw new PeridotError("RECORD_FAILED", { ...place, problem: error.message, option }, error);
  }
}
