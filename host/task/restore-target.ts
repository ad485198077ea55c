import type { BatchView } from "../batch/batch-view.ts";
import { PeridotError } from "../errors.ts";
import { commitAhead } from "../state/commit-ahead.ts";
import type { ChangelogPosition } from "../state/state-backend.ts";
import type { LoggedRecord } from "../state/store-access.ts";
import { restoreRecord } from "../state/stores/open-store.ts";
import { recordsIn } from "../transport/batch-records.ts";
import type { FetchedRecords, TopicPartition } from "../transport/port.ts";
import { describeKernelError } from "../wasm/kernel-errors.ts";
import {
  type BatchFault,
  type KernelInput,
  type KernelInstance,
  type KernelSelection,
  openKernelInstance,
} from "../wasm/kernel-instance.ts";
import { kernelModule } from "../wasm/kernel-module.ts";
import type { KernelRestore } from "../wasm/kernel-restore.ts";
import type { StoreToRestore } from "./restore-store.ts";
import { sourceRestorer } from "./source-records.ts";

/** Takes the records of one changelog in, and brings them to the store's backend. */
export interface RestoreTarget {
  /** @returns how many records there were. */
  add(fetched: FetchedRecords): number;
  /** What is in memory only, about. */
  readonly bytes: number;
  /** All of it goes to the backend, as what the changelog says up to there. */
  flush(position: ChangelogPosition): void;
  close(): void;
}

/** By the store's own reading of its changelog, or as its table reads its source. */
export class StoreTarget implements RestoreTarget {
  readonly #store: StoreToRestore;
  readonly #restore: (record: LoggedRecord) => void;

  constructor(store: StoreToRestore) {
    this.#store = store;
    const { spec, source, state } = store;
    const own = state.store(spec.name);
    const access = {
      get: own.get.bind(own),
      range: own.range.bind(own),
      size: 0,
      put: (key: string, value: Uint8Array | undefined) => own.table.put(key, value, 0),
    };
    this.#restore =
      source === undefined
        ? (record) => restoreRecord(spec, access, record)
        : sourceRestorer(spec, source, access);
  }

  add({ records, fromOffset }: FetchedRecords): number {
    const { source, to } = this.#store;
    const table = this.#table;
    let count = 0;
    for (const record of recordsIn(records)) {
      if (record.offset < fromOffset || record.key === null) continue;
      if (source !== undefined && record.offset >= to) break;
      this.#restore(record as LoggedRecord);
      count++;
    }
    table.settle();
    table.cut();
    table.commit();
    return count;
  }

  get #table() {
    const { spec, state } = this.#store;
    return state.store(spec.name).table;
  }

  get bytes(): number {
    return this.#table.unflushedBytes;
  }

  flush(position: ChangelogPosition): void {
    this.#store.backend.commit([this.#table.unflushed(position)]);
    this.#table.flushed();
  }

  close(): void {}
}

const ROWS_MAX = 8192;
/** Entries of a transaction that holds nothing else: they are neighbours, mostly, that share pages. */
const ENTRIES_AHEAD = 65_536;
/** Of one store's entries. */
const TABLE_BYTES_MAX = 512 << 20;
const MEMORY_BYTES = 1 << 30;

/** Stores whose entries are their changelog's records: kernels gather them, and no JavaScript sees a record. */
export class KernelTarget implements RestoreTarget {
  readonly #store: StoreToRestore;
  readonly #kernel: KernelInstance;
  readonly #input: KernelInput;
  readonly #selection: KernelSelection;
  readonly #restore: KernelRestore;

  /** Whether a store is such a one. */
  static fits({ spec, source }: StoreToRestore): boolean {
    if (source !== undefined) return false;
    return spec.kind === "key-value" || spec.kind === "timestamped-key-value";
  }

  /** @param kernel whose memory stores that are restored side by side share */
  constructor(store: StoreToRestore, kernel: KernelInstance) {
    this.#store = store;
    this.#kernel = kernel;
    const isStamped = store.spec.kind === "timestamped-key-value";
    this.#restore = kernel.newRestore({ bytesMax: TABLE_BYTES_MAX, isStamped });
    this.#input = kernel.newInput({ rowsMax: ROWS_MAX, checkCrc: true });
    this.#selection = kernel.newSelection(ROWS_MAX);
  }

  static instance(): KernelInstance {
    return openKernelInstance(kernelModule(), { memoryBytesMax: MEMORY_BYTES });
  }

  add({ records, fromOffset, topic, partition }: FetchedRecords): number {
    const input = this.#input;
    input.load(records, fromOffset);
    let count = 0;
    for (let rows = input.decode(ROWS_MAX, 0n); rows > 0; rows = input.decode(ROWS_MAX, 0n)) {
      const selected = this.#selection.selectAll(input);
      if (selected < rows) throw unreadable({ topic, partition }, badRow(input.batch));
      for (let done = 0; done < selected; ) {
        done = this.#restore.add(input, this.#selection, done);
        if (done < selected) this.#commit(undefined);
      }
      count += rows;
    }
    if (input.fault !== undefined) throw unreadable({ topic, partition }, input.fault);
    return count;
  }

  get bytes(): number {
    return this.#restore.usedBytes;
  }

  flush(position: ChangelogPosition): void {
    this.#commit(position);
  }

  /** What the store has ahead of its position, is read again after a crash, and changes nothing. */
  #commit(position: ChangelogPosition | undefined): void {
    const { spec, backend } = this.#store;
    const changes = { store: spec.name, entries: this.#restore.entries(), position };
    backend.commit([{ ...changes, entries: commitAhead(backend, changes, ENTRIES_AHEAD) }]);
    this.#restore.clear();
  }

  close(): void {
    if (this.#kernel.dead) return;
    this.#restore.close();
    this.#input.close();
    this.#selection.close();
  }
}

type Fault = Pick<BatchFault, "problem" | "byteAt" | "baseOffset">;

function unreadable(origin: TopicPartition, { problem, byteAt, baseOffset }: Fault): PeridotError {
  return new PeridotError("RECORD_BATCH_INVALID", { ...origin, problem, byteAt, baseOffset });
}

/** What is wrong with the first record that cannot be read. */
function badRow(batch: BatchView): Fault {
  let row = 0;
  while (batch.errorCode(row) === 0) row++;
  const problem = describeKernelError(batch.errorCode(row));
  return { problem, byteAt: batch.errorAt(row), baseOffset: batch.offset(row) };
}
