import assert from "node:assert/strict";
import { systemClock } from "../../host/clock.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { makeTaskRunner, type TaskRunnerSettings } from "../../host/task/runner.ts";
import type { TaskRunner } from "../../host/task/task.ts";
import { limitsOfConfigs, type TopicLimits } from "../../host/task/topic-limits.ts";
import { compile } from "../../host/topology/compile.ts";
import { DEFAULT_ERROR_SETTINGS, type ErrorSettings } from "../../host/topology/error-settings.ts";
import { sinkTopics, sourceTopics } from "../../host/topology/plan.ts";
import type { FetchedRecords, OutgoingBatch } from "../../host/transport/port.ts";
import { encodeRecordBatch, type KafkaRecord } from "../batch/record-batch.ts";
import { readRecordBatches } from "../batch/record-batch-reader.ts";

export const always = () => true;

/** A record as tests write it: texts for bytes. */
export interface TestRecord {
  readonly key?: string | Uint8Array | null;
  readonly value?: string | Uint8Array | null;
  readonly timestamp?: number;
  readonly headers?: readonly (readonly [string, string | null])[];
}

/** A record as it came out. */
export interface OutRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers: readonly (readonly [string, string | null])[];
}

/** Reads output bytes: as UTF-8 unless told. */
export type TextEncoding = "utf8" | "latin1";

export interface TopologyRunSettings {
  readonly errors?: Partial<ErrorSettings>;
  readonly batchRowsMax?: number;
  readonly strictOrder?: boolean;
  /** Of each topic; default 1. 0: a topic that a function may choose does not exist. */
  readonly partitions?: Readonly<Record<string, number>>;
  readonly clock?: TaskRunnerSettings["clock"];
  /** Topic configurations, of which limits are made as at a broker. */
  readonly configs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

function bytesOf(part: string | Uint8Array | null | undefined): Uint8Array | null {
  return part === null || part === undefined ? null : Buffer.from(part);
}

export function recordBatch(records: readonly TestRecord[], baseOffset = 0n): Buffer {
  return encodeRecordBatch(
    records.map(
      ({ key, value, timestamp = 0, headers = [] }): KafkaRecord => ({
        timestamp: BigInt(timestamp),
        key: bytesOf(key),
        value: bytesOf(value),
        headers: headers.map(([name, text]) => ({
          key: name,
          value: text === null ? null : Buffer.from(text),
        })),
      }),
    ),
    { baseOffset },
  );
}

/** Fetched records, and how often they were given back. */
export function fetched(
  topic: string,
  partition: number,
  records: readonly TestRecord[],
  baseOffset = 0n,
): FetchedRecords & { released: number } {
  const nextOffset = baseOffset + BigInt(records.length);
  return {
    topic,
    partition,
    records: recordBatch(records, baseOffset),
    fromOffset: baseOffset,
    nextOffset,
    endOffset: nextOffset,
    released: 0,
    release() {
      this.released++;
    },
  };
}

/** A topology with a runner of its own, all of whose tasks are open. */
export class TopologyRun {
  readonly runner: TaskRunner;
  readonly #partitions: Readonly<Record<string, number>>;
  readonly #limits: ReadonlyMap<string, TopicLimits>;
  readonly #ends = new Map<string, bigint>();

  constructor(describe: (builder: StreamsBuilder) => void, settings: TopologyRunSettings = {}) {
    this.#partitions = settings.partitions ?? {};
    this.#limits = new Map(
      Object.entries(settings.configs ?? {}).map(([topic, configs]) => {
        const bytesMax = { "max.message.bytes": "1048588" };
        return [topic, limitsOfConfigs(new Map(Object.entries({ ...bytesMax, ...configs })))!];
      }),
    );
    const builder = new StreamsBuilder();
    describe(builder);
    const plan = compile(builder.build(), "app");
    const errors = { ...DEFAULT_ERROR_SETTINGS, ...settings.errors };
    const topics = [
      ...sourceTopics(plan),
      ...sinkTopics(plan),
      ...(errors.deadLetterTopic ? [errors.deadLetterTopic] : []),
    ];
    const partitionsOf = new Map(topics.map((topic) => [topic, settings.partitions?.[topic] ?? 1]));
    this.runner = makeTaskRunner({
      plan,
      partitionsOf,
      limitsOf: this.#limits,
      errors,
      clock: settings.clock ?? systemClock,
      strictOrder: settings.strictOrder ?? false,
      ...(settings.batchRowsMax === undefined ? {} : { batchRowsMax: settings.batchRowsMax }),
    });
    for (const { id, sources } of plan.subTopologies) {
      const tasks = Math.max(
        ...sources.flatMap(({ topics }) => topics.map((topic) => partitionsOf.get(topic)!)),
      );
      for (let partition = 0; partition < tasks; partition++) this.runner.open(`${id}_${partition}`);
    }
  }

  add(topic: string, records: readonly TestRecord[], partition = 0): FetchedRecords & { released: number } {
    const name = `${topic}-${partition}`;
    const base = this.#ends.get(name) ?? 0n;
    this.#ends.set(name, base + BigInt(records.length));
    const input = fetched(topic, partition, records, base);
    this.runner.add(input);
    return input;
  }

  /** Processes all input; topics that functions choose are looked up as a stream thread does. @returns source rows. */
  drain(): number {
    let rows = 0;
    for (;;) {
      const done = this.runner.process(always);
      const { topicsWanted } = this.runner;
      const found = topicsWanted.map((topic) => [topic, this.#partitions[topic] ?? 1] as const);
      this.runner.learn(new Map(found.filter(([, partitions]) => partitions > 0)), this.#limits);
      if (done === 0 && topicsWanted.length === 0) return rows;
      rows += done;
    }
  }

  /** Cuts a commit point. @returns records by topic, partition after partition. */
  cut(encoding: TextEncoding = "utf8"): Record<string, OutRecord[]> {
    const { batches } = this.runner.cut();
    return recordsOf(batches, encoding);
  }
}

export function recordsOf(
  batches: readonly OutgoingBatch[],
  encoding: TextEncoding = "utf8",
): Record<string, OutRecord[]> {
  const byPartition = new Map<string, { topic: string; partition: number; records: OutRecord[] }>();
  for (const { topic, partition, bytes, records: count, release } of batches) {
    const name = `${topic}-${partition}`;
    const list = byPartition.get(name) ?? { topic, partition, records: [] };
    byPartition.set(name, list);
    const read = readRecordBatches(bytes).flatMap((batch) => batch.records);
    assert.equal(read.length, count);
    for (const { key, value, timestamp, headers } of read) {
      list.records.push({
        key: key && Buffer.from(key).toString(encoding),
        value: value && Buffer.from(value).toString(encoding),
        timestamp: Number(timestamp),
        headers: headers.map((header) => [
          header.key,
          header.value === null ? null : header.value.toString(),
        ]),
      });
    }
    release?.();
  }
  const byTopic: Record<string, OutRecord[]> = {};
  const parts = [...byPartition.values()].sort((a, b) => a.partition - b.partition);
  for (const { topic, records } of parts) byTopic[topic] = (byTopic[topic] ?? []).concat(records);
  return byTopic;
}

/** Just keys and values: "a=1", "a" for a tombstone. */
export function brief(records: readonly OutRecord[] | undefined): string[] {
  return (records ?? []).map(({ key, value }) => (value === null ? `${key}` : `${key}=${value}`));
}
