import { BASE_OFFSET_AT } from "../../kernels/abi/record-batch-v2.ts";
import { nameOf } from "../commit/partition-name.ts";
import { encodeRecords, type StoredRecord } from "../transport/memory/plain-records.ts";
import type { FetchedRecords, TopicPartition } from "../transport/port.ts";
import { MergeOrder } from "./merge-order.ts";

/** A record before the log gives it its offset. */
export type NewRecord = Omit<StoredRecord, "offset">;

/** Records of one partition that are not processed yet. */
class PartitionQueue {
  readonly origin: TopicPartition;
  readonly records: StoredRecord[] = [];
  readonly #timeOf: HeadTime;
  #dueAt: number | undefined;

  constructor(origin: TopicPartition, timeOf: HeadTime) {
    this.origin = origin;
    this.#timeOf = timeOf;
  }

  get dueAt(): number {
    this.#dueAt ??= this.#timeOf(this.origin, this.records[0]!);
    return this.#dueAt;
  }

  take(): StoredRecord {
    this.#dueAt = undefined;
    return this.records.shift()!;
  }
}

/** The event time of a partition's first record that waits. */
export type HeadTime = (origin: TopicPartition, head: StoredRecord) => number;

/**
 * The test driver's broker: gives records their offsets, and holds those of the topics that are read until their
 * turn comes.
 */
export class TopicLog {
  readonly #timeOf: HeadTime;
  readonly #ends = new Map<string, bigint>();
  readonly #queues = new Map<string, PartitionQueue>();
  readonly #order = new MergeOrder<PartitionQueue>();

  constructor(timeOf: HeadTime) {
    this.#timeOf = timeOf;
  }

  /** @returns the same records with their offsets, which begin at 0 in each partition. */
  append(origin: TopicPartition, records: readonly NewRecord[]): readonly StoredRecord[] {
    const name = nameOf(origin);
    const end = this.#ends.get(name) ?? 0n;
    this.#ends.set(name, end + BigInt(records.length));
    return records.map((record, index) => ({ ...record, offset: end + BigInt(index) }));
  }

  /** Appends records that the topology is to read. */
  enqueue(origin: TopicPartition, records: readonly StoredRecord[]): void {
    const name = nameOf(origin);
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new PartitionQueue(origin, this.#timeOf);
      this.#queues.set(name, queue);
    }
    const wasEmpty = queue.records.length === 0;
    queue.records.push(...records);
    if (wasEmpty && records.length > 0) this.#order.add(queue);
  }

  /** The records of one partition that are next, as a fetch of at most so many; undefined: none wait. */
  take(recordsMax: number): FetchedRecords | undefined {
    const queue = this.#order.first;
    if (queue === undefined) return undefined;
    const taken: StoredRecord[] = [];
    while (taken.length < recordsMax && this.#order.first === queue) {
      this.#order.take();
      taken.push(queue.take());
      if (queue.records.length > 0) this.#order.add(queue);
    }
    return fetchOf(queue.origin, taken);
  }

  /** Forgets what waits. */
  clear(): void {
    this.#order.clear();
    this.#queues.clear();
  }
}

/** Records of one partition, one at least, as a fetch gives them. */
export function fetchOf(origin: TopicPartition, stored: readonly StoredRecord[]): FetchedRecords {
  const fromOffset = stored[0]!.offset;
  const nextOffset = stored.at(-1)!.offset + 1n;
  const records = encodeRecords(stored, 0);
  records.writeBigInt64BE(fromOffset, BASE_OFFSET_AT);
  return { ...origin, records, fromOffset, nextOffset, endOffset: nextOffset, release() {} };
}
