import { JSON_NON_ASCII_AT } from "../../kernels/abi/json-descriptor.ts";
import type { BatchView, PartPlaces } from "../batch/batch-view.ts";
import { PeridotError } from "../errors.ts";
import type { AnySerde, RowType } from "../topology/serde.ts";
import { describeKernelError } from "../wasm/kernel-errors.ts";
import type { KernelInput, KernelInstance, KernelRows, KernelSelection } from "../wasm/kernel-instance.ts";
import { conformStrings, type Part } from "./conform-strings.ts";
import { rowReader } from "./kernel-batch.ts";
import type { SourceProgram } from "./program.ts";
import type { RecordSource } from "./row-set.ts";

/** Room in linear memory for the decoded rows of one source partition. */
export interface ChunkRoom {
  readonly input: KernelInput;
  readonly selection: KernelSelection;
  readonly rows: KernelRows;
}

export function newChunkRoom(kernel: KernelInstance, rowsMax: number): ChunkRoom {
  return {
    input: kernel.newInput({ rowsMax, checkCrc: true }),
    selection: kernel.newSelection(rowsMax),
    rows: kernel.newRows(rowsMax),
  };
}

export function closeRoom({ input, selection, rows }: ChunkRoom): void {
  input.close();
  selection.close();
  rows.close();
}

/** A row that could not be read. */
export interface UnreadableRow {
  readonly row: number;
  readonly error: Error;
}

const WIDTHS: Readonly<Record<string, number>> = { i32: 4, i64: 8, f64: 8 };

/**
 * Decoded rows of one source partition: keys and values checked, those that JavaScript must read anyway read.
 * Rows are numbered from 0; what could not be read is in `unreadable`, in rising order.
 */
export class Chunk implements RecordSource {
  readonly program: SourceProgram;
  readonly room: ChunkRoom;
  readonly rowCount: number;
  readonly unreadable: readonly UnreadableRow[];
  /** Rows that nothing comes of: unreadable ones, and those that a timestamp extractor has dropped. */
  readonly gone = new Set<number>();
  /** Of these, the ones that the timestamp extractor has dropped. */
  readonly dropped: number[] = [];
  /** The largest timestamp of all its rows, where no row had to be looked at on its own. */
  latest: number | undefined;
  /** A row whose timestamp stops the application once everything before it is done. */
  stop: { readonly row: number; readonly error: Error } | undefined;
  /** First row that is not processed yet. */
  from = 0;
  readonly #kernel: KernelInstance;
  readonly #keys: unknown[] | undefined;
  readonly #values: unknown[] | undefined;
  /** Where the fetched bytes stand of keys or values that had to be mended. */
  readonly #fetched = new Map<Part, PartPlaces>();
  #view: BatchView | undefined;
  #ascii = false;
  #viewOf: ArrayBufferLike | undefined;

  /** Takes over what `decode` has put into the room's input. */
  constructor(kernel: KernelInstance, program: SourceProgram, room: ChunkRoom, rowCount: number) {
    this.#kernel = kernel;
    this.program = program;
    this.room = room;
    this.rowCount = rowCount;
    room.selection.selectAll(room.input);
    if (program.descriptor !== undefined) {
      room.rows.decodeJson(room.input, room.selection, program.descriptor);
      this.#view = undefined; // it counts errors
      this.#ascii = kernel.memory[program.descriptor + JSON_NON_ASCII_AT] === 0; // the next batch overwrites it
    }
    for (const part of program.strings) {
      const places = conformStrings(room, this.view, part);
      if (places === undefined) continue;
      this.#fetched.set(part, places);
      this.#view = undefined; // the batch has grown
    }
    const unreadable = new Map<number, Error>();
    if (this.view.errors > 0) this.#collectRefused(unreadable);
    this.#keys = this.#readColumn(program.key, "key", unreadable);
    this.#values =
      program.descriptor === undefined ? this.#readColumn(program.value, "value", unreadable) : undefined;
    for (const row of unreadable.keys()) this.gone.add(row);
    this.unreadable = [...unreadable].map(([row, error]) => ({ row, error })).sort((a, b) => a.row - b.row);
  }

