import { PAD_BYTES } from "../../kernels/abi/limits.ts";
import type { BatchView } from "../batch/batch-view.ts";
import { BufferPool } from "./buffer-pool.ts";
import { type ForeignKernelSettings, openForeignKernel } from "./foreign-kernel.ts";
import { openHostBatch } from "./host-batch.ts";
import { type AggregateSettings, type KernelAggregate, openAggregate } from "./kernel-aggregate.ts";
import { openFilter } from "./kernel-filter.ts";
import { openInput } from "./kernel-input.ts";
import { type KernelRestore, openRestore, type RestoreSettings } from "./kernel-restore.ts";
import { openRows } from "./kernel-rows.ts";
import { openSelection } from "./kernel-selection.ts";
import { openSink } from "./kernel-sink.ts";
import { LinearMemory } from "./linear-memory.ts";
import { openForm } from "./record-form.ts";
import { StateTable, type StateTableSettings } from "./state-table.ts";
import { openUserKernel, type UserKernel, type UserKernelSettings } from "./user-kernel.ts";
import type { WasmModule } from "./web-assembly.ts";

/** Bound of one instance's linear memory, unless configured: 256 MiB. */
export const KERNEL_MEMORY_BYTES_DEFAULT = 256 * 1024 * 1024;
/** Free buffers that an instance keeps for finished batches, in bytes. */
const POOLED_BYTES_MAX = 32 * 1024 * 1024;

export interface InstanceSettings {
  /** Bound of linear memory, in bytes. Default KERNEL_MEMORY_BYTES_DEFAULT. */
  readonly memoryBytesMax?: number;
  /** How the user knows the module. Default: "built-in". */
  readonly path?: string;
}

/** Instantiates the module (see kernelModule). Errors: KERNEL_ABI_DIFFERS. */
export function openKernelInstance(module: WasmModule, settings: InstanceSettings = {}): KernelInstance {
  const { memoryBytesMax = KERNEL_MEMORY_BYTES_DEFAULT, path = "built-in" } = settings;
  const memory = new LinearMemory(module, memoryBytesMax, path);
  const pool = new BufferPool(POOLED_BYTES_MAX);
  const instance: KernelInstance = {
    get dead() {
      return memory.dead;
    },
    get memoryBytes() {
      return memory.bytes.length;
    },
    get memory() {
      return memory.bytes;
    },
    newInput: (input) => openInput(memory, input),
    newHostBatch: () => openHostBatch(memory),
    newSelection: (rowsMax) => openSelection(memory, rowsMax),
    newRows: (rowsMax) => openRows(memory, rowsMax),
    newFilter: (expression) => openFilter(memory, expression),
    newForm: (form) => openForm(memory, form),
    newSink: (sink) => openSink(memory, pool, sink),
    newStateTable: (state) => new StateTable(memory, state),
    newAggregate: (aggregate) => openAggregate(memory, aggregate),
    newRestore: (restore) => openRestore(memory, restore),
    newUserKernel: (kernel) => openUserKernel(memory, module, path, kernel),
    newForeignKernel: (kernel) => openForeignKernel(instance, kernel),
    place(bytes) {
      const address = memory.allocate(bytes.length, `${bytes.length} bytes of configuration`);
      const target = memory.bytes;
      target.set(bytes, address);
      target.fill(0, address + bytes.length, address + bytes.length + PAD_BYTES);
      return address;
    },
    free: (address) => memory.release(address),
  };
  return instance;
}

/**
 * One instance of the kernel module: one linear memory, and whatever lives in it. A thread has one for its
 * stateless tasks. Every call is synchronous; none is reentrant.
 *
 * Errors, of every method below: KERNEL_MEMORY_FULL (abortable: the memory's bound is too small for this batch; `load`
 * has not happened then, and may be tried again once sinks are drained), KERNEL_TRAPPED (abortable: the instance is dead from now on, all its handles with it; make another
 * one), KERNEL_DEAD (abortable: called after that).
 */
