import type { OutgoingBatch } from "../transport/port.ts";
import type {
  BatchHolder,
  KernelInstance,
  KernelRows,
  KernelSelection,
  KernelSink,
  RecordForm,
} from "../wasm/kernel-instance.ts";
import type { TopicLimits } from "./topic-limits.ts";

/** Bytes in a topic's sink from which on its finished batches are taken out of linear memory. */
const TAKE_AT_BYTES = 1 << 20;

/** One topic's record batches under construction. */
export class TopicSink {
  readonly topic: string;
  readonly partitions: number;
  /** undefined: not known; the kernels' defaults hold. */
  readonly limits: TopicLimits | undefined;
  readonly sink: KernelSink;

  constructor(topic: string, partitions: number, limits: TopicLimits | undefined, sink: KernelSink) {
    this.topic = topic;
    this.partitions = partitions;
    this.limits = limits;
    this.sink = sink;
  }

  /** Appends the selected rows; rows that kernels refuse have their code in the batch afterwards. */
  append(
    from: BatchHolder,
    selection: KernelSelection,
    form: RecordForm,
    rows: KernelRows | undefined,
    partitions: Int32Array | undefined,
  ): number {
    return this.sink.append(from, selection, form, rows, partitions);
  }
}

/** What a stream thread has computed and not handed out: sinks in linear memory, and finished batches beside it. */
export class Outbox {
  readonly #kernel: KernelInstance;
  readonly #given: ReadonlyMap<string, number>;
  readonly #learned = new Map<string, number>();
  readonly #limitsOf: Map<string, TopicLimits>;
  readonly #sinks = new Map<string, TopicSink>();
  /** Topics that were named and about which nothing is known. */
  readonly #wanted = new Set<string>();
  readonly #missing = new Set<string>();
  #full: OutgoingBatch[] = [];
  #fullBytes = 0;

  /** @param partitionsOf may know more topics than it lists. */
  constructor(
    kernel: KernelInstance,
    partitionsOf: ReadonlyMap<string, number>,
    limitsOf: ReadonlyMap<string, TopicLimits>,
  ) {
    this.#kernel = kernel;
    this.#given = partitionsOf;
    this.#limitsOf = new Map(limitsOf);
  }

  /** The sink of a topic; all that write the topic share it. undefined: its number of partitions is not known. */
  sinkOf(topic: string): TopicSink | undefined {
    const found = this.#sinks.get(topic);
    if (found !== undefined) return found;
    const partitions = this.#partitionsOf(topic);
    if (partitions === undefined) return undefined;
    const limits = this.#limitsOf.get(topic);
    const made = new TopicSink(topic, partitions, limits, this.#kernel.newSink({ partitions, ...limits }));
    this.#sinks.set(topic, made);
    return made;
  }

  // ---- topics that a function has chosen

  knows(topic: string): boolean {
    return this.#partitionsOf(topic) !== undefined;
  }

  #partitionsOf(topic: string): number | undefined {
    return this.#given.get(topic) ?? this.#learned.get(topic);
  }

  ask(topic: string): void {
    this.#wanted.add(topic);
  }

  get wanted(): readonly string[] {
    return [...this.#wanted];
  }

  /** The answer for all that was wanted: partitions and limits by topic; those that do not exist are absent. */
  learn(partitionsOf: ReadonlyMap<string, number>, limitsOf: ReadonlyMap<string, TopicLimits>): void {
    for (const [topic, limits] of limitsOf) this.#limitsOf.set(topic, limits);
    for (const topic of this.#wanted) {
      const partitions = partitionsOf.get(topic);
      if (partitions === undefined) this.#missing.add(topic);
      else this.#learned.set(topic, partitions);
    }
    this.#wanted.clear();
  }

  /** Known not to exist, as of the last look since the last cut. */
  isMissing(topic: string): boolean {
    return this.#missing.has(topic);
  }

  // ---- what is computed

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
    this.#missing.clear();
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
