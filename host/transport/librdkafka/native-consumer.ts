import type { TopicPartition } from "../port.ts";
import {
  type Binding,
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

const CONNECT_MS = 10_000;
/** A call that finds nothing holds a thread of libuv's pool for so long. */
const CONSUME_MS = 100;
const CLOSED: NativeError = { code: NATIVE_CODES.DESTROYED, message: "the consumer is closed" };

/** librdkafka's consumer, connected when it is first needed. Its calls reject with a NativeError. */
export class NativeConsumerLife {
  readonly #native: NativeConsumer;
  #connecting: Promise<unknown> | undefined;
  #consuming: Promise<Consumed> | undefined;
  #isClosed = false;

  constructor(binding: Binding, properties: Properties) {
    this.#native = new binding.KafkaConsumer(properties);
    this.#native.on("error", () => {});
  }

  async connect(): Promise<void> {
    if (this.#isClosed) throw CLOSED;
    this.#connecting ??= promised((done) =>
      this.#native.connect({ allTopics: false, timeout: CONNECT_MS }, done),
    );
    await this.#connecting;
  }

  assign(partitions: readonly NativePosition[]): void {
    this.#native.assign(partitions);
  }

  /** Up to `count` records, waiting a little for the first; one call at a time. */
  async consume(count: number): Promise<Consumed> {
    if (this.#isClosed) throw CLOSED;
    this.#consuming = new Promise((resolve, reject) => {
      this.#native.getClient().consume(CONSUME_MS, count, true, (error, records = [], ends = []) => {
        if (error) reject(error);
        else resolve({ records, ends });
      });
    });
    return this.#consuming;
  }

  /** As of the last fetch; -1 where nothing is known. */
  highWatermark({ topic, partition }: TopicPartition): number {
    return this.#isClosed ? -1 : this.#native.getWatermarkOffsets(topic, partition).highOffset;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#connecting === undefined) return;
    await Promise.allSettled([this.#connecting, this.#consuming]);
    await promised((done) => this.#native.disconnect(done)).catch(() => {});
  }
}
