import type { RowError } from "../batch/batch-view.ts";
import type { BatchHolder, KernelRows, KernelSelection, RecordForm } from "../wasm/kernel-instance.ts";
import type { TopicSink } from "./outbox.ts";
import { comparePositions, type Path } from "./position.ts";

/** Records ready to be appended to a topic: rows of a batch, each of which came from a row of the chunk. */
export interface Delivery {
  readonly topic: TopicSink;
  readonly node: string;
  /** Records that failed before, for the dead letter topic. */
  readonly isDead: boolean;
  /** Records of a store: none of them may be left out. */
  readonly isChangelog: boolean;
  readonly holder: BatchHolder;
  readonly form: RecordForm;
  readonly kernelRows: KernelRows | undefined;
  /** May be overwritten. */
  readonly spare: KernelSelection;
  /** Has all the records selected, if there is such a selection. */
  readonly whole: KernelSelection | undefined;
  /** By record: the row of the chunk that it came from, never falling. */
  readonly rows: () => Uint32Array;
  /** By record: where in depth-first order it was made. */
  readonly placeOf: (index: number) => number;
  /** By record: its way through fan-outs; undefined: none has any. */
  readonly pathOf: ((index: number) => Path | undefined) | undefined;
  /** By record: its row of the holder; undefined: the record's number. */
  readonly holderRows: (() => Uint32Array) | undefined;
  /** By row of the holder: its partition; -1: by the key. undefined: all are by the key. */
  readonly partitions: Int32Array | undefined;
}

/** A record that the kernels did not take, such as one that is too large. */
export interface Refusal extends RowError {
  readonly delivery: Delivery;
  /** Number of the record. */
  readonly index: number;
}

/**
 * Appends what came from rows below `limit`.
 *
 * @param rowCount all the rows that there are.
 */
export function appendWhole(
  delivery: Delivery,
  limit: number,
  rowCount: number,
  rowsMax: number,
): readonly Refusal[] {
  const { whole } = delivery;
  if (whole !== undefined && limit >= rowCount) {
    const { count } = whole;
    return append(delivery, whole) ? [] : refusalsBetween(delivery, delivery.holderRows?.(), 0, count);
  }
  const rows = delivery.rows();
  const end = firstNotBelow(rows, limit);
  const held = delivery.holderRows?.();
  const refusals: Refusal[] = [];
  for (let from = 0; from < end; from += rowsMax) {
    const part = appendPart(delivery, held, from, Math.min(end, from + rowsMax));
    for (const refusal of part) refusals.push(refusal);
  }
  return refusals;
}

/** A record that waits for its turn. */
interface Turn {
  readonly delivery: Delivery;
  readonly rows: Uint32Array;
  readonly held: Uint32Array | undefined;
  readonly end: number;
  next: number;
}

/** The same for deliveries to one topic, by position. One kernel call for each change of delivery. */
export function appendMerged(
  deliveries: readonly Delivery[],
  limit: number,
  rowsMax: number,
): readonly Refusal[] {
  const turns = deliveries.map((delivery): Turn => {
    const rows = delivery.rows();
    return { delivery, rows, held: delivery.holderRows?.(), end: firstNotBelow(rows, limit), next: 0 };
  });
  const refusals: Refusal[] = [];
  for (let first = firstOf(turns); first !== undefined; first = firstOf(turns)) {
    const from = first.next++;
    const most = Math.min(first.end, from + rowsMax);
    while (first.next < most && firstOf(turns) === first) first.next++;
    for (const refusal of appendPart(first.delivery, first.held, from, first.next)) refusals.push(refusal);
  }
  return refusals;
}

function firstOf(turns: readonly Turn[]): Turn | undefined {
  let first: Turn | undefined;
  for (const turn of turns) {
    if (turn.next < turn.end && (first === undefined || before(turn, first))) first = turn;
  }
  return first;
}

function before(a: Turn, b: Turn): boolean {
  const rows = a.rows[a.next]! - b.rows[b.next]!;
  return rows < 0 || (rows === 0 && comparePositions(positionOf(a), positionOf(b)) < 0);
}

function positionOf({ delivery, rows, next }: Turn) {
  return { row: rows[next]!, place: delivery.placeOf(next), path: delivery.pathOf?.(next) };
}

/** @param held by record: its row of the holder; undefined: its number. */
function appendPart(
  delivery: Delivery,
  held: Uint32Array | undefined,
  from: number,
  to: number,
): readonly Refusal[] {
  const { spare } = delivery;
  if (held !== undefined) spare.selectRows(held.subarray(from, to));
  else spare.selectRows(Uint32Array.from({ length: to - from }, (_, index) => from + index));
  return append(delivery, spare) ? [] : refusalsBetween(delivery, held, from, to);
}

/** Rows of a chunk go to several topics: what one of them refuses is told once, and the next may take it. */
function refusalsBetween(
  delivery: Delivery,
  held: Uint32Array | undefined,
  from: number,
  to: number,
): Refusal[] {
  const { batch } = delivery.holder;
  const refusals: Refusal[] = [];
  for (let index = from; index < to; index++) {
    const error = batch.takeError(held === undefined ? index : held[index]!);
    if (error !== undefined) refusals.push({ ...error, delivery, index });
  }
  return refusals;
}

/** @returns whether the kernels took everything. */
function append(delivery: Delivery, selection: KernelSelection): boolean {
  const { topic, holder, form, kernelRows, partitions } = delivery;
  const { count } = selection;
  if (count === 0) return true;
  return topic.append(holder, selection, form, kernelRows, partitions) === count;
}

/** Rows never fall: how many are below the limit. */
function firstNotBelow(rows: Uint32Array, limit: number): number {
  let end = rows.length;
  while (end > 0 && rows[end - 1]! >= limit) end--;
  return end;
}
