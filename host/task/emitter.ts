import { PeridotError } from "../errors.ts";
import { describeKernelError } from "../wasm/kernel-errors.ts";
import type { HostBatch, KernelInstance, KernelSelection, RecordForm } from "../wasm/kernel-instance.ts";
import type { BadRow, BadRows, Origin } from "./bad-rows.ts";
import type { Chunk } from "./chunk.ts";
import { appendMerged, appendWhole, type Delivery } from "./delivery.ts";
import { encodeArrival, encodeDeadLetters } from "./encode-arrival.ts";
import type { Outbox, TopicSink } from "./outbox.ts";
import { rowsOf } from "./row-set.ts";
import type { Arrival } from "./run-chunk.ts";

/** Where dead letters for one topic are made. */
interface DeadLetterBox {
  readonly topic: TopicSink;
  readonly batch: HostBatch;
  readonly selection: KernelSelection;
}

/**
 * Writes what a run has brought to its sinks. Per topic, records go out in the order of their positions: by row,
 * then depth first. A topic with one writer is appended as it stands; only shared ones are merged.
 */
export class Emitter {
  readonly #kernel: KernelInstance;
  readonly #outbox: Outbox;
  readonly #rowsMax: number;
  readonly #asTheyAre: RecordForm;
  readonly #boxes = new Map<string, DeadLetterBox>();

  constructor(kernel: KernelInstance, outbox: Outbox, rowsMax: number) {
    this.#kernel = kernel;
    this.#outbox = outbox;
    this.#rowsMax = rowsMax;
    this.#asTheyAre = kernel.newForm({ key: { from: "batch" }, value: { from: "batch" } });
  }

  /** Values are serialized first, which may still end the run at an earlier row; then all below `bad.limit` goes out. */
  emit(arrivals: readonly Arrival[], bad: BadRows, chunk: Chunk, origin: Origin): void {
    const deliveries = arrivals.map((arrival) => this.#deliver(arrival, bad, chunk));
    bad.settle();
    if (bad.deadLetters.length > 0) deliveries.push(this.#letters(bad.deadLetters, chunk, origin));
    const refused = this.#append(deliveries, bad, chunk);
    if (refused.length > 0) this.#append([this.#letters(refused, chunk, origin)], bad, chunk);
  }

  #deliver({ sink, rows: set }: Arrival, bad: BadRows, chunk: Chunk): Delivery {
    const { topic, name: node, place, selection: spare } = sink;
    if (sink.form !== undefined && set.values === undefined && set.keys === undefined) {
      const { input: holder, rows: kernelRows } = chunk.room;
      return {
        topic,
        node,
        holder,
        form: sink.form,
        kernelRows: sink.form.needsRows ? kernelRows : undefined,
        spare,
        whole: set.selection,
        rows: () => rowsOf(set),
        placeOf: () => place,
        ownRows: false,
      };
    }
    const { batch, rows } = encodeArrival(sink, set, bad);
    sink.batch.load(batch);
    return this.#made(topic, node, sink.batch, spare, rows, () => place);
  }

  #letters(letters: readonly BadRow[], chunk: Chunk, origin: Origin): Delivery {
    const box = this.#boxOf(chunk.program.errors.deadLetterTopic!);
    box.batch.load(encodeDeadLetters(letters, chunk, origin));
    const rows = Uint32Array.from(letters, ({ row }) => row);
    return this.#made(
      box.topic,
      "dead letters",
      box.batch,
      box.selection,
      rows,
      (index) => letters[index]!.place,
    );
  }

  #made(
    topic: TopicSink,
    node: string,
    holder: HostBatch,
    spare: KernelSelection,
    rows: Uint32Array,
    placeOf: (index: number) => number,
  ): Delivery {
    const form = this.#asTheyAre;
    return {
      topic,
      node,
      holder,
      form,
      kernelRows: undefined,
      spare,
      whole: undefined,
      rows: () => rows,
      placeOf,
      ownRows: true,
    };
  }

  #boxOf(topic: string): DeadLetterBox {
    let box = this.#boxes.get(topic);
    if (box === undefined) {
      box = {
        topic: this.#outbox.sinkOf(topic),
        batch: this.#kernel.newHostBatch(),
        selection: this.#kernel.newSelection(this.#rowsMax),
      };
      this.#boxes.set(topic, box);
    }
    return box;
  }

  /** @returns what the kernels have refused to write and the settings want as dead letters. */
  #append(deliveries: readonly Delivery[], bad: BadRows, chunk: Chunk): readonly BadRow[] {
    const byTopic = new Map<TopicSink, Delivery[]>();
    for (const delivery of deliveries) {
      const others = byTopic.get(delivery.topic);
      if (others === undefined) byTopic.set(delivery.topic, [delivery]);
      else others.push(delivery);
    }
    const letters = bad.deadLetters.length;
    for (const group of byTopic.values()) {
      const only = group.length === 1 ? group[0]! : undefined;
      const complete =
        only === undefined
          ? appendMerged(group, bad.limit, this.#rowsMax)
          : appendWhole(only, bad.limit, chunk, this.#rowsMax);
      if (!complete) for (const delivery of group) this.#refuse(delivery, bad, chunk);
    }
    return bad.deadLetters.slice(letters);
  }

  /** Rows that the kernels could not write, such as records that are too large. */
  #refuse(delivery: Delivery, bad: BadRows, chunk: Chunk): void {
    const { batch } = delivery.holder;
    delivery.rows().forEach((row, index) => {
      const code = batch.errorCode(delivery.ownRows ? index : row);
      if (code === 0 || row >= bad.limit) return;
      const { node } = delivery;
      const error = new PeridotError("SERDE_REFUSED", {
        serde: node,
        problem: `its record: ${describeKernelError(code)}`,
      });
      bad.add({ row, place: delivery.placeOf(index), node, stage: "serialization", error });
      if (bad.limit > row) return;
      // What follows the row is written already: nothing of the transaction may stay.
      throw new PeridotError("OUTPUT_REFUSED", {
        node,
        offset: chunk.view.offset(row),
        problem: describeKernelError(code),
      });
    });
  }
}
