import { PeridotError } from "../../host/errors.ts";
import { type Cut, parseTaskName, type RunnerCounters, type TaskRunner } from "../../host/task/task.ts";
import {
  decodeRecords,
  encodeRecords,
  type PlainRecord,
  type StoredRecord,
} from "../../host/transport/memory/plain-records.ts";
import type { FetchedRecords, OffsetToCommit, OutgoingBatch } from "../../host/transport/port.ts";

export interface PlainRunnerSettings {
  readonly outputTopic: string;
  readonly outputPartitions: number;
  /** Batches are full at so many records, and one call of `process` consumes as many. */
  readonly batchRecordsMax: number;
  readonly nowMs: () => number;
  /** Asked before each batch of rows: does the kernel trap now? */
  readonly traps: () => boolean;
}

/** What the topology makes of a record: nothing, one record, or two, under the same key. */
export function plainOutputsOf(key: string, value: string): readonly string[] {
  const sequence = Number(value.slice(value.lastIndexOf(":") + 1));
  if (sequence % 7 === 3) return [];
  return sequence % 5 === 4 ? [`${key}>${value}`, `${key}>${value}+`] : [`${key}>${value}`];
}

export function partitionOf(key: string, partitions: number): number {
  let hash = 7;
  for (let index = 0; index < key.length; index++) hash = (Math.imul(31, hash) + key.charCodeAt(index)) | 0;
  return (hash >>> 0) % partitions;
}

interface Queued {
  readonly fetched: FetchedRecords;
  readonly records: readonly StoredRecord[];
  consumed: number;
}

/** A TaskRunner without kernels: quick to make, and its rows are easy to follow. One source topic. */
export class PlainRunner implements TaskRunner {
  readonly #settings: PlainRunnerSettings;
  /** By partition of the source topic, which is the task's too. */
  readonly #queues = new Map<number, Queued[]>();
  readonly #open = new Map<number, PlainRecord[]>();
  #sealed: OutgoingBatch[] = [];
  #moved = new Map<number, OffsetToCommit>();
  #rows = 0;
  #turn = 0;
  #sealedBytes = 0;
  #bufferedBytes = 0;
  readonly dueAt = undefined;
  readonly topicsWanted: readonly string[] = [];
  #processed = 0;

  constructor(settings: PlainRunnerSettings) {
    this.#settings = settings;
  }

  get hasInput(): boolean {
    return this.#bufferedBytes > 0;
  }

  get isDirty(): boolean {
    return this.#moved.size > 0;
  }

  get counters(): RunnerCounters {
    return { processed: this.#processed, skipped: 0, deadLettered: 0 };
  }

  learn(): void {}

  open(task: string): void {
    this.#queues.set(parseTaskName(task).partition, []);
  }

  close(task: string): void {
    const { partition } = parseTaskName(task);
    this.#dropInput(partition);
    this.#queues.delete(partition);
  }

  closeAll(): void {
    for (const partition of this.#queues.keys()) this.#dropInput(partition);
    this.#queues.clear();
  }

  add(fetched: FetchedRecords): void {
    const queue = this.#queues.get(fetched.partition);
    if (queue === undefined) throw new PeridotError("ASSERTION_FAILED", { what: "input is of an open task" });
    const records = [...batchesIn(fetched.records)]
      .flatMap(decodeRecords)
      .filter(({ offset }) => offset >= fetched.fromOffset);
    this.#bufferedBytes += fetched.records.length;
    queue.push({ fetched, records, consumed: 0 });
    this.#finish(queue);
  }

  process(mayGoOn: () => boolean): number {
    const partitions = [...this.#queues.keys()];
    let rows = 0;
    for (let step = 0; step < partitions.length && mayGoOn(); step++) {
      const partition = partitions[this.#turn++ % partitions.length];
      const queue = partition === undefined ? undefined : this.#queues.get(partition);
      if (queue !== undefined && queue.length > 0) rows += this.#processSome(queue);
      if (rows >= this.#settings.batchRecordsMax) break;
    }
    return rows;
  }

  get pendingBytes(): number {
    let records = 0;
    for (const open of this.#open.values()) records += open.length;
    return this.#sealedBytes + 40 * records;
  }

  takeFull(): readonly OutgoingBatch[] {
    for (const [partition, open] of this.#open) {
      if (open.length >= this.#settings.batchRecordsMax) this.#seal(partition, open);
    }
    return this.#takeSealed();
  }

  cut(): Cut {
    for (const [partition, open] of [...this.#open]) this.#seal(partition, open);
    const cut = { batches: this.#takeSealed(), offsets: [...this.#moved.values()], rows: this.#rows };
    this.#moved = new Map();
    this.#rows = 0;
    return cut;
  }

  committed(): void {}

  rollback(): void {
    for (const partition of this.#queues.keys()) this.#dropInput(partition);
    this.#open.clear();
    for (const batch of this.#takeSealed()) batch.release?.();
    this.#moved = new Map();
    this.#rows = 0;
  }

  #processSome(queue: Queued[]): number {
    if (this.#settings.traps()) throw new PeridotError("KERNEL_TRAPPED", { what: "the schedule says so" });
    const first = queue[0];
    if (first === undefined) return 0;
    const rows = first.records.slice(first.consumed, first.consumed + this.#settings.batchRecordsMax);
    for (const row of rows) this.#processRow(row);
    first.consumed += rows.length;
    this.#rows += rows.length;
    this.#processed += rows.length;
    const last = rows.at(-1);
    if (last !== undefined) this.#moveTo(first.fetched, last.offset + 1n);
    this.#finish(queue);
    return rows.length;
  }

  #processRow(row: StoredRecord): void {
    const key = row.key?.toString() ?? "";
    for (const value of plainOutputsOf(key, row.value?.toString() ?? "")) {
      const partition = partitionOf(key, this.#settings.outputPartitions);
      const open = this.#open.get(partition);
      if (open === undefined) this.#open.set(partition, [{ key, value }]);
      else open.push({ key, value });
    }
  }

  /** Lets go of what is consumed to its end, in its order. */
  #finish(queue: Queued[]): void {
    for (
      let first = queue[0];
      first !== undefined && first.consumed === first.records.length;
      first = queue[0]
    ) {
      this.#moveTo(first.fetched, first.fetched.nextOffset);
      this.#bufferedBytes -= first.fetched.records.length;
      first.fetched.release();
      queue.shift();
    }
  }

  #moveTo({ topic, partition }: FetchedRecords, offset: bigint): void {
    this.#moved.set(partition, { topic, partition, offset, metadata: "" });
  }

  #dropInput(partition: number): void {
    for (const { fetched } of this.#queues.get(partition)?.splice(0) ?? []) {
      this.#bufferedBytes -= fetched.records.length;
      fetched.release();
    }
  }

  #seal(partition: number, records: PlainRecord[]): void {
    const bytes = encodeRecords(records, this.#settings.nowMs());
    this.#sealed.push({ topic: this.#settings.outputTopic, partition, bytes, records: records.length });
    this.#sealedBytes += bytes.length;
    this.#open.delete(partition);
  }

  #takeSealed(): OutgoingBatch[] {
    const sealed = this.#sealed;
    this.#sealed = [];
    this.#sealedBytes = 0;
    return sealed;
  }
}

/** Base offset (8 bytes), then the length of what follows (4 bytes). */
function* batchesIn(records: Buffer): Generator<Buffer> {
  for (let at = 0; at < records.length; ) {
    const bytes = 12 + records.readInt32BE(at + 8);
    yield records.subarray(at, at + bytes);
    at += bytes;
  }
}