  /** The columns, where linear memory is now: ask anew after a kernel call. */
  get view(): BatchView {
    const { buffer } = this.#kernel.memory;
    if (this.#view === undefined || this.#viewOf !== buffer) {
      this.#view = this.room.input.batch;
      this.#viewOf = buffer;
    }
    return this.#view;
  }

  get holder(): KernelInput {
    return this.room.input;
  }

  get descriptor(): number | undefined {
    return this.program.descriptor;
  }

  get rows(): KernelRows | undefined {
    return this.program.descriptor === undefined ? undefined : this.room.rows;
  }

  /** The bytes of a key or value as they were fetched: what is mended on its way to a sink is as it came. */
  raw(part: Part, row: number): Buffer | null {
    const places = this.#fetched.get(part);
    if (places !== undefined) return this.view.partAt(places, row);
    return part === "key" ? this.view.key(row) : this.view.value(row);
  }

  /**
   * Reads keys by row, as their serde makes them. Readers are for one loop: the next kernel call may void them.
   */
  keyReader(): (row: number) => unknown {
    const { view } = this;
    const { key } = this.program;
    const keys = this.#keys;
    return keys === undefined ? (row) => read(key, view.key(row)) : (row) => keys[row];
  }

  /** Reads values by row, as user functions get them. */
  valueReader(): (row: number) => unknown {
    const { view } = this;
    const { value, descriptor } = this.program;
    const values = this.#values;
    if (value.rows !== undefined && descriptor !== undefined) return this.#rowReader(value.rows);
    return values === undefined ? (row) => read(value, view.value(row)) : (row) => values[row];
  }

  #rowReader(type: RowType): (row: number) => unknown {
    return rowReader(type, this.room.rows, this.#kernel.memory, this.rowCount, this.#ascii);
  }

  #collectRefused(unreadable: Map<number, Error>): void {
    for (let row = 0; row < this.rowCount; row++) {
      const code = this.view.errorCode(row);
      if (code !== 0) unreadable.set(row, refusal(this.program, code, this.view.errorAt(row)));
    }
  }

  /** Reads what cannot be checked otherwise: JSON without rows, and serdes of the user's own. */
  #readColumn(serde: AnySerde, part: "key" | "value", unreadable: Map<number, Error>): unknown[] | undefined {
    const width = WIDTHS[serde.format];
    if (width === undefined && serde.format !== "json" && serde.format !== "custom") return undefined;
    const column: unknown[] | undefined = width === undefined ? new Array(this.rowCount) : undefined;
    const { view } = this;
    for (let row = 0; row < this.rowCount; row++) {
      if (unreadable.has(row)) continue;
      if (width !== undefined) {
        const length = part === "key" ? view.keyLength(row) : view.valueLength(row);
        if (length === width || length === -1) continue;
      }
      try {
        const value = read(serde, part === "key" ? view.key(row) : view.value(row));
        if (column !== undefined) column[row] = value;
      } catch (error) {
        unreadable.set(row, asError(error, part));
      }
    }
    return column;
  }
}

function read(serde: AnySerde, bytes: Buffer | null): unknown {
  return bytes === null ? null : serde.deserialize(bytes);
}

function refusal({ value }: SourceProgram, code: number, at: number): PeridotError {
  const where = code >= 300 ? `at byte ${at} of the value` : `at byte ${at} of the fetched bytes`;
  return new PeridotError("SERDE_REFUSED", {
    serde: value.name,
    problem: `${where}: ${describeKernelError(code)}`,
  });
}

/** What a user's code threw, as an Error. */
export function asError(thrown: unknown, where: string): Error {
  if (thrown instanceof Error) return thrown;
  return new PeridotError("USER_CODE_THREW", { where, what: textOf(thrown) });
}

/** What was thrown, in an error text: not every value has one. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "an object that cannot be written as text";
  }
}
