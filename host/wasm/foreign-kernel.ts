import { ERROR_KERNEL_OUTPUT_TOO_LARGE, ERROR_KERNEL_REFUSED } from "../../kernels/abi/errors.ts";
import { FOREIGN_ABI_VERSION } from "../../kernels/abi/foreign.ts";
import { BATCH_ROWS_MAX } from "../../kernels/abi/limits.ts";
import { BatchBuilder } from "../batch/batch-builder.ts";
import { PeridotError } from "../errors.ts";
import { type ForeignRecord, readRecords, writeRecords } from "./foreign-records.ts";
import { describeKernelError } from "./kernel-errors.ts";
import type { BatchHolder, KernelInstance, KernelSelection } from "./kernel-instance.ts";
import { exportOf, invalid } from "./kernel-module.ts";
import type { KernelRefusal, UserKernel } from "./user-kernel.ts";
import { Instance, type WasmMemory, type WasmModule } from "./web-assembly.ts";

/** What a module of another language exports (kernels/ABI.md), beside its kernels. */
interface ForeignExports {
  readonly memory: WasmMemory;
  peridot_abi_version(): number;
  peridot_alloc(bytes: number): number;
}

export interface ForeignKernelSettings {
  readonly module: WasmModule;
  /** How the user knows the module. */
  readonly path: string;
  /** Name of its kernel: the export is peridot_kernel_<name>. */
  readonly kernel: string;
}

type ForeignExport = (records: number, bytes: number) => number;

/**
 * A kernel of a module that was built from another language: it has an instance, and so a memory, of its own, gets
 * the rows as a copy and gives records back as one. What it makes becomes a Batch in our kernels' memory.
 *
 * @throws PeridotError KERNEL_MODULE_INVALID, KERNEL_ABI_DIFFERS, KERNEL_MISSING.
 */
export function openForeignKernel(kernels: KernelInstance, settings: ForeignKernelSettings): UserKernel {
  const { module, path, kernel } = settings;
  const exported = exportOf(module, path, kernel);
  const exports = instantiate(module, path);
  const run = exports[exported] as ForeignExport;
  const builder = new BatchBuilder();
  const target = kernels.newHostBatch();
  let rowOf = new Uint32Array(0);
  let ordinalOf = new Uint32Array(0);
  let refusals: readonly KernelRefusal[] = [];
  let dead = false;

  /** The answer to these records. What goes wrong in the module, or is wrong with its answer, ends its life. */
  function ask(records: Buffer, rows: number): ForeignRecord[] {
    if (dead) throw new PeridotError("KERNEL_DEAD");
    try {
      const at = exports.peridot_alloc(records.length);
      checkPlace(exports.memory, at, records.length, "peridot_alloc");
      new Uint8Array(exports.memory.buffer, at, records.length).set(records);
      const answer = run(at, records.length);
      checkPlace(exports.memory, answer, 8, exported);
      return readRecords(Buffer.from(exports.memory.buffer).subarray(answer), rows);
    } catch (error) {
      dead = true;
      const what = `${kernel}: ${error instanceof Error ? error.message : String(error)}`;
      throw new PeridotError("KERNEL_TRAPPED", { what, kernel, row: undefined, fuel: false }, error);
    }
  }

  return {
    run(from, selection, start) {
      const selected = selection.rows.subarray(start);
      const answer = selected.length === 0 ? [] : ask(writeRecords(from.batch, selected), from.batch.rows);
      const taken = takeRecords(answer);
      refusals = taken.refusals;
      rowOf = Uint32Array.from(taken.records, ({ row }) => row);
      ordinalOf = ordinals(rowOf);
      load(from, taken.records);
      return taken.cut === undefined ? start + selected.length : indexOf(selection, start, taken.cut);
    },
    get batch() {
      return target.batch;
    },
    get batchAddress() {
      return target.batchAddress;
    },
    get records() {
      return rowOf.length;
    },
    get rowOf() {
      return rowOf;
    },
    get ordinalOf() {
      return ordinalOf;
    },
    get refusals() {
      return refusals;
    },
    close() {
      target.close();
    },
  };

  function load(from: BatchHolder, records: readonly ForeignRecord[]): void {
    const { batch } = from;
    const first = batch.rows === 0 ? undefined : { offset: batch.offset(0), position: batch.position(0) };
    for (const { row, key, value, timestamp, headers } of records) {
      const order = {
        offsetDelta: Number(batch.offset(row) - first!.offset),
        positionDelta: Number(batch.position(row) - first!.position),
      };
      builder.append(key, value, timestamp, headers ?? batch.rawHeaders(row), order);
    }
    target.load(builder.finish(first?.offset, first?.position));
  }
}

