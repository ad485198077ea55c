import type { AnySerde, Serde } from "../topology/serde.ts";
import type { PlainHeader } from "../transport/memory/plain-records.ts";

/** How an input topic is written: serdes, and the time of records that come without a timestamp. */
export interface TestInput<K, V> {
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  /** Timestamp of the first record that comes without one, in milliseconds since the epoch. Default: the wall clock. */
  readonly startTime?: number;
  /** By how much the time moves on after each record that comes without a timestamp, in milliseconds. Default 0. */
  readonly autoAdvanceMs?: number;
}

/** What a piped record has beside key and value. */
export interface PipeOptions {
  /** Milliseconds since the epoch; negative: none. Default: the topic's time, see `TestInput`. */
  readonly timestamp?: number;
  readonly headers?: readonly PlainHeader[];
  /** Default: as Kafka's default partitioner chooses by the key; without a key, 0. */
  readonly partition?: number;
}

/** A record for `pipeAll`. */
export interface PipedRecord<K, V> extends PipeOptions {
  readonly key: K | null;
  readonly value: V | null;
}

/** A record on its way into the driver. */
export interface RawInput {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers: readonly PlainHeader[];
  readonly partition: number | undefined;
}

/** What an input topic asks of its driver. */
export interface InputSide {
  /** The wall clock, in milliseconds since the epoch. */
  now(): number;
  /** Appends the records to the topic and processes all that comes of them. */
  feed(topic: string, records: readonly RawInput[]): void;
}

/**
 * A topic that a test writes and the topology reads: `driver.input(topic, { key, value })`. When a call returns,
 * all that comes of its records is done.
 *
 * Stream time moves by records alone, here as on a broker: to move it, pipe a record with a later timestamp.
 *
 * Errors: a record that fails under "fail" makes its call throw RECORD_FAILED (TIMESTAMP_INVALID); the application
 * has stopped then, and each later call throws the same error.
 */
export class TestInputTopic<K, V> {
  readonly topic: string;
  readonly #settings: TestInput<K, V>;
  readonly #side: InputSide;
  /** How far the topic's time is ahead of the wall clock. */
  #aheadMs: number;

  /** Input topics come from a TopologyTestDriver, not from here. */
  constructor(topic: string, settings: TestInput<K, V>, side: InputSide) {
    this.topic = topic;
    this.#settings = settings;
    this.#side = side;
    this.#aheadMs = settings.startTime === undefined ? 0 : settings.startTime - side.now();
  }

  /** One record. `at`: its timestamp, in milliseconds since the epoch, or all that it has beside key and value. */
  pipe(key: K | null, value: V | null, at?: number | PipeOptions): void {
    const options = typeof at === "number" ? { timestamp: at } : at;
    this.#side.feed(this.topic, [this.#record({ ...options, key, value })]);
  }

  /** Several records, one after the other; in batches if the driver was made so. */
  pipeAll(records: Iterable<PipedRecord<K, V>>): void {
    const inputs = Array.from(records, (record) => this.#record(record));
    this.#side.feed(this.topic, inputs);
  }

  /** One record by its bytes, past the serdes; texts are written as UTF-8. */
  pipeRaw(key: Uint8Array | string | null, value: Uint8Array | string | null, options?: PipeOptions): void {
    this.#side.feed(this.topic, [this.#input(bytesOf(key), bytesOf(value), options)]);
  }

  /** Moves the time of records that come without a timestamp: the next one advances stream time by as much. */
  advanceTime(ms: number): void {
    this.#aheadMs += ms;
  }

  #record({ key, value, ...options }: PipedRecord<K, V>): RawInput {
    const { key: keySerde, value: valueSerde } = this.#settings;
    return this.#input(serialized(keySerde, key), serialized(valueSerde, value), options);
  }

  #input(key: Buffer | null, value: Buffer | null, options: PipeOptions = {}): RawInput {
    const { timestamp = this.#nextTime(), headers = [], partition } = options;
    return { key, value, timestamp, headers, partition };
  }

  #nextTime(): number {
    const time = this.#side.now() + this.#aheadMs;
    this.#aheadMs += this.#settings.autoAdvanceMs ?? 0;
    return time;
  }
}

function serialized(serde: AnySerde, part: unknown): Buffer | null {
  return part === null ? null : bytesOf(serde.serialize(part));
}

function bytesOf(part: Uint8Array | string): Buffer;
function bytesOf(part: Uint8Array | string | null): Buffer | null;
function bytesOf(part: Uint8Array | string | null): Buffer | null {
  return part === null ? null : Buffer.from(part as Uint8Array);
}
