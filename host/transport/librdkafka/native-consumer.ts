import type { TopicPartition } from "../port.ts";
import {
  type Binding,
  connected,
  type NativeConsumer,
  type NativeError,
  type NativePosition,
  type NativeRecord,
  type Properties,
  promised,
} from "./binding.ts";
import { NATIVE_CODES } from "./native-codes.ts";

export interface Consumed {
  readonly records: readonly NativeRecord[];
  /** Partitions that were read to their end, and the offset there. */
  readonly ends: readonly NativePosition[];
}

/** A call that finds nothing holds a thread of libuv's pool for so long. */
const CONSUME_MS = 100;
const CLOSED: NativeError = { code: NATIVE_CODES.DESTROYED, message: "the consumer is closed" };

/** librdkafka's consumer, connected when it is first needed. Its calls reject with a NativeError. */
export class NativeConsumerLife {
  readonly #binding: Binding;
  readonly #properties: Properties;
  #native: NativeConsumer | undefined;
  #connecting: Promise<NativeConsumer> | undefined;
  #consuming: Promise<Consumed> | undefined;
  #isClosed = false;

  constructor(binding: Binding, properties: Properties) {
    this.#binding = binding;
    this.#properties = properties;
  }

  /** May be called again, also after it has failed. Errors: CONFIG_INVALID too. */
  async connect(): Promise<void> {
    if (this.#isClosed) throw CLOSED;
    this.#connecting ??= connected(
      "consumerProperties",
      () => new this.#binding.KafkaConsumer(this.#properties),
    );
    try {
      this.#native = await this.#connecting;
    } catch (error) {
      this.#connecting = undefined;
      throw error;
    }
  }

  assign(partitions: readonly NativePosition[]): void {
    this.#native?.assign(partitions);
  }

  /** Partitions that are assigned: nothing comes of them until `resume`. */
  pause(partitions: readonly TopicPartition[]): void {
    if (partitions.length > 0) this.#native?.pause(partitions.map(named));
  }

  resume(partitions: readonly TopicPartition[]): void {
    if (partitions.length > 0) this.#native?.resume(partitions.map(named));
  }

  /** Up to `count` records, waiting a little for the first; one call at a time. */
  async consume(count: number): Promise<Consumed> {
    const native = this.#native;
    if (this.#isClosed || native === undefined) throw CLOSED;
    this.#consuming = new Promise((resolve, reject) => {
      native.getClient().consume(CONSUME_MS, count, true, (error, records = [], ends = []) => {
        if (error) reject(error);
        else resolve({ records, ends });
      });
    });
    return this.#consuming;
  }

  /** As of the last fetch; -1 where nothing is known. */
  highWatermark({ topic, partition }: TopicPartition): number {
    if (this.#isClosed || this.#native === undefined) return -1;
    return this.#native.getWatermarkOffsets(topic, partition).highOffset;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.allSettled([this.#connecting, this.#consuming]);
    const native = this.#native ?? (await this.#connecting?.catch(() => undefined));
    if (native !== undefined) await promised((done) => native.disconnect(done)).catch(() => {});
  }
}

function named({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}
