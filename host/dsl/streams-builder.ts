import { PeridotError } from "../errors.ts";
import type { LogicalTopology } from "../topology/node.ts";
import type { StoreSpec } from "../topology/store-spec.ts";
import type { TimestampExtractor } from "../topology/timestamp-extractor.ts";
import type { Consumed } from "./consumed.ts";
import { GlobalKTable } from "./global-ktable.ts";
import { asImport, type Imported } from "./imported.ts";
import { KStream } from "./kstream.ts";
import type { KTable } from "./ktable.ts";
import { type Materialized, storeName } from "./materialized.ts";
import { NodeLog } from "./node-log.ts";
import { specOf } from "./stores.ts";
import { sourceTable } from "./tables.ts";
import { failOnInvalidTimestamp } from "./timestamp-extractors.ts";

/**
 * Where a topology begins. It only ever adds nodes; the streams that it gives out never change, and may be used
 * any number of times.
 *
 * @example
 *   const builder = new StreamsBuilder();
 *   builder
 *     .stream("clientTopic", { key: string, value: json(Client) })
 *     .map((key, client) => [key, client.owner.length])
 *     .to("genericTopic", { value: json<number>(), key: string });
 */
export class StreamsBuilder {
  readonly #log = new NodeLog();

  /**
   * A stream of the records of one topic or several. A pattern stands for all topics whose whole name it matches, also
   * those that come while the application runs (they are looked for each `metadataMaxAgeMs`); topics of Kafka itself
   * (`__consumer_offsets`) and internal ones of the application are left out.
   *
   * @throws TOPOLOGY_INVALID if a topic name is empty, or comes twice; if a pattern has flags that make it remember
   */
  stream<K, V>(
    topics: string | readonly string[] | RegExp,
    consumed: Consumed<K, V>,
  ): KStream<K, V, "key" | "value"> {
    const { key, value, timestampExtractor, errors = {}, name } = consumed;
    const read =
      topics instanceof RegExp
        ? { topics: [], pattern: checkedPattern(topics) }
        : { topics: checkedTopics(typeof topics === "string" ? [topics] : topics) };
    const id = this.#log.append(
      {
        kind: "source",
        ...read,
        internal: false,
        key,
        value,
        timestamps: extractorOf(timestampExtractor),
        errors: { ...errors },
      },
      "SOURCE",
      name,
    );
    return new KStream(this.#log, id, { key, value });
  }

  /**
   * A table of the records of a topic: each is the new value of its key, and null deletes it. Records without key are
   * dropped. Its store is restored from a changelog of its own, or from the topic: see the option
   * `optimizations`.
   *
   * @throws TOPOLOGY_INVALID if the topic has no name
   *
   * @example
   *   builder.table("clients", { key: string, value: json(Client) }, { store: "clients" })
   */
  table<K, V>(
    topic: string,
    consumed: Consumed<K, V>,
    materialized: Materialized<K, V> = {},
  ): KTable<K, V, "key" | "value"> {
    const { key, value, timestampExtractor, errors = {}, name } = consumed;
    // Kafka Streams numbers the store before the source
    const store = storeName(this.#log, checkedTopics([topic])[0]!, materialized);
    const source = this.#log.append(
      {
        kind: "source",
        topics: [topic],
        ofTable: true,
        internal: false,
        key,
        value,
        timestamps: extractorOf(timestampExtractor),
        errors: { ...errors },
      },
      "SOURCE",
      name,
    );
    return sourceTable(this.#log, source, store, { key, value }, materialized);
  }

  /**
   * A table of the records of a topic that every instance holds in full, in memory, and each of its stream threads for
   * itself. It is read to its end before any task runs, and followed from then on, outside of transactions. Its topic is
   * all that it is restored from. Records without key are passed over, and those that cannot be read, unless the settings
   * say fail: there are no dead letters here.
   *
   * @throws TOPOLOGY_INVALID if the topic has no name
   *
   * @example
   *   const rates = builder.globalTable("rates", { key: string, value: f64 }, { store: "rates" });
   *   orders.join(rates, (_id, order) => order.Id.slice(0, 3), (order, rate) => order.Price * rate);
   */
  globalTable<K, V>(
    topic: string,
    consumed: Consumed<K, V>,
    { store: given }: { readonly store?: string } = {},
  ): GlobalKTable<K, V> {
    const { key, value, timestampExtractor, errors = {}, name } = consumed;
    const store = storeName(
      this.#log,
      checkedTopics([topic])[0]!,
      given === undefined ? {} : { store: given },
    );
    const source = this.#log.nameFor("SOURCE", name);
    const table = this.#log.nameFor("KTABLE-SOURCE", name && `${name}-table`);
    this.#log.addGlobal({
      source,
      name: table,
      topic,
      key,
      value,
      timestamps: extractorOf(timestampExtractor),
      errors: { ...errors },
      store: specOf("timestamped-key-value", { name: store, key, value, logging: false }),
    });
    return new GlobalKTable(this.#log, store);
  }

