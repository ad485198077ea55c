import type { Clock, Timer } from "../clock.ts";
import { asPeridotError } from "../commit/commit.ts";
import { nameOf } from "../commit/partition-name.ts";
import { recordPurgeChannel, type RecordPurgeEvent } from "../diagnostics/channels.ts";
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
      await this.#purge(partitions);
      if (this.#timer === timer) this.start(partitions);
    });
    this.#timer = timer;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #purge(partitions: readonly TopicPartition[]): Promise<void> {
    const { committed, deleteRecords } = this.#settings;
    try {
      const offsets = await committed(partitions);
      const consumed = offsets
        .filter((each) => each.offset > (this.#purged.get(nameOf(each)) ?? 0n))
        .map(({ topic, partition, offset }) => ({ topic, partition, before: offset }));
      if (consumed.length === 0) return;
      await deleteRecords(consumed);
      for (const each of consumed) this.#purged.set(nameOf(each), each.before);
      if (recordPurgeChannel.hasSubscribers) publish({ partitions: consumed, error: undefined });
    } catch (error) {
      if (recordPurgeChannel.hasSubscribers) publish({ partitions: [], error: asPeridotError(error) });
    }
  }
}

function publish(event: RecordPurgeEvent): void {
  recordPurgeChannel.publish(event);
}