export interface KernelInstance {
  /** A trap has ended its life. */
  readonly dead: boolean;
  /** Size of its linear memory, in bytes: it never shrinks. */
  readonly memoryBytes: number;
  /** Its linear memory. Ask anew after each call: growth detaches older views. */
  readonly memory: Buffer;
  /** A source partition's fetched records, decoded batch by batch. */
  newInput(settings: InputSettings): KernelInput;
  /** A batch whose columns JavaScript writes. */
  newHostBatch(): HostBatch;
  /** Room for a selection of up to `rowsMax` rows. */
  newSelection(rowsMax: number): KernelSelection;
  /** Room for the decoded values of up to `rowsMax` rows. */
  newRows(rowsMax: number): KernelRows;
  /** A declarative filter, compiled. */
  newFilter(expression: FilterExpression): KernelFilter;
  /** How a row becomes a record, compiled. */
  newForm(settings: FormSettings): RecordForm;
  /** Record batches under construction, one for each partition of one topic. */
  newSink(settings: SinkSettings): KernelSink;
  /** One store's table, which kernels change. */
  newStateTable(settings: StateTableSettings): StateTable;
  /** An aggregate over the rows of a group, compiled. */
  newAggregate(settings: AggregateSettings): KernelAggregate;
  /** A changelog's records, to be brought to a backend. */
  newRestore(settings: RestoreSettings): KernelRestore;
  /** A user's kernel of this module (`npx peridot kernel build`). Errors: KERNEL_MISSING. */
  newUserKernel(settings: UserKernelSettings): UserKernel;
  /**
   * A kernel of a module that another language was compiled to: what it makes is put into this instance's memory.
   * Errors: KERNEL_MISSING, KERNEL_MODULE_INVALID, KERNEL_ABI_DIFFERS.
   */
  newForeignKernel(settings: ForeignKernelSettings): UserKernel;
  /** Copies bytes (a JSON descriptor, say) into memory, 16-aligned, followed by 64 zeros. `free` gives them back. */
  place(bytes: Uint8Array): number;
  free(address: number): void;
}

export interface InputSettings {
  /** Most rows of one `decode`, at most BATCH_ROWS_MAX. */
  readonly rowsMax: number;
  /** Check each record batch's CRC-32C. */
  readonly checkCrc: boolean;
}

/** Something that holds a Batch: an input or a host batch. */
export interface BatchHolder {
  /** The present batch. Valid until the holder's next change; ask anew after any other kernel call. */
  readonly batch: BatchView;
  /** Address of the Batch (FlatBuffer) in linear memory. */
  readonly batchAddress: number;
}

export interface KernelInput extends BatchHolder {
  /**
   * Takes the fetched records in, by one copy: whole, uncompressed record batches (v2) of one partition, as
   * FetchedRecords has them; `release` may be called right after. What was loaded before is gone.
   *
   * @param fromOffset records below this offset are skipped.
   */
  load(records: Uint8Array, fromOffset: bigint): void;
  /**
   * Decodes the next rows into `batch`; what the batch held is gone.
   *
   * @param rowsMax at most so many rows, and never more than the input's rowsMax.
   * @param position sequence number, in the task's input, of the first row; the others follow by one.
   * @returns rows. 0: all is decoded, or `fault` says why it ended here.
   */
  decode(rowsMax: number, position: bigint): number;
  /**
   * For keys or values that pass through undecoded: makes them what they are after their serde has read and written
   * them. A number of the wrong length is refused in the batch and leaves the selection; a string that is not UTF-8
   * gets U+FFFD, as in Kafka Streams.
   *
   * @returns rows that stay selected.
   */
  conform(selection: KernelSelection, part: "key" | "value", serde: Exclude<PlainSerde, "bytes">): number;
  /** Bytes that `conform` has appended to the batch's; what it has mended still stands where it was. */
  readonly extraBytes: number;
  /** Why decoding cannot go on, once the rows before that are delivered (`decode` returned 0). */
  readonly fault: BatchFault | undefined;
  close(): void;
}

