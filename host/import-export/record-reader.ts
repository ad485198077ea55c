import type { BatchView } from "../batch/batch-view.ts";
import { PeridotError } from "../errors.ts";
import type { Exported, ExportedRecord } from "../topology/exported.ts";
import type { AnySerde } from "../topology/serde.ts";
import type { FetchedRecords } from "../transport/port.ts";
import { describeKernelError } from "../wasm/kernel-errors.ts";
import type { KernelInput, KernelInstance } from "../wasm/kernel-instance.ts";

const ROWS_MAX = 512;

/** Fetched record batches as single records, decoded only as they are asked for. */
export class RecordReader<K, V> {
  readonly #exported: Exported<K, V>;
  readonly #input: KernelInput;
  /** The first one is loaded where `#view` is there. */
  readonly #fetched: FetchedRecords[] = [];
  #view: BatchView | undefined;
  #row = 0;

  constructor(exported: Exported<K, V>, kernel: KernelInstance) {
    this.#exported = exported;
    this.#input = kernel.newInput({ rowsMax: ROWS_MAX, checkCrc: true });
  }

  add(fetched: readonly FetchedRecords[]): void {
    this.#fetched.push(...fetched);
  }

  /** Forgets what was added. */
  clear(): void {
    this.#view = undefined;
    for (const fetched of this.#fetched.splice(0)) fetched.release();
  }

  /** The next record; undefined: there is none. @throws EXPORT_RECORD_INVALID, and again until `clear`. */
  next(): ExportedRecord<K, V> | undefined {
    for (;;) {
      const fetched = this.#fetched[0];
      if (fetched === undefined) return undefined;
      const view = this.#viewOf(fetched);
      if (view !== undefined && this.#row < view.rows) {
        const record = this.#read(fetched, view, this.#row);
        this.#row++;
        return record;
      }
      if (view === undefined) this.#fetched.shift()?.release();
    }
  }

  /** The rows that are decoded now, or the next ones; undefined: all are read. */
  #viewOf(fetched: FetchedRecords): BatchView | undefined {
    if (this.#view !== undefined && this.#row < this.#view.rows) return this.#view;
    if (this.#view === undefined) this.#input.load(fetched.records, fetched.fromOffset);
    const rows = this.#input.decode(ROWS_MAX, 0n);
    const { fault } = this.#input;
    if (rows === 0 && fault !== undefined) {
      const { topic, partition } = fetched;
      throw new PeridotError("RECORD_BATCH_INVALID", { topic, partition, ...fault });
    }
    this.#row = 0;
    this.#view = rows === 0 ? undefined : this.#input.batch;
    return this.#view;
  }

  #read({ topic, partition }: FetchedRecords, view: BatchView, row: number): ExportedRecord<K, V> {
    const { name, key, value } = this.#exported;
    const offset = view.offset(row);
    try {
      const code = view.errorCode(row);
      if (code !== 0)
        throw new PeridotError("SERDE_REFUSED", { serde: name, problem: describeKernelError(code) });
      return {
        topic,
        partition,
        offset,
        timestamp: view.timestamp(row),
        key: read<K>(key, view.key(row)),
        value: read<V>(value, view.value(row)),
        headers: view.headers(row),
      };
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new PeridotError("EXPORT_RECORD_INVALID", { name, topic, partition, offset, problem }, error);
    }
  }
}

function read<T>(serde: AnySerde, bytes: Buffer | null): T | null {
  return bytes === null ? null : serde.deserialize(bytes);
}
