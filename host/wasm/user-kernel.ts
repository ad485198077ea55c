import {
  FORM_ROWS,
  OUTPUT_CAPACITY_AT,
  OUTPUT_ORIGINS_AT,
  OUTPUT_RECORDS_AT,
  OUTPUT_REFUSAL_COUNT_AT,
  OUTPUT_REFUSALS_AT,
  OUTPUT_REGION_AT,
  REFUSAL_BYTES,
  REFUSAL_CODE_AT,
  REFUSAL_REASON_AT,
  REFUSAL_ROW_AT,
  RUN_FORM_AT,
  RUN_ROW_AT,
  RUN_TRAP_AT,
  RUN_TRAP_TEXT_AT,
  TRAP_FIELD_COUNT,
  TRAP_FIELD_TYPE,
  TRAP_FIELD_UNKNOWN,
  TRAP_FROM,
  TRAP_FUEL,
  TRAP_INDEX,
  TRAP_JSON,
  TRAP_MEMORY,
  TRAP_NO_ROWS,
} from "../../kernels/abi/kernel-output.ts";
import { KERNEL_FIELDS_MAX } from "../../kernels/abi/limits.ts";
import { BatchView } from "../batch/batch-view.ts";
import { PeridotError } from "../errors.ts";
import { describeKernelError } from "./kernel-errors.ts";
import type { BatchHolder, KernelRows, KernelSelection } from "./kernel-instance.ts";
import { exportOf } from "./kernel-module.ts";
import type { LinearMemory } from "./linear-memory.ts";
import type { WasmModule } from "./web-assembly.ts";

/** What one row of a user's kernel may burn, unless configured: a unit for each turn of a loop and each call. */
export const FUEL_PER_ROW_DEFAULT = 1_000_000;

export interface UserKernelSettings {
  /** Name of its function. */
  readonly kernel: string;
  /** Most rows of a batch that it is given. */
  readonly rowsMax: number;
  /** Default FUEL_PER_ROW_DEFAULT. Modules of other languages have no counter. */
  readonly fuelPerRow?: number;
}

/** A row that the kernel has refused: nothing of it is in the output. */
export interface KernelRefusal {
  readonly row: number;
  /** A code 400 to 499 of kernels/abi/errors.ts. */
  readonly code: number;
  /** The author's reason, or what the code says. */
  readonly reason: string;
}

/**
 * A kernel that a user wrote, in one of a topology's places: it makes a Batch of a Batch. What it holds is that of its
 * last run, until the next one.
 *
 * Errors of `run`: KERNEL_TRAPPED (abortable), with the facts `kernel`, `what`, and `row`: the row of the batch that
 * was being worked on, undefined where that is not known; KERNEL_MEMORY_FULL (abortable); KERNEL_FIELD_INVALID (fatal):
 * kernel and schema do not fit together; KERNEL_DEAD.
 */
export interface UserKernel extends BatchHolder {
  /**
   * Runs over the selected rows, from an index in the selection on.
   *
   * @param rows the decoded values, with the address of their JSON `descriptor`; undefined: they are not.
   * @returns index in the selection up to which the rows are done: what came of them is as much as a batch holds, so
   * go on from there once it is taken. Always beyond `start`, unless there is nothing left.
   */
  run(from: BatchHolder, selection: KernelSelection, start: number, rows?: DecodedRows): number;
  /** Records in the output. */
  readonly records: number;
  /** By record: the row of the input that it was made of (never falling), and its number within that row. Copies. */
  readonly rowOf: Uint32Array;
  readonly ordinalOf: Uint32Array;
  /** The refused rows of the last run, rising. */
  readonly refusals: readonly KernelRefusal[];
  close(): void;
}

/** Values as rows, and the JSON descriptor that they were decoded by. */
export interface DecodedRows {
  readonly rows: KernelRows;
  readonly descriptor: number;
}