  /**
   * A stream of what any iterable gives: an async generator, a Web ReadableStream, a Node Readable. Its items are
   * written to a topic, in transactions that hold the source's position too, and the stream reads that topic. One
   * process of the application feeds; when it ends, another one goes on at the last position.
   *
   * @param name names the topic (unless one is given), the group that holds the position, and the transactional.id.
   * @throws TOPOLOGY_INVALID if the name is none for a topic, or taken; if partitions or topic make no sense
   *
   * @example
   *   async function* numbers(from = 0) {
   *     for (let number = from; number < 1_000; number++) yield { value: number, position: number + 1 };
   *   }
   *   builder
   *     .import("numbers", { source: (from: number | undefined) => numbers(from), key: string, value: json<number>() })
   *     .filter((_key, number) => number % 2 === 0)
   *     .to("out");
   */
  import<K, V, Item, P>(name: string, imported: Imported<K, V, Item, P>): KStream<K, V, "key" | "value"> {
    const { key, value, topic, partitions = 1, timestampExtractor, errors = {} } = imported;
    const id = this.#log.append(
      {
        kind: "source",
        topics: [topic ?? `${name}-import`],
        internal: topic === undefined,
        imported: asImport(name, imported),
        partitions: topic === undefined ? partitions : undefined,
        key,
        value,
        timestamps: extractorOf(timestampExtractor),
        errors: { ...errors },
      },
      "SOURCE",
      `${name}-import`,
    );
    return new KStream(this.#log, id, { key, value });
  }

  /**
   * Adds a store for processors that name it.
   *
   * @throws TOPOLOGY_INVALID if another store has its name
   */
  addStateStore(store: StoreSpec): this {
    this.#log.addStore(store);
    return this;
  }

  /** What was built so far, as frozen data. */
  build(): LogicalTopology {
    return this.#log.topology;
  }
}

function extractorOf<K, V>(given: Consumed<K, V>["timestampExtractor"]): TimestampExtractor {
  if (given === undefined) return failOnInvalidTimestamp;
  return typeof given === "function" ? { from: "function", extract: given } : given;
}

function checkedPattern(pattern: RegExp): RegExp {
  if (pattern.global || pattern.sticky) {
    throw new PeridotError("TOPOLOGY_INVALID", {
      problem: `the pattern ${pattern} remembers where it matched last`,
      remedy: "Leave the flags g and y out",
    });
  }
  return pattern;
}

function checkedTopics(topics: readonly string[]): readonly string[] {
  if (topics.length === 0 || topics.some((topic) => topic === "")) {
    throw new PeridotError("TOPOLOGY_INVALID", {
      problem: "a source without a topic",
      remedy: 'Name one: builder.stream("orders", …)',
    });
  }
  const twice = topics.find((topic, index) => topics.indexOf(topic) !== index);
  if (twice !== undefined) {
    throw new PeridotError("TOPOLOGY_INVALID", {
      problem: `a source that names the topic "${twice}" twice`,
      remedy: "Name it once",
    });
  }
  return [...topics];
}
