import { assert } from "../assert.ts";
import type { OutgoingBatch } from "../transport/port.ts";
import type {
  BatchHolder,
  KernelInstance,
  KernelRows,
  KernelSelection,
  KernelSink,
  RecordForm,
} from "../wasm/kernel-instance.ts";

/** Bytes in a topic's sink from which on its finished batches are taken out of linear memory. */
const TAKE_AT_BYTES = 1 << 20;

/** One topic's record batches under construction. */
export class TopicSink {
  readonly topic: string;
  readonly sink: KernelSink;

  constructor(topic: string, sink: KernelSink) {
    this.topic = topic;
    this.sink = sink;
  }

  /** Appends the selected rows; rows that kernels refuse have their code in the batch afterwards. */
  append(
    from: BatchHolder,
    selection: KernelSelection,
    form: RecordForm,
    rows: KernelRows | undefined,
  ): number {
    return rows === undefined
      ? this.sink.append(from, selection, form)
      : this.sink.append(from, selection, form, rows);
  }
}

/** What a stream thread has computed and not handed out: sinks in linear memory, and finished batches beside it. */
export class Outbox {
  readonly #kernel: KernelInstance;
  readonly #partitionsOf: ReadonlyMap<string, number>;
  readonly #sinks = new Map<string, TopicSink>();
  #full: OutgoingBatch[] = [];
  #fullBytes = 0;

  constructor(kernel: KernelInstance, partitionsOf: ReadonlyMap<string, number>) {
    this.#kernel = kernel;
    this.#partitionsOf = partitionsOf;
  }

  /** The sink of a topic; all that write the topic share it. */
  sinkOf(topic: string): TopicSink {
    let found = this.#sinks.get(topic);
    if (found === undefined) {
      const partitions = this.#partitionsOf.get(topic);
      assert(partitions !== undefined, `the number of partitions of ${topic} is known`);
      found = new TopicSink(topic, this.#kernel.newSink({ partitions }));
      this.#sinks.set(topic, found);
    }
    return found;
  }

  get pendingBytes(): number {
    let bytes = this.#fullBytes;
    for (const { sink } of this.#sinks.values()) bytes += sink.pendingBytes;
    return bytes;
  }

  /** Takes finished batches out of linear memory, where there are enough of them. */
  relieve(): void {
    for (const each of this.#sinks.values()) {
      if (each.sink.pendingBytes >= TAKE_AT_BYTES) this.#take(each);
    }
  }

  /** Takes out all that can be, so that linear memory has room again. */
  drain(): void {
    for (const each of this.#sinks.values()) {
      each.sink.seal();
      this.#take(each);
    }
  }

  takeFull(): readonly OutgoingBatch[] {
    for (const each of this.#sinks.values()) this.#take(each);
    return this.#handOut();
  }

  takeAll(): readonly OutgoingBatch[] {
    this.drain();
    return this.#handOut();
  }

  /** Forgets everything. */
  drop(): void {
    for (const { sink } of this.#sinks.values()) sink.drop();
    for (const batch of this.#handOut()) batch.release?.();
  }

  #take({ topic, sink }: TopicSink): void {
    for (let sealed = sink.take(); sealed !== undefined; sealed = sink.take()) {
      const { partition, bytes, records } = sealed;
      const done = sealed;
      this.#full.push({ topic, partition, bytes, records, release: () => done.release() });
      this.#fullBytes += bytes.byteLength;
    }
  }

  #handOut(): readonly OutgoingBatch[] {
    const full = this.#full;
    this.#full = [];
    this.#fullBytes = 0;
    return full;
  }
}
