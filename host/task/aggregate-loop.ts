import { assert } from "../assert.ts";
import type { BatchView } from "../batch/batch-view.ts";
import type { BatchHolder, KernelSelection } from "../wasm/kernel-instance.ts";
import type { StateTable } from "../wasm/state-table.ts";
import type { AggregateProgram } from "./aggregate-program.ts";
import type { BadRows } from "./bad-rows.ts";
import type { Fan } from "./position.ts";
import { itemsOf, type RecordSource, type RowReader, type RowSet } from "./row-set.ts";

/** What has come of the rows of a set. */
export interface Aggregated {
  readonly next: RowSet;
  /** Rows before `limit` without key or value. To be asked before the next batch. */
  readonly droppedBelow: (limit: number) => number;
}

/**
 * An aggregate over the rows of a set: one call for all of them. What it makes is a batch of its own, and the items are
 * its records: the new value of each row's key. Where memory ends before the rows do, so does the run; and behind the row
 * with which too much waits in the record cache.
 *
 * @param pendingBytesMax see KernelAggregate#run
 * @throws KERNEL_MEMORY_FULL: there is no room for a single row
 */
export function aggregateOver(
  step: AggregateProgram,
  set: RowSet,
  bad: BadRows,
  table: StateTable,
  pendingBytesMax: number,
): Aggregated {
  const { source, chunk } = set;
  assert(set.fan === undefined && set.at === undefined, `${step.name} is given rows of its source`);
  const selection = selectBelow(step, set, bad.limit);
  const { aggregate, made } = step;
  const done = aggregate.run(table, source.holder, selection, 0, source.rows, pendingBytesMax);
  if (pendingBytesMax > 0 && table.pendingBytes > pendingBytesMax) {
    bad.stopAt(selection.rows[done - 1]! + 1, undefined);
  } else if (done < selection.count) bad.stopAt(selection.rows[done]!, undefined);
  made.selectAll(aggregate);
  const next: RowSet = {
    chunk,
    source: new AggregateBatch(step),
    selection: made,
    items: undefined,
    keys: undefined,
    values: undefined,
    keyFrom: undefined,
    projection: undefined,
    at: undefined,
    fan: new AggregateFan(step),
  };
  const isNull = (row: number) => {
    const isNone = chunk.view.keyLength(row) < 0 || chunk.view.valueLength(row) < 0;
    return isNone || source.rows?.addressOf(row) === 0 ? 1 : 0;
  };
  const droppedBelow = (limit: number) =>
    limit >= chunk.rowCount
      ? aggregate.dropped
      : selection.rows
          .subarray(0, countBelow(selection.rows, limit))
          .reduce((count, row) => count + isNull(row), 0);
  return { next, droppedBelow };
}

function selectBelow({ selection }: AggregateProgram, set: RowSet, limit: number): KernelSelection {
  if (set.selection !== undefined && limit >= set.chunk.rowCount) return set.selection;
  const items = itemsOf(set);
  selection.selectRows(items.subarray(0, countBelow(items, limit)));
  return selection;
}

/** @param rows rising. */
function countBelow(rows: Uint32Array, limit: number): number {
  let end = rows.length;
  while (end > 0 && rows[end - 1]! >= limit) end--;
  return end;
}

/** What an aggregate has made of a batch, until it makes something of the next one. */
class AggregateBatch implements RecordSource {
  readonly rows = undefined;
  readonly descriptor = undefined;
  readonly #step: AggregateProgram;

  constructor(step: AggregateProgram) {
    this.#step = step;
  }

  get view(): BatchView {
    return this.#step.aggregate.batch;
  }

  get holder(): BatchHolder {
    return this.#step.aggregate;
  }

  keyReader(): RowReader {
    const { view } = this;
    const { key } = this.#step;
    return (row) => key.deserialize(view.key(row)!);
  }

  valueReader(): RowReader {
    const { view } = this;
    const { value } = this.#step;
    return (row) => value.deserialize(view.value(row)!);
  }
}

/** Of each row at most one record: taken out of linear memory if somebody asks. */
class AggregateFan implements Fan {
  readonly places: readonly number[];
  readonly #step: AggregateProgram;
  #rows: Uint32Array | undefined;

  constructor(step: AggregateProgram) {
    this.#step = step;
    this.places = [step.place];
  }

  get rows(): Uint32Array {
    const rows = this.#rows ?? this.#step.aggregate.rowOf;
    this.#rows = rows;
    return rows;
  }

  get ordinals(): readonly Uint32Array[] {
    return [new Uint32Array(this.rows.length)];
  }
}
