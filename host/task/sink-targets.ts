import { BatchBuilder } from "../batch/batch-builder.ts";
import type { HostBatch, KernelInstance, KernelSelection } from "../wasm/kernel-instance.ts";
import type { Outbox, TopicSink } from "./outbox.ts";

/** Room in linear memory for what is made for one topic in one place. */
export class SinkTarget {
  readonly topic: TopicSink;
  readonly builder = new BatchBuilder();
  /** May be overwritten. */
  readonly selection: KernelSelection;
  readonly #kernel: KernelInstance;
  readonly #batches: HostBatch[] = [];
  #taken = 0;

  constructor(kernel: KernelInstance, topic: TopicSink, rowsMax: number) {
    this.#kernel = kernel;
    this.topic = topic;
    this.selection = kernel.newSelection(rowsMax);
  }

  /** A batch to write to until `giveBack`: one run may need several. */
  take(): HostBatch {
    const index = this.#taken++;
    this.#batches[index] ??= this.#kernel.newHostBatch();
    return this.#batches[index];
  }

  /** All that were taken may be written anew. */
  giveBack(): void {
    this.#taken = 0;
  }
}

/** The targets of one place in the plan, a topic each, made when they are first needed. */
export class SinkTargets {
  readonly #kernel: KernelInstance;
  readonly #outbox: Outbox;
  readonly #rowsMax: number;
  readonly #byTopic = new Map<string, SinkTarget>();

  constructor(kernel: KernelInstance, outbox: Outbox, rowsMax: number) {
    this.#kernel = kernel;
    this.#outbox = outbox;
    this.#rowsMax = rowsMax;
  }

  /** undefined: the topic's number of partitions is not known. */
  of(topic: string): SinkTarget | undefined {
    const found = this.#byTopic.get(topic);
    if (found !== undefined) return found;
    const sink = this.#outbox.sinkOf(topic);
    if (sink === undefined) return undefined;
    const target = new SinkTarget(this.#kernel, sink, this.#rowsMax);
    this.#byTopic.set(topic, target);
    return target;
  }
}
