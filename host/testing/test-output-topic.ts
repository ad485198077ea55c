import { PeridotError } from "../errors.ts";
import type { AnySerde, Serde } from "../topology/serde.ts";
import type { StoredRecord } from "../transport/memory/plain-records.ts";

/** How an output topic is read. */
export interface TestOutput<K, V> {
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

/** A record as the topology wrote it. */
export interface TestRecord<K, V> {
  readonly key: K | null;
  readonly value: V | null;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
  readonly partition: number;
  /** Begins at 0 in each partition of the topic. */
  readonly offset: bigint;
}

/** A record that nobody has read yet. */
export interface Produced extends StoredRecord {
  readonly partition: number;
}

/**
 * A topic that the topology writes and a test reads: `driver.output(topic, { key, value })`. Each record is read
 * once, in the order in which it was written; order counts within one partition only. Dead letters and internal
 * topics can be read as any topic.
 */
export class TestOutputTopic<K, V> {
  readonly topic: string;
  readonly #serdes: TestOutput<K, V>;
  readonly #unread: Produced[];

  /** Output topics come from a TopologyTestDriver, not from here. */
  constructor(topic: string, serdes: TestOutput<K, V>, unread: Produced[]) {
    this.topic = topic;
    this.#serdes = serdes;
    this.#unread = unread;
  }

  /** Nothing is left to read. */
  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** How many records are left to read. */
  get size(): number {
    return this.#unread.length;
  }

  /** The next record, with all that it has. @throws TEST_DRIVER_MISUSED if there is none */
  readRecord(): TestRecord<K, V> {
    const record = this.#unread.shift();
    if (record === undefined) {
      throw new PeridotError("TEST_DRIVER_MISUSED", {
        problem: `nothing is left to read in "${this.topic}"`,
        remedy:
          "Ask isEmpty first; or look whether the record was filtered out, or went elsewhere (producedTopics)",
      });
    }
    return this.#read(record);
  }

  /** The next record's key and value. @throws TEST_DRIVER_MISUSED if there is none */
  readKeyValue(): [key: K | null, value: V | null] {
    const { key, value } = this.readRecord();
    return [key, value];
  }

  /** The next record's value. @throws TEST_DRIVER_MISUSED if there is none */
  readValue(): V | null {
    return this.readRecord().value;
  }

  /** All records that are left, with all that they have. */
  readAll(): TestRecord<K, V>[] {
    return this.#unread.splice(0).map((record) => this.#read(record));
  }

  /** Keys and values of all records that are left. */
  readKeyValues(): [key: K | null, value: V | null][] {
    return this.readAll().map(({ key, value }) => [key, value]);
  }

  /** Values of all records that are left. */
  readValues(): (V | null)[] {
    return this.readAll().map(({ value }) => value);
  }

  /** Of all records that are left: the latest value of each key. Keys are the same if their bytes are. */
  readKeyValuesToMap(): Map<K | null, V | null> {
    const latest = new Map<string | undefined, readonly [K | null, V | null]>();
    for (const record of this.#unread.splice(0)) {
      const { key, value } = this.#read(record);
      latest.set(record.key?.toString("latin1"), [key, value]);
    }
    return new Map(latest.values());
  }

  #read({ key, value, ...rest }: Produced): TestRecord<K, V> {
    return {
      ...rest,
      key: deserialized(this.#serdes.key, key),
      value: deserialized(this.#serdes.value, value),
    };
  }
}

function deserialized<T>(serde: Serde<T>, bytes: Buffer | null): T | null;
function deserialized(serde: AnySerde, bytes: Buffer | null): unknown {
  return bytes === null ? null : serde.deserialize(bytes);
}
