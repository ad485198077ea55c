import type { Clock, Timer } from "../clock.ts";
import { asPeridotError } from "../commit/commit.ts";
import { nameOf } from "../commit/partition-name.ts";
import { type RecordPurgeEvent, recordPurgeChannel } from "../diagnostics/channels.ts";
import type { Admin, GroupMember, TopicPartition } from "../transport/port.ts";

export interface RecordPurgeSettings {
  readonly clock: Clock;
  /** Milliseconds between two purges. */
  readonly everyMs: number;
  readonly committed: GroupMember["committed"];
  readonly deleteRecords: Admin["deleteRecords"];
}

/**
 * Deletes what was consumed from repartition topics, which nobody else reads (Kafka Streams:
 * repartition.purge.interval.ms). Only what is committed goes, so that nothing is lost whoever owns the partitions by
 * then. It runs beside the stream threads; what fails is tried again the next time.
 */
export class RecordPurge {
  readonly #settings: RecordPurgeSettings;
  /** Below which offset records are gone, by partition. */
  readonly #purged = new Map<string, bigint>();
  #timer: Timer | undefined;

  constructor(settings: RecordPurgeSettings) {
    this.#settings = settings;
  }

  /** Partitions of internal topics that this process consumes now. */
  start(partitions: readonly TopicPartition[]): void {
    this.stop();
    if (partitions.length === 0) return;
    const { clock, everyMs } = this.#settings;
    const timer = clock.timer(everyMs, async () => {
      const event = await this.#purge(partitions);
      if (this.#timer !== timer) return; // what a purge that was stopped meets is no news
      if (event !== undefined && recordPurgeChannel.hasSubscribers) recordPurgeChannel.publish(event);
      this.start(partitions);
    });
    this.#timer = timer;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** @returns undefined: there was nothing to delete. */
  async #purge(partitions: readonly TopicPartition[]): Promise<RecordPurgeEvent | undefined> {
    const { committed, deleteRecords } = this.#settings;
    try {
      const offsets = await committed(partitions);
      const consumed = offsets
        .filter((each) => each.offset > (this.#purged.get(nameOf(each)) ?? 0n))
        .map(({ topic, partition, offset }) => ({ topic, partition, before: offset }));
      if (consumed.length === 0) return undefined;
      await deleteRecords(consumed);
      for (const each of consumed) this.#purged.set(nameOf(each), each.before);
      return { partitions: consumed, error: undefined };
    } catch (error) {
      return { partitions: [], error: asPeridotError(error) };
    }
  }
}