/** A record batch that cannot be read. `host/errors.ts` has RECORD_BATCH_INVALID for it. */
export interface BatchFault {
  /** A code 100 to 199 of kernels/abi/errors.ts. */
  readonly code: number;
  /** What was wrong, as text. */
  readonly problem: string;
  /** Where in the loaded bytes, in bytes. */
  readonly byteAt: number;
  /** Base offset of the record batch, as far as it can be read. */
  readonly baseOffset: bigint;
}

export interface HostBatch extends BatchHolder {
  /** Takes a finished Batch in, as BatchBuilder (host/batch/batch-builder.ts) makes it: one copy. */
  load(batch: Uint8Array): void;
  close(): void;
}

/** Rows of a batch, rising. A selection may be read and written by the same call: it only ever shrinks. */
export interface KernelSelection {
  /** Selects all rows of the batch that have no error. @returns rows selected. */
  selectAll(from: BatchHolder): number;
  /** Selects these rows, given in rising order. @returns rows selected. */
  selectRows(rows: ArrayLike<number>): number;
  /** Selects the rows that `filter` keeps, out of `from`. @returns rows selected. */
  filter(filter: KernelFilter, rows: KernelRows, from: KernelSelection): number;
  readonly count: number;
  /** The selected rows, as a view: ask anew after any other kernel call. */
  readonly rows: Uint32Array;
  readonly address: number;
  close(): void;
}

export interface KernelRows {
  /**
   * Decodes the JSON values of the selected rows into FlatBuffers tables. A row whose value is refused gets its
   * error code (300 to 399) in the batch and leaves the selection. A null value stays selected, without table.
   *
   * @param descriptor address of the JSON descriptor (see `place`).
   * @returns rows that stay selected.
   */
  decodeJson(from: BatchHolder, selection: KernelSelection, descriptor: number): number;
  /**
   * Decodes values of a plain serde into tables with one field, slot 0. Refuses as its Kafka deserializer would.
   * "bytes" needs no decoding: a form passes them through.
   */
  decodePlain(from: BatchHolder, selection: KernelSelection, serde: Exclude<PlainSerde, "bytes">): number;
  /** Address of the row's FlatBuffers table; 0: its value is null, or it was not selected. */
  addressOf(row: number): number;
  /** Address of ROWS (kernels/abi/rows.ts). */
  readonly address: number;
  /** Address and length of the whole Rows FlatBuffer. */
  readonly bufferAddress: number;
  readonly byteLength: number;
  /** All strings of the rows are known to be ASCII. */
  readonly ascii: boolean;
  /** Raised whenever the rows are written anew: readers made before are void then. */
  readonly version: number;
  close(): void;
}

/** Kafka's String, Bytes, Integer, Long and Double serdes. */
export type PlainSerde = "string" | "bytes" | "i32" | "i64" | "f64";

/** A field of a row: FlatBuffers field ids from the row's table inwards (0, 1, 2 …), and what stands there. */
export interface FieldAt {
  readonly slots: readonly number[];
  readonly type: "string" | "i32" | "i64" | "f64" | "bool";
}

/**
 * Compares as JavaScript does with one difference: a null or absent field equals nothing but null. So `==` and the
 * orders are false for it, `!=` is true. Strings order by code point (UTF-8 bytes).
 */