function instantiate(module: WasmModule, path: string): ForeignExports & Readonly<Record<string, unknown>> {
  let exports: Partial<ForeignExports> & Readonly<Record<string, unknown>>;
  try {
    ({ exports } = new Instance(module, {}));
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : String(error), error);
  }
  const { memory, peridot_abi_version: version, peridot_alloc: alloc } = exports;
  if (memory === undefined || version === undefined || alloc === undefined) {
    throw invalid(path, "it does not export memory, peridot_abi_version and peridot_alloc");
  }
  const found = version();
  if (found !== FOREIGN_ABI_VERSION) {
    throw new PeridotError("KERNEL_ABI_DIFFERS", { module: path, found, expected: FOREIGN_ABI_VERSION });
  }
  return exports as ForeignExports & Readonly<Record<string, unknown>>;
}

function checkPlace({ buffer }: WasmMemory, at: number, bytes: number, who: string): void {
  if (at > 0 && at % 8 === 0 && at + bytes <= buffer.byteLength) return;
  throw new PeridotError("SERDE_REFUSED", {
    serde: who,
    problem: `${bytes} bytes at ${at}: an address is in memory, and divisible by 8`,
  });
}

/** What of an answer fits into a Batch: whole rows, and the first row that is left over. */
function takeRecords(answer: readonly ForeignRecord[]) {
  const refused = new Map<number, KernelRefusal>();
  for (const { row, refusal } of answer) {
    if (refusal !== undefined && !refused.has(row))
      refused.set(row, { row, code: ERROR_KERNEL_REFUSED, reason: refusal });
  }
  let records = answer.filter(({ row }) => !refused.has(row));
  let cut: number | undefined;
  if (records.length > BATCH_ROWS_MAX) {
    const next = records[BATCH_ROWS_MAX]!.row;
    if (records[0]!.row === next) {
      refused.set(next, {
        row: next,
        code: ERROR_KERNEL_OUTPUT_TOO_LARGE,
        reason: describeKernelError(ERROR_KERNEL_OUTPUT_TOO_LARGE),
      });
      return takeRest(records, refused, next);
    }
    cut = next;
    records = records.filter(({ row }) => row < next);
  }
  return { records, cut, refusals: rising(refused, cut) };
}

/** A row of which more was made than a batch holds is refused, and those behind it come with the next run. */
function takeRest(records: readonly ForeignRecord[], refused: Map<number, KernelRefusal>, row: number) {
  const cut = records.find((record) => record.row > row)?.row;
  return { records: [] as ForeignRecord[], cut, refusals: rising(refused, cut) };
}

function rising(
  refused: ReadonlyMap<number, KernelRefusal>,
  cut = Number.POSITIVE_INFINITY,
): KernelRefusal[] {
  return [...refused.values()].filter(({ row }) => row < cut).sort((left, right) => left.row - right.row);
}

function ordinals(rowOf: Uint32Array): Uint32Array<ArrayBuffer> {
  const ordinalOf = new Uint32Array(rowOf.length);
  for (let record = 1; record < rowOf.length; record++) {
    if (rowOf[record] === rowOf[record - 1]) ordinalOf[record] = ordinalOf[record - 1]! + 1;
  }
  return ordinalOf;
}

function indexOf(selection: KernelSelection, start: number, row: number): number {
  return selection.rows.indexOf(row, start);
}
