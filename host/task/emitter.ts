import { ERROR_RECORD_KEY_MISSING, ERROR_RECORD_TOO_LARGE } from "../../kernels/abi/errors.ts";
import { BATCH_ROWS_MAX, RECORD_BYTES_DEFAULT } from "../../kernels/abi/limits.ts";
import { assert } from "../assert.ts";
import { PeridotError } from "../errors.ts";
import { describeKernelError } from "../wasm/kernel-errors.ts";
import type {
  BatchHolder,
  KernelInstance,
  KernelRows,
  KernelSelection,
  RecordForm,
} from "../wasm/kernel-instance.ts";
import type { AggregateProgram } from "./aggregate-program.ts";
import type { BadRow, BadRows, Origin } from "./bad-rows.ts";
import { appendMerged, appendWhole, type Delivery, type Refusal } from "./delivery.ts";
import { encodeArrival, encodeDeadLetters } from "./encode-arrival.ts";
import type { MadeBatch } from "./graph/graph-outputs.ts";
import type { Outbox, TopicSink } from "./outbox.ts";
import type { SinkProgram } from "./program.ts";
import { chunkRow, itemPath, itemsOf, type RowSet } from "./row-set.ts";
import type { Arrival } from "./run-chunk.ts";
import type { GroupedRun } from "./run-group.ts";
import { type SinkTarget, SinkTargets } from "./sink-targets.ts";

/**
 * Writes what a run has brought to its sinks. Per topic, records go out in the order of their positions: by row,
 * then depth first. A topic with one writer is appended as it stands; only shared ones are merged.
 */
export class Emitter {
  readonly #outbox: Outbox;
  readonly #rowsMax: number;
  readonly #asTheyAre: RecordForm;
  readonly #deadLetters: SinkTargets;
  /** Targets that have batches of the present run. */
  readonly #used = new Set<SinkTarget>();

  constructor(kernel: KernelInstance, outbox: Outbox, rowsMax: number) {
    this.#outbox = outbox;
    this.#rowsMax = rowsMax;
    this.#asTheyAre = kernel.newForm({ key: { from: "batch" }, value: { from: "batch" } });
    this.#deadLetters = new SinkTargets(kernel, outbox, rowsMax);
  }