/** See UserKernel. Errors: KERNEL_MISSING, KERNEL_MEMORY_FULL. */
export function openUserKernel(
  memory: LinearMemory,
  module: WasmModule,
  path: string,
  settings: UserKernelSettings,
): UserKernel {
  const { kernel, rowsMax, fuelPerRow = FUEL_PER_ROW_DEFAULT } = settings;
  const run = memory.userExport(exportOf(module, path, kernel));
  const runAt = memory.call(() => memory.user.runAt());
  const output = memory.fitted(
    memory.call(() => memory.user.outputNew(rowsMax)),
    "a kernel's output",
  );
  const fuel = BigInt(fuelPerRow);

  function column(index: number): Uint32Array {
    const from =
      memory.wordAt(output + OUTPUT_ORIGINS_AT) + 4 * index * memory.wordAt(output + OUTPUT_CAPACITY_AT);
    const { buffer, byteOffset } = memory.bytes;
    return new Uint32Array(buffer, byteOffset + from, memory.wordAt(output + OUTPUT_RECORDS_AT)).slice();
  }

  return {
    run(from, selection, start, rows) {
      void memory.live;
      let done: number;
      try {
        done = run(
          output,
          from.batchAddress,
          selection.address,
          rows?.rows.address ?? 0,
          rows?.descriptor ?? 0,
          start,
          fuel,
        );
      } catch (error) {
        throw trapOf(memory, runAt, kernel, fuelPerRow, error);
      }
      return memory.fitted(done, `what the kernel ${kernel} makes of a row`);
    },
    get batch() {
      return new BatchView(memory.bytes, memory.wordAt(output + OUTPUT_REGION_AT));
    },
    get batchAddress() {
      return memory.wordAt(output + OUTPUT_REGION_AT);
    },
    get records() {
      return memory.wordAt(output + OUTPUT_RECORDS_AT);
    },
    get rowOf() {
      return column(0);
    },
    get ordinalOf() {
      return column(1);
    },
    get refusals() {
      return readRefusals(memory, output);
    },
    close() {
      if (!memory.dead) memory.call(() => memory.user.outputFree(output));
    },
  };
}

function readRefusals(memory: LinearMemory, output: number): KernelRefusal[] {
  const first = memory.wordAt(output + OUTPUT_REFUSALS_AT);
  return Array.from({ length: memory.wordAt(output + OUTPUT_REFUSAL_COUNT_AT) }, (_, index) => {
    const at = first + REFUSAL_BYTES * index;
    const code = memory.wordAt(at + REFUSAL_CODE_AT);
    const reason = memory.wordAt(at + REFUSAL_REASON_AT);
    return {
      row: memory.wordAt(at + REFUSAL_ROW_AT),
      code,
      reason: reason === 0 ? describeKernelError(code) : memory.textAt(reason),
    };
  });
}

/** Why a kernel trapped, as its RUN tells. The instance is dead from here on. */
function trapOf(
  memory: LinearMemory,
  runAt: number,
  kernel: string,
  fuelPerRow: number,
  cause: unknown,
): PeridotError {
  const said = memory.end(cause);
  const trap = memory.wordAt(runAt + RUN_TRAP_AT);
  const text = memory.textAt(memory.wordAt(runAt + RUN_TRAP_TEXT_AT));
  const field = FIELD_PROBLEMS[trap];
  if (field !== undefined) {
    return new PeridotError("KERNEL_FIELD_INVALID", { kernel, field: text, problem: field }, cause);
  }
  const byRow = memory.wordAt(runAt + RUN_FORM_AT) === FORM_ROWS;
  const row = byRow ? memory.wordAt(runAt + RUN_ROW_AT) : undefined;
  const what = `${kernel}: ${trap === TRAP_FUEL ? outOfFuel(fuelPerRow) : (TRAPS[trap] ?? said)}`;
  return new PeridotError("KERNEL_TRAPPED", { what, kernel, row, fuel: trap === TRAP_FUEL }, cause);
}

function outOfFuel(fuelPerRow: number): string {
  return `it has used up its fuel, ${fuelPerRow} turns of loops and calls for a row. Mend its loop, or raise fuelPerRow`;
}

const FIELD_PROBLEMS: Readonly<Record<number, string>> = {
  [TRAP_FIELD_UNKNOWN]: "which the schema of its input does not have",
  [TRAP_FIELD_TYPE]: "which has another type in the schema of its input",
  [TRAP_NO_ROWS]: "but its input has no schema: use json(schema), or read row.value",
  [TRAP_FIELD_COUNT]: `beside ${KERNEL_FIELDS_MAX} others: more than a kernel may use`,
};

const TRAPS: Readonly<Record<number, string>> = {
  [TRAP_INDEX]: "an index is out of range",
  [TRAP_FROM]: "out.from names a row before the present one, or none, or is called by a kernel over rows",
  [TRAP_JSON]: "json: a member in an array, an element in an object, an end too many, or 64 brackets open",
  [TRAP_MEMORY]: "the texts that it makes of one row do not fit into linear memory",
};
