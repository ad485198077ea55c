import * as abi from "../../kernels/abi/aggregate.ts";
import { FIELD_BYTES } from "../../kernels/abi/field.ts";
import { assert } from "../assert.ts";
import { BatchView } from "../batch/batch-view.ts";
import { writeField } from "./field-at.ts";
import type { BatchHolder, FieldAt, KernelRows, KernelSelection } from "./kernel-instance.ts";
import { openSelection } from "./kernel-selection.ts";
import type { LinearMemory } from "./linear-memory.ts";
import type { StateTable } from "./state-table.ts";

/** A field is i32, i64 or f64: integers are summed with 64 bits and wrap as Java's long, an f64 is a double. */
export type AggregateSettings =
  | { readonly kind: "count"; readonly rowsMax: number }
  | {
      readonly kind: "sum" | "min" | "max" | "first" | "last";
      readonly field: FieldAt;
      readonly rowsMax: number;
    };

/** An aggregate in one place of a topology. What it holds is that of its last run, until the next one. */
export interface KernelAggregate extends BatchHolder {
  /**
   * Runs over the selected rows, from an index in the selection on; keys that are not in memory are loaded.
   *
   * @param rows the decoded values; a count needs none, but where there are some, nulls among them do not count.
   * @param pendingBytesMax 0: each change makes a record. Else none does: changes wait in the table, for `tell`, and the run
   *   ends behind the row with which they have more than so many bytes.
   * @returns index up to which rows are done: take the records, go on from there. Always beyond `start`, unless there is
   * nothing left. Errors: KERNEL_MEMORY_FULL: the table has no room for the row at `start`, and nothing is changed.
   */
  run(
    table: StateTable,
    from: BatchHolder,
    selection: KernelSelection,
    start: number,
    rows?: KernelRows,
    pendingBytesMax?: number,
  ): number;
  /**
   * Makes records of what waits, the oldest change first, until there are as many as fit.
   *
   * @param from what the last call gave; 0 at first.
   * @returns undefined: that was all; the table is to be told so.
   */
  tell(table: StateTable, from: number): number | undefined;
  /** Records in the output: key, the new aggregate (8 bytes, big endian), timestamp, headers. */
  readonly records: number;
  /** By record: the row of the input that it was made of. A copy. */
  readonly rowOf: Uint32Array;
  /** Rows of the last run without key or value. */
  readonly dropped: number;
  close(): void;
}

const KINDS = {
  count: abi.AGGREGATE_COUNT,
  sum: abi.AGGREGATE_SUM,
  min: abi.AGGREGATE_MIN,
  max: abi.AGGREGATE_MAX,
  first: abi.AGGREGATE_FIRST,
  last: abi.AGGREGATE_LAST,
} as const satisfies Record<AggregateSettings["kind"], number>;

/** See KernelAggregate. */
export function openAggregate(memory: LinearMemory, settings: AggregateSettings): KernelAggregate {
  const { kind, rowsMax } = settings;
  const address = memory.fitted(
    memory.call((kernels) => kernels.aggregateNew(rowsMax)),
    "an aggregate",
  );
  memory.words[(address + abi.AGGREGATE_KIND_AT) >> 2] = KINDS[kind];
  if (settings.kind !== "count") {
    const { type } = settings.field;
    assert(type === "i32" || type === "i64" || type === "f64", "an aggregate's field is a number");
    const field = Buffer.alloc(FIELD_BYTES);
    writeField(field, 0, settings.field);
    memory.bytes.set(field, address + abi.AGGREGATE_FIELD_AT);
  }
  const missing = openSelection(memory, rowsMax);

  /** All that the batch needs, as far as there is room: a row whose key is still missing then is loaded in its turn. */
  function prefetch(table: StateTable, from: BatchHolder, selection: KernelSelection): void {
    const count = memory.call((kernels) =>
      kernels.aggregateMissing(table.address, from.batchAddress, selection.address, missing.address),
    );
    if (count === 0) return;
    for (const row of missing.rows.slice()) load(table, from, row);
  }

  function load(table: StateTable, from: BatchHolder, row: number): void {
    const key = from.batch.key(row);
    assert(key !== null, "a row without key misses nothing");
    table.loadFromSource(Buffer.from(key));
  }

  return {
    run(table, from, selection, start, rows, pendingBytesMax = 0) {
      memory.words[(address + abi.AGGREGATE_PENDING_MAX_AT) >> 2] = pendingBytesMax;
      if (start === 0) {
        table.relieve();
        if (!table.isComplete) prefetch(table, from, selection);
      }
      let isFull = false;
      for (;;) {
        const result = memory.call((kernels) =>
          kernels.aggregateRows(
            table.address,
            address,
            from.batchAddress,
            selection.address,
            rows?.address ?? 0,
            start,
          ),
        );
        const done = memory.fitted(result, "what an aggregate makes of a batch");
        const status = memory.wordAt(address + abi.AGGREGATE_STATUS_AT);
        if (done > start || status === abi.AGGREGATE_DONE) return done;
        if (status === abi.AGGREGATE_MISS) {
          load(table, from, selection.rows[start]!);
          continue;
        }
        if (isFull) throw memory.full("a store's table");
        isFull = true;
        table.evict();
      }
    },
    tell(table, from) {
      const seen = memory.fitted(
        memory.call((kernels) => kernels.aggregatePending(table.address, address, from)),
        "what a record cache has kept back",
      );
      return seen === table.pendings ? undefined : seen;
    },
    get batch() {
      return new BatchView(memory.bytes, memory.wordAt(address + abi.AGGREGATE_REGION_AT));
    },
    get batchAddress() {
      return memory.wordAt(address + abi.AGGREGATE_REGION_AT);
    },
    get records() {
      return memory.wordAt(address + abi.AGGREGATE_RECORDS_AT);
    },
    get rowOf() {
      const { buffer, byteOffset } = memory.bytes;
      const from = memory.wordAt(address + abi.AGGREGATE_SOURCES_AT);
      const count = memory.wordAt(address + abi.AGGREGATE_RECORDS_AT);
      return new Uint32Array(buffer, byteOffset + from, count).slice();
    },
    get dropped() {
      return memory.wordAt(address + abi.AGGREGATE_DROPPED_AT);
    },
    close() {
      if (memory.dead) return;
      missing.close();
      memory.call((kernels) => kernels.aggregateFree(address));
    },
  };
}