  /**
   * Values are serialized first, which may still end the run at an earlier row; then all below `bad.limit` goes out.
   * The dead letter topic comes last: its letters lie in the order of their records, whatever refused these.
   *
   * @param runs all but the last went through whole. What has arrived is that of a run alone.
   */
  emit(runs: readonly GroupedRun[], arrivals: readonly Arrival[], made: readonly MadeBatch[]): void {
    this.#giveBack();
    const last = runs.at(-1)!;
    assert(arrivals.length === 0 || runs.length === 1, "arrivals are numbered by the rows of one chunk");
    const deliveries = [
      ...arrivals.flatMap((arrival) => this.#deliver(arrival, last.bad, last.origin)),
      ...made.map((each) => this.#deliverMade(each)),
    ];
    for (const { bad } of runs) bad.settle();
    const { deadLetterTopic } = last.chunk.program.errors;
    const isLast = ({ topic }: Delivery) => topic.topic === deadLetterTopic;
    this.#append(
      deliveries.filter((each) => !isLast(each)),
      runs,
    );
    for (const { bad } of runs) bad.settle();
    const letters = runs.flatMap((run) => this.#letters(run, 0));
    const known = runs.map(({ bad }) => bad.deadLetters.length);
    this.#append([...deliveries.filter(isLast), ...letters], runs);
    const late = runs.flatMap((run, index) => this.#letters(run, known[index]!));
    this.#append(late, runs);
  }

  /**
   * Writes what was made while no record was processed.
   *
   * @throws OUTPUT_REFUSED: the kernels do not take it
   */
  emitEvent(made: readonly MadeBatch[]): void {
    this.#giveBack();
    for (const each of made) {
      const delivery = this.#deliverMade(each);
      const [refusal] = appendWhole(delivery, Number.POSITIVE_INFINITY, 0, this.#rowsMax);
      if (refusal !== undefined) throw refusedOutput(refusal, -1n);
    }
  }

  /**
   * Writes what was made of a record cache, while no record was processed: to the changelog, and to the sinks below.
   *
   * @throws OUTPUT_REFUSED: the kernels do not take it
   */
  emitTold({ changelog, children, aggregate, made }: AggregateProgram, partition: number): void {
    made.selectAll(aggregate);
    for (const sink of [...(changelog === undefined ? [] : [changelog]), ...children]) {
      assert(sink.kind === "sink" && sink.form !== undefined, "news go from kernels to topics");
      const delivery = asItStands(
        sink,
        sink.form,
        { holder: aggregate, rows: undefined, whole: made },
        partition,
      );
      const [refusal] = appendWhole(delivery, Number.POSITIVE_INFINITY, 0, this.#rowsMax);
      if (refusal !== undefined) throw refusedOutput(refusal, -1n);
    }
  }

  #giveBack(): void {
    for (const target of this.#used) target.giveBack();
    this.#used.clear();
  }

  /** What a graph has made. */
  #deliverMade({ target, node, batch, made, partitions, isChangelog }: MadeBatch): Delivery {
    return {
      ...this.#made(target, node, batch),
      isChangelog,
      rows: () => Uint32Array.from(made, ({ row }) => row),
      placeOf: (record) => made[record]!.place,
      pathOf: made.some(({ path }) => path !== undefined) ? (record) => made[record]!.path : undefined,
      partitions,
    };
  }

  #deliver({ sink, set }: Arrival, bad: BadRows, origin: Origin): readonly Delivery[] {
    if (
      sink.form !== undefined &&
      set.values === undefined &&
      set.keys === undefined &&
      set.at === undefined
    ) {
      return [arrived(sink, sink.form, set, origin)];
    }
    const { name, place } = sink;
    return encodeArrival(sink, set, bad, origin, this.#outbox).flatMap(({ target, batches }) =>
      batches.map(({ batch, items, partitions }) => ({
        ...this.#made(target, name, batch),
        rows: () => (set.fan === undefined ? items : items.map((item) => chunkRow(set, item))),
        placeOf: () => place,
        pathOf: set.fan && ((record: number) => itemPath(set, items[record]!)),
        partitions,
      })),
    );
  }

  /** @param from the first that is not written yet */
  #letters({ bad, chunk, origin, shift }: GroupedRun, from: number): readonly Delivery[] {
    const letters: readonly BadRow[] = bad.deadLetters.slice(from);
    if (letters.length === 0) return [];
    const target = this.#deadLetters.of(chunk.program.errors.deadLetterTopic!);
    assert(target !== undefined, "the dead letter topic is known from the start");
    return partsOf(letters, BATCH_ROWS_MAX).map((part) => ({
      ...this.#made(target, "dead letters", encodeDeadLetters(part, chunk, origin, target)),
      isDead: true,
      rows: () => Uint32Array.from(part, ({ row }) => row + shift),
      placeOf: (record) => part[record]!.place,
      pathOf: (record) => part[record]!.path,
      partitions: undefined,
    }));
  }

  /** What JavaScript has made: a batch of its own. */
  #made(target: SinkTarget, node: string, batch: Uint8Array) {
    const { topic, selection } = target;
    this.#used.add(target);
    const holder = target.take();
    holder.load(batch);
    const form = this.#asTheyAre;
    return {
      topic,
      node,
      isDead: false,
      isChangelog: false,
      holder,
      form,
      kernelRows: undefined,
      spare: selection,
      whole: undefined,
      holderRows: undefined,
    };
  }

  /** What the kernels refuse is a bad row. */
  #append(deliveries: readonly Delivery[], runs: readonly GroupedRun[]): void {
    const { bad, chunk, shift } = runs.at(-1)!;
    const limit = bad.limit + shift;
    const byTopic = new Map<TopicSink, Delivery[]>();
    for (const delivery of deliveries) {
      const others = byTopic.get(delivery.topic);
      if (others === undefined) byTopic.set(delivery.topic, [delivery]);
      else others.push(delivery);
    }
    for (const group of byTopic.values()) {
      const only = group.length === 1 ? group[0]! : undefined;
      const refusals =
        only === undefined
          ? appendMerged(group, limit, this.#rowsMax)
          : appendWhole(only, limit, chunk.rowCount, this.#rowsMax);
      for (const refusal of refusals) refuse(refusal, runs);
    }
  }
}

/** What follows the row may be written already: where it may not be passed over, nothing of the transaction stays. */
function refuse(refusal: Refusal, runs: readonly GroupedRun[]): void {
  const { delivery, index } = refusal;
  const { node } = delivery;
  const numbered = delivery.rows()[index]!;
  const { bad, chunk, shift } = runs.findLast((each) => each.from + each.shift <= numbered)!;
  const row = numbered - shift;
  const offset = chunk.view.offset(row);
  const facts = refusalFacts(refusal, offset);
  if (delivery.isDead) throw new PeridotError("DEAD_LETTER_REFUSED", facts);
  // a store and its changelog are the same, or worth nothing
  if (delivery.isChangelog) throw refusedOutput(refusal, offset);
  const error = new PeridotError("OUTPUT_UNSENDABLE", facts);
  const path = delivery.pathOf?.(index);
  bad.add({ row, place: delivery.placeOf(index), path, node, stage: "production", error });
  if (bad.limit <= row) throw new PeridotError("OUTPUT_REFUSED", facts);
}

function refusedOutput(refusal: Refusal, offset: bigint): PeridotError {
  return new PeridotError("OUTPUT_REFUSED", refusalFacts(refusal, offset));
}

function refusalFacts(refusal: Refusal, offset: bigint) {
  const { node, topic } = refusal.delivery;
  return { node, topic: topic.topic, offset, ...whatHelps(refusal) };
}

/** What is wrong with a record that the kernels refuse to write, and what helps. */
function whatHelps({ code, at, delivery }: Refusal): {
  readonly problem: string;
  readonly remedy: string;
} {
  const { limits } = delivery.topic;
  switch (code) {
    case ERROR_RECORD_TOO_LARGE: {
      const most = limits?.recordBytesMax ?? RECORD_BYTES_DEFAULT;
      const problem = `it has ${at} bytes, and the topic takes ${most} (max.message.bytes, less the batch's header)`;
      return { problem, remedy: "Make smaller records, or raise max.message.bytes of the topic" };
    }
    case ERROR_RECORD_KEY_MISSING: {
      const remedy = "Give the record a key, or write to a topic whose cleanup.policy is delete";
      return { problem: "it has no key, and the topic is compacted", remedy };
    }
    default:
      return { problem: describeKernelError(code), remedy: "Mend the record" };
  }
}

/** A batch in linear memory. */
interface StandingBatch {
  readonly holder: BatchHolder;
  readonly rows: KernelRows | undefined;
  /** All its records that are meant; undefined: the delivery says which. */
  readonly whole: KernelSelection | undefined;
}

/** All records of a batch, as kernels write them straight from there: in their order, without positions. */
function asItStands(
  sink: SinkProgram,
  form: RecordForm,
  { holder, rows, whole }: StandingBatch,
  partition: number,
): Delivery {
  const target = sink.targets.of(sink.topic as string);
  assert(target !== undefined, "a topic that the plan names is known from the start");
  return {
    topic: target.topic,
    node: sink.name,
    isDead: false,
    isChangelog: sink.isChangelog,
    holder,
    form,
    kernelRows: form.needsRows ? rows : undefined,
    spare: target.selection,
    whole,
    rows: () => new Uint32Array(holder.batch.rows),
    holderRows: undefined,
    placeOf: () => sink.place,
    pathOf: undefined,
    partitions: sink.isChangelog ? new Int32Array(holder.batch.rows).fill(partition) : undefined,
  };
}

/** The same of records that have arrived at a sink. */
function arrived(sink: SinkProgram, form: RecordForm, set: RowSet, { partition }: Origin): Delivery {
  let items: Uint32Array | undefined;
  const held = () => {
    items ??= itemsOf(set);
    return items;
  };
  const { holder, rows } = set.source;
  return {
    ...asItStands(sink, form, { holder, rows, whole: set.selection }, partition),
    rows: set.fan === undefined ? held : () => held().map((item) => chunkRow(set, item)),
    holderRows: held,
    pathOf: set.fan && ((record: number) => itemPath(set, held()[record]!)),
  };
}

function partsOf<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  const parts = Math.ceil(all.length / size);
  return Array.from({ length: parts }, (_, index) => all.slice(index * size, (index + 1) * size));
}
