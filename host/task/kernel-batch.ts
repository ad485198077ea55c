import { ROWS_TABLES_AT } from "../../kernels/abi/rows.ts";
import type { BatchView } from "../batch/batch-view.ts";
import type { AnySerde, RowMemory, RowType } from "../topology/serde.ts";
import type { BatchHolder, KernelRows } from "../wasm/kernel-instance.ts";
import type { KernelProgram } from "./program.ts";
import type { RecordSource, RowReader } from "./row-set.ts";

/** What a user's kernel has made of a batch, until it makes something of the next one. */
export class KernelBatch implements RecordSource {
  readonly #step: KernelProgram;

  constructor(step: KernelProgram) {
    this.#step = step;
  }

  get view(): BatchView {
    return this.#step.kernel.batch;
  }

  get holder(): BatchHolder {
    return this.#step.kernel;
  }

  get rows(): KernelRows | undefined {
    return this.#step.decoding?.rows;
  }

  get descriptor(): number | undefined {
    return this.#step.decoding?.descriptor;
  }

  keyReader(): RowReader {
    const { view } = this;
    const { key } = this.#step;
    return (row) => read(key, view.key(row));
  }

  valueReader(): RowReader {
    const { view } = this;
    const { value, decoding } = this.#step;
    if (decoding !== undefined) return rowReader(decoding.type, decoding.rows, decoding.memory(), view.rows);
    return (row) => read(value, view.value(row));
  }
}

function read(serde: AnySerde, bytes: Buffer | null): unknown {
  return bytes === null ? null : serde.deserialize(bytes);
}

/** Reads rows of ROWS as values. For one loop: the next kernel call may void it. */
export function rowReader(
  type: RowType,
  rows: KernelRows,
  memory: Buffer,
  rowCount: number,
  ascii = rows.ascii,
): RowReader {
  const tablesAt = memory.byteOffset + rows.address + ROWS_TABLES_AT;
  const tables = new Uint32Array(memory.buffer, tablesAt, rowCount);
  const rowMemory: RowMemory = {
    memory,
    addressOf: (row) => tables[row]!,
    version: rows.version,
    bufferAddress: rows.bufferAddress,
    byteLength: rows.byteLength,
    ascii,
  };
  return (row) => (tables[row] === 0 ? null : type.view(rowMemory, row));
}
