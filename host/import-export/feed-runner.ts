import { assert } from "../assert.ts";
import { BatchBuilder } from "../batch/batch-builder.ts";
import { Outbox, type TopicSink } from "../task/outbox.ts";
import type { Cut, RunnerCounters, TaskRunner } from "../task/task.ts";
import type { TopicLimits } from "../task/topic-limits.ts";
import type { FetchedRecords, OutgoingBatch, TopicPartition } from "../transport/port.ts";
import type { HostBatch, KernelInstance, KernelSelection, RecordForm } from "../wasm/kernel-instance.ts";
import type { EncodedRecord } from "./encode-item.ts";
import type { Feed } from "./feed.ts";

const ROWS_MAX = 512;

export interface FeedRunnerSettings {
  readonly feed: Feed;
  /** Whose offset stands for the position: partition 0 of the import's topic. */
  readonly partition: TopicPartition;
  /** Of the import's topic and the dead letter topic. */
  readonly partitionsOf: ReadonlyMap<string, number>;
  readonly limitsOf: ReadonlyMap<string, TopicLimits>;
  readonly deadLetterTopic: string | undefined;
}

/** Packs an import's items into record batches: to its thread, the one task there is, "0_0". */
export class FeedRunner implements TaskRunner {
  readonly #settings: FeedRunnerSettings;
  readonly #feed: Feed;
  readonly #kernel: KernelInstance;
  readonly #outbox: Outbox;
  readonly #records: Writer;
  readonly #letters: Writer | undefined;
  #rows = 0;
  #processed = 0;
  #cutAt = 0n;

  constructor(settings: FeedRunnerSettings, kernel: KernelInstance) {
    const { feed, partition, partitionsOf, limitsOf, deadLetterTopic } = settings;
    this.#settings = settings;
    this.#feed = feed;
    this.#kernel = kernel;
    this.#outbox = new Outbox(kernel, partitionsOf, limitsOf);
    const form = kernel.newForm({ key: { from: "batch" }, value: { from: "batch" } });
    const writerOf = (topic: string) => {
      const sink = this.#outbox.sinkOf(topic);
      assert(sink !== undefined, `the number of partitions of ${topic} is known`);
      return new Writer(kernel, form, sink);
    };
    this.#records = writerOf(partition.topic);
    if (deadLetterTopic !== undefined) this.#letters = writerOf(deadLetterTopic);
  }

  get counters(): RunnerCounters {
    return { processed: this.#processed, skipped: 0, deadLettered: 0 };
  }

  /** The feed knows by its consumer's half whether there is something to feed. */
  open(): void {}

  close(): void {}

  closeAll(): void {}

  /** Items come from the feed. */
  add(records: FetchedRecords): void {
    records.release();
  }

  get hasInput(): boolean {
    return this.#feed.bufferedBytes > 0;
  }

  get pendingBytes(): number {
    return this.#feed.uncommittedBytes;
  }

  process(mayGoOn: () => boolean): number {
    let rows = 0;
    // What ends the import comes alone: the rows before it are reported first.
    do rows += this.#batch();
    while (mayGoOn() && this.#feed.next !== undefined && this.#feed.next.failure === undefined);
    this.#rows += rows;
    this.#processed += rows;
    return rows;
  }

  /** @returns items. @throws what ends the import, once it is the next item. */
  #batch(): number {
    let rows = 0;
    for (let item = this.#feed.next; item !== undefined && rows < ROWS_MAX; item = this.#feed.next) {
      if (item.failure !== undefined) {
        if (rows > 0) break;
        throw item.failure;
      }
      if (item.record !== undefined) this.#records.add(item.record);
      if (item.letter !== undefined) this.#letters?.add(item.letter);
      this.#feed.pass();
      rows++;
    }
    this.#records.write();
    this.#letters?.write();
    this.#outbox.relieve();
    return rows;
  }

  readonly dueAt = undefined;

  get isDirty(): boolean {
    return this.#rows > 0;
  }

  /** Its topics are known beforehand. */
  readonly topicsWanted: readonly string[] = [];

  learn(): void {}

  takeFull(): readonly OutgoingBatch[] {
    return this.#outbox.takeFull();
  }

  cut(): Cut {
    const rows = this.#rows;
    this.#rows = 0;
    const { processed } = this.#feed;
    this.#cutAt = processed.offset;
    const offsets = rows > 0 ? [{ ...this.#settings.partition, ...processed }] : [];
    return { batches: this.#outbox.takeAll(), offsets, rows };
  }

  committed(): void {
    this.#feed.committed(this.#cutAt);
  }

  rollback(): void {
    this.#rows = 0;
    this.#feed.rewind();
    this.#records.clear();
    this.#letters?.clear();
    if (!this.#kernel.dead) this.#outbox.drop();
  }
}

/** Appends records to one topic, a batch of rows at a time. */
class Writer {
  readonly #sink: TopicSink;
  readonly #form: RecordForm;
  readonly #batch: HostBatch;
  readonly #selection: KernelSelection;
  readonly #builder = new BatchBuilder();

  constructor(kernel: KernelInstance, form: RecordForm, sink: TopicSink) {
    this.#sink = sink;
    this.#form = form;
    this.#batch = kernel.newHostBatch();
    this.#selection = kernel.newSelection(ROWS_MAX);
  }

  add({ key, value, timestamp, headers }: EncodedRecord): void {
    this.#builder.append(key, value, timestamp, headers);
  }

  write(): void {
    const { rows } = this.#builder;
    if (rows === 0) return;
    this.#batch.load(this.#builder.finish());
    this.#selection.selectAll(this.#batch);
    const written = this.#sink.append(this.#batch, this.#selection, this.#form, undefined, undefined);
    assert(written === rows, "records are measured before they are written");
  }

  clear(): void {
    this.#builder.clear();
  }
}