export type FilterExpression =
  | {
      readonly op: "==" | "!=" | "<" | "<=" | ">" | ">=";
      readonly field: FieldAt;
      readonly value: string | number | bigint | boolean;
    }
  | { readonly op: "isNull" | "isNotNull"; readonly field: FieldAt }
  /** Two fields that are strings. Null equals null. */
  | {
      readonly op: "==" | "!=" | "<" | "<=" | ">" | ">=";
      readonly fields: readonly [FieldAt, FieldAt];
    }
  /**
   * Two EXPRESSIONs (kernels/abi/expression.ts) of one type. Null equals null. All of a null row is null; where the
   * right one is a constant, `againstNull` says whether it is so too, or itself.
   */
  | {
      readonly op: "==" | "!=" | "<" | "<=" | ">" | ">=";
      readonly computed: readonly [Uint8Array, Uint8Array];
      readonly againstNull: "null" | "constant";
    }
  /** "computes": it comes to something. */
  | { readonly op: "isNull" | "isNotNull" | "computes"; readonly expression: Uint8Array }
  /** Known beforehand. */
  | { readonly op: "constant"; readonly ofRow: boolean; readonly ofNull: boolean }
  | { readonly op: "and" | "or"; readonly of: readonly FilterExpression[] }
  | { readonly op: "not"; readonly of: FilterExpression };

export interface KernelFilter {
  readonly address: number;
  close(): void;
}

/** Where a record's key or value comes from. "batch": the row's own bytes, unchanged, null stays null. */
export type FormPart =
  | { readonly from: "batch" }
  /** A field of the decoded row, written as the serde of its type: i32 as Integer, i64 as Long, f64 as Double. */
  | { readonly from: "field"; readonly field: FieldAt }
  /** The decoded row as JSON, by an encode descriptor (projection and renaming are its choice of fields). */
  | { readonly from: "json"; readonly descriptor: number };

export interface FormSettings {
  readonly key: FormPart;
  readonly value: FormPart;
  /** false: the record has none, whatever the row has. Default true. */
  readonly headers?: boolean;
}

export interface RecordForm {
  readonly address: number;
  /** Whether `append` needs rows. */
  readonly needsRows: boolean;
  close(): void;
}

export interface SinkSettings {
  /** Partitions of the topic. */
  readonly partitions: number;
  /** A record batch is sealed before it passes this size, in bytes. Default BATCH_BYTES_DEFAULT (900 kB). */
  readonly batchBytesMax?: number;
  /** A record batch is sealed at so many records. Default BATCH_RECORDS_MAX. */
  readonly batchRecordsMax?: number;
  /** A larger record is refused with RECORD_TOO_LARGE, in bytes. Default RECORD_BYTES_DEFAULT (1 MiB). */
  readonly recordBytesMax?: number;
  /** A record without key is refused with RECORD_KEY_MISSING. Default false. */
  readonly keysRequired?: boolean;
}

/**
 * Partition of a row: `partitions[row]` where given and not -1, else murmur2 of the key bytes as Kafka's default
 * partitioner chooses, else (null key) one partition until its batch is sealed, then the next one.
 */
export interface KernelSink {
  /**
   * Appends the selected rows, in their order, with their timestamps and headers. A row that cannot be written gets
   * its error code in the batch. Batches that fill up are sealed on the way and wait for `take`.
   *
   * @param partitions one partition for each row of the batch (not of the selection); -1: by key.
   * @returns rows appended: the rest of the selection has errors.
   */
  append(
    from: BatchHolder,
    selection: KernelSelection,
    form: RecordForm,
    rows?: KernelRows,
    partitions?: Int32Array,
  ): number;
  /** Next finished record batch, or undefined. Within a partition they come in the order of their records. */
  take(): SealedBatch | undefined;
  /** Seals every open batch that has a record, so that `take` gives all there is. */
  seal(): void;
  /** Bytes appended that `take` has not given out: when this passes a request's size, seal and send. */
  readonly pendingBytes: number;
  /** Forgets all open and finished batches: the transaction was aborted. */
  drop(): void;
  close(): void;
}

/** An uncompressed record batch (v2), offsets from 0, producer fields -1, CRC right for these bytes. */
export interface SealedBatch {
  readonly partition: number;
  /** Exactly the batch, in pooled memory that is the caller's until `release`. */
  readonly bytes: Buffer;
  readonly records: number;
  release(): void;
}
