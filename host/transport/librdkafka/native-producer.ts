import type { Clock } from "../../clock.ts";
import type { CodedHeader, CodedRecord } from "../batch-codec.ts";
import type { ProducerIdentity } from "../kafka/transaction-protocol.ts";
import type { TopicPartition } from "../port.ts";
import {
  type Binding,
  connected,
  type Done,
  type NativeError,
  type NativeProducer,
  type Properties,
  promised,
} from "./binding.ts";
import { NATIVE_CODES } from "./native-codes.ts";

/** A record that was not delivered. */
export interface DeliveryFailure extends TopicPartition {
  readonly code: number;
  readonly message: string;
  /** Of the record's value. */
  readonly bytes: number;
}

/** What calls of a closed producer reject with. */
const CLOSED: NativeError = { code: NATIVE_CODES.DESTROYED, message: "the producer is closed" };
/** A native call holds a thread of libuv's pool for so long at most, and is then made again. */
const CALL_MS = 1_000;
/** Statistics are the only place where librdkafka says who its producer is. */
const STATISTICS_MS = 100;

/**
 * One life of librdkafka's producer: made, initialized once, thrown away. Its calls reject with a NativeError. The
 * delivery of each record is reported only where it failed, since a report for each costs as much as the record.
 */
export class NativeProducerLife {
  readonly #native: NativeProducer;
  readonly #clock: Clock;
  readonly #statistics = Promise.withResolvers<ProducerIdentity>();
  #failure: DeliveryFailure | undefined;
  /** Calls that are under way. */
  readonly #calls = new Set<Promise<unknown>>();
  #isClosed = false;

  /** Errors: NativeError; CONFIG_INVALID. */
  static async connect(binding: Binding, clock: Clock, properties: Properties): Promise<NativeProducerLife> {
    const isTransactional = "transactional.id" in properties;
    const make = () =>
      new binding.Producer({
        ...properties,
        ...(isTransactional ? { "statistics.interval.ms": STATISTICS_MS } : {}),
        dr_cb: true,
        "delivery.report.only.error": true,
      });
    return new NativeProducerLife(await connected("producerProperties", make), clock);
  }

  private constructor(native: NativeProducer, clock: Clock) {
    this.#native = native;
    this.#clock = clock;
    this.#statistics.promise.catch(() => {}); // whoever waits for them hears of it
    native.on("event.stats", ({ message }) => {
      const identity = identityIn(message);
      if (identity !== undefined) this.#statistics.resolve(identity);
    });
    native.on("delivery-report", (error, { topic, partition, size }) => {
      if (error === null || error === undefined) return;
      const { code, message } = error;
      this.#failure ??= { topic, partition, code, message, bytes: size };
    });
    native.setPollInBackground(true);
  }

  /** The first record that was not delivered. Complete once `flush` has resolved. */
  get failure(): DeliveryFailure | undefined {
    return this.#failure;
  }

  /** InitProducerId. @returns producer id and epoch, which this life keeps: what changes them ends it. */
  async init(withinMs: number): Promise<ProducerIdentity> {
    await this.#repeat(withinMs, (done) => this.#native.initTransactions(CALL_MS, done));
    return this.#statistics.promise;
  }

  async begin(): Promise<void> {
    await this.#call((done) => this.#native.beginTransaction(done));
  }

  /** Copies the record. @returns 0, or the code of what is wrong: QUEUE_FULL passes. */
  produce(topic: string, partition: number, { key, value, timestamp, headers }: CodedRecord): number {
    const native = headers.length === 0 ? undefined : headers.map(nativeHeader);
    return this.#native.getClient().produce(topic, partition, value, key, timestamp, undefined, native);
  }

  /** Resolves when each record is delivered, or has failed. */
  async flush(withinMs: number): Promise<void> {
    await this.#repeat(withinMs, (done) => this.#native.flush(CALL_MS, done));
    // Reports of failures were handed to the event loop before, but may stand behind this in its queue.
    await nextTurn();
    await nextTurn();
  }

  async commit(withinMs: number): Promise<void> {
    await this.#repeat(withinMs, (done) => this.#native.commitTransaction(CALL_MS, done));
  }

  async abort(withinMs: number): Promise<void> {
    await this.#repeat(withinMs, (done) => this.#native.abortTransaction(CALL_MS, done));
  }

  /** Drops what is not delivered. Every call afterwards rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#statistics.reject(CLOSED);
    // The binding frees the producer under the feet of a call that is still at work.
    await Promise.allSettled([...this.#calls]);
    await promised((done) => this.#native.disconnect(1, done)).catch(() => {});
  }

  async #call(call: (done: Done) => void): Promise<void> {
    if (this.#isClosed) throw CLOSED;
    const called = promised(call);
    this.#calls.add(called);
    try {
      await called;
    } finally {
      this.#calls.delete(called);
    }
  }

  /** librdkafka's calls may be taken up again when they have run out of time. */
  async #repeat(withinMs: number, call: (done: Done) => void): Promise<void> {
    const until = this.#clock.now() + withinMs;
    for (;;) {
      try {
        await this.#call(call);
        return;
      } catch (error) {
        const { isRetriable, code } = error as NativeError;
        const passes = isRetriable === true || code === NATIVE_CODES.TIMED_OUT;
        if (!passes || this.#clock.now() >= until) throw error;
      }
    }
  }
}

/** As of librdkafka's statistics (its STATISTICS.md, "eos"). */
function identityIn(statistics: string): ProducerIdentity | undefined {
  const producerId = /"producer_id":\s*(\d+)/.exec(statistics)?.[1];
  const producerEpoch = /"producer_epoch":\s*(\d+)/.exec(statistics)?.[1];
  if (producerId === undefined || producerEpoch === undefined) return undefined;
  return { producerId: BigInt(producerId), producerEpoch: Number(producerEpoch) };
}

/**
 * The binding takes no null: a buffer without memory becomes a header without value, and an empty string one whose
 * value is empty. A computed name makes a property even of "__proto__".
 */
function nativeHeader({ key, value }: CodedHeader): Readonly<Record<string, Buffer | string>> {
  if (value === null) return { [key]: Buffer.alloc(0) };
  return { [key]: value.length === 0 ? "" : value };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
