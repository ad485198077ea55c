import { PeridotError } from "../errors.ts";
import { describeKernelError } from "../wasm/kernel-errors.ts";
import type { KernelSelection } from "../wasm/kernel-instance.ts";
import type { UserKernel } from "../wasm/user-kernel.ts";
import type { BadRows, Origin } from "./bad-rows.ts";
import { refuse } from "./call-loop.ts";
import { KernelBatch } from "./kernel-batch.ts";
import type { KernelTraps } from "./kernel-traps.ts";
import type { Fan } from "./position.ts";
import type { KernelProgram } from "./program.ts";
import { chunkRow, itemsOf, type RowSet } from "./row-set.ts";

/** What a run of a kernel goes by, beside its step and its records. */
export interface KernelRunParts {
  readonly bad: BadRows;
  readonly traps: KernelTraps;
  readonly origin: Origin;
}

/**
 * KStream#kernel over the items of a set: one call for all of them. What it makes is a batch of its own, and the items are
 * its records.
 *
 * @throws PeridotError KERNEL_TRAPPED: the traps know what to do differently next time.
 */
export function kernelOver(step: KernelProgram, set: RowSet, parts: KernelRunParts): RowSet {
  const { bad, traps, origin } = parts;
  let selection = selectFor(step, set, parts);
  const { source } = set;
  const rows = source.rows;
  const decoded =
    rows && source.descriptor !== undefined ? { rows, descriptor: source.descriptor } : undefined;
  const run = () => {
    try {
      return step.kernel.run(source.holder, selection, 0, decoded);
    } catch (error) {
      throw trapOf(step, set, selection, parts, error);
    }
  };
  let done = run();
  let given = selection.rows;
  while (done < given.length && chunkRow(set, given[done]!) === chunkRow(set, given[0]!)) {
    const reason = "what a kernel makes of it, and this one of that, does not fit into a batch";
    refuse(step, set, bad, given[0]!, new PeridotError("RECORD_REFUSED", { node: step.name, reason }));
    selection = selectBehindFirstRow(step, set, given, bad);
    done = run();
    given = selection.rows;
  }
  if (done < given.length) bad.stopAt(chunkRow(set, given[done]!), undefined);
  if (traps.searchOf(step.name, origin) !== undefined) {
    traps.passed(step.name, origin, offsetsOf(set, given.subarray(0, done)));
  }
  for (const { row, reason } of step.kernel.refusals) {
    refuse(step, set, bad, row, new PeridotError("RECORD_REFUSED", { node: step.name, reason }));
  }
  return made(step, set, bad);
}

/** The items' rows, selected: those that a trap was blamed on are refused, and suspects come alone, a few at a time. */
function selectFor(
  step: KernelProgram,
  set: RowSet,
  { bad, traps, origin }: KernelRunParts,
): KernelSelection {
  const search = traps.searchOf(step.name, origin);
  const { chunk } = set;
  if (search === undefined && set.selection !== undefined && bad.limit >= chunk.rowCount)
    return set.selection;
  let items = itemsOf(set);
  if (search !== undefined) {
    let refused: bigint | undefined;
    items = items.filter((item) => {
      const offset = offsetOf(set, item);
      const what = search.blamed.get(offset);
      if (what !== undefined && offset !== refused) {
        refused = offset; // told once, though there may be several items of it
        refuse(step, set, bad, item, new PeridotError("RECORD_TRAPPED", { what }));
      }
      return what === undefined;
    });
    if (search.suspects !== undefined) cutAt(set, items, search.suspects, bad);
  }
  return selectBelow(step, set, items, bad.limit);
}

/** Leaves out the first row, with all the items that another kernel has made of it. */
function selectBehindFirstRow(
  step: KernelProgram,
  set: RowSet,
  items: Uint32Array,
  { limit }: BadRows,
): KernelSelection {
  const first = chunkRow(set, items[0]!);
  const rest = items.filter((item) => chunkRow(set, item) !== first);
  return selectBelow(step, set, rest, limit);
}

function selectBelow(
  { selection }: KernelProgram,
  set: RowSet,
  items: Uint32Array,
  limit: number,
): KernelSelection {
  let end = items.length;
  while (end > 0 && chunkRow(set, items[end - 1]!) >= limit) end--;
  selection.selectRows(items.subarray(0, end));
  return selection;
}

/** Ends the run before the suspects, or, if it begins with them, behind as many rows of them as are to be tried. */
function cutAt(
  set: RowSet,
  items: Uint32Array,
  { from, rows }: { readonly from: bigint; readonly rows: number },
  bad: BadRows,
): void {
  const first = items.findIndex((item) => offsetOf(set, item) >= from);
  if (first < 0) return;
  const cut = first > 0 ? chunkRow(set, items[first]!) : distinct(items, (item) => chunkRow(set, item))[rows];
  if (cut !== undefined) bad.stopAt(cut, undefined);
}

function offsetOf(set: RowSet, item: number): bigint {
  return set.chunk.view.offset(chunkRow(set, item));
}

/** Each once, though a kernel before this one may have made several items of a row. */
function offsetsOf(set: RowSet, items: Uint32Array): readonly bigint[] {
  return distinct(items, (item) => offsetOf(set, item));
}

function distinct<T>(items: Uint32Array, of: (item: number) => T): readonly T[] {
  return [...new Set(Array.from(items, of))];
}

/** The source rows are still in memory, though the instance is dead: they tell what the kernel was given. */
function trapOf(
  step: KernelProgram,
  set: RowSet,
  selection: KernelSelection,
  { traps, origin }: KernelRunParts,
  error: unknown,
): unknown {
  if (!(error instanceof PeridotError) || error.code !== "KERNEL_TRAPPED") return error;
  const { what, row } = error.facts;
  const at = typeof row === "number" ? offsetOf(set, row) : undefined;
  traps.trapped(step.name, origin, offsetsOf(set, selection.rows), at, String(what));
  return new PeridotError(
    "KERNEL_TRAPPED",
    { ...error.facts, ...origin, node: step.name, narrowed: true },
    error,
  );
}

/** The kernel's records as items, without those that are not what its serdes read. */
function made(step: KernelProgram, set: RowSet, bad: BadRows): RowSet {
  step.made.selectAll(step.kernel);
  const next: RowSet = {
    chunk: set.chunk,
    source: new KernelBatch(step),
    selection: step.made,
    items: undefined,
    keys: undefined,
    values: undefined,
    keyFrom: undefined,
    projection: undefined,
    at: undefined,
    fan: new KernelFan(step, set.fan),
  };
  if (step.decoding !== undefined) decode(step, next, bad);
  return next;
}

/** The ways of a kernel's records, taken out of linear memory if somebody asks: a topic of their own needs none. */
class KernelFan implements Fan {
  readonly places: readonly number[];
  readonly #kernel: UserKernel;
  readonly #above: Fan | undefined;
  #rows: Uint32Array | undefined;
  #ordinals: readonly Uint32Array[] | undefined;

  constructor({ kernel, place }: KernelProgram, above: Fan | undefined) {
    this.places = [...(above?.places ?? []), place];
    this.#kernel = kernel;
    this.#above = above;
  }

  get rows(): Uint32Array {
    this.#rows ??= this.#through(this.#above?.rows);
    return this.#rows;
  }

  get ordinals(): readonly Uint32Array[] {
    this.#ordinals ??= [
      ...(this.#above?.ordinals ?? []).map((each) => this.#through(each)),
      this.#kernel.ordinalOf,
    ];
    return this.#ordinals;
  }

  /** A column of the items above, by record. */
  #through(column: Uint32Array | undefined): Uint32Array {
    const { rowOf } = this.#kernel;
    return column === undefined ? rowOf : rowOf.map((item) => column[item]!);
  }
}

/** Turns JSON values into rows. One that is not what the schema says is the kernel's mistake. */
function decode(step: KernelProgram, set: RowSet, bad: BadRows): void {
  const { kernel, decoding } = step;
  decoding!.rows.decodeJson(kernel, step.made, decoding!.descriptor);
  const { batch } = kernel;
  if (batch.errors === 0) return;
  for (let record = 0; record < batch.rows; record++) {
    const code = batch.errorCode(record);
    if (code === 0) continue;
    const problem = `at byte ${batch.errorAt(record)} of a value that the kernel made: ${describeKernelError(code)}`;
    refuse(step, set, bad, record, new PeridotError("SERDE_REFUSED", { serde: step.value.name, problem }));
  }
}
