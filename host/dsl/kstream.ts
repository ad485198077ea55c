import { PeridotError } from "../errors.ts";
import { filter } from "../operators/filter.ts";
import { type FieldCondition, filterFields } from "../operators/filter-fields.ts";
import { forEach } from "../operators/for-each.ts";
import { map } from "../operators/map.ts";
import { mapValues } from "../operators/map-values.ts";
import { peek } from "../operators/peek.ts";
import { project } from "../operators/project.ts";
import { json } from "../serdes/json.ts";
import type { NodeId } from "../topology/node.ts";
import type { Operator } from "../topology/operator.ts";
import type { AnySerde } from "../topology/serde.ts";
import type { Condition, Projected, Projection } from "./fields.ts";
import type { NodeLog } from "./node-log.ts";
import type { KnownSerdes, Named, Produced, ProducedArguments } from "./produced.ts";

/** The serdes that a stream knows by itself. */
interface StreamSerdes {
  readonly key: AnySerde | undefined;
  readonly value: AnySerde | undefined;
}

/**
 * A stream of records with keys K and values V. Immutable: each operator gives a new stream, and a stream may have
 * any number of operators, each of which sees every record, in the order in which they were attached.
 *
 * User functions are called with plain values; for a JSON value with a schema, with a lazy view of the row, whose
 * fields are decoded as they are read. A view is valid until the function returns, and so are the values that it
 * gives out, save texts and numbers. A null key or value (a tombstone) reaches every function, as in Kafka Streams.
 * A function that throws makes its record a bad record: see `ErrorSettings`.
 */
export class KStream<K, V, Known extends KnownSerdes = never> {
  readonly #log: NodeLog;
  readonly #node: NodeId;
  readonly #serdes: StreamSerdes;
  /** Tells streams of other types apart; there is nothing here at run time. A stream that knows more may stand in. */
  declare readonly types: { readonly key: K; readonly value: V; readonly known: (serdes: Known) => void };

  /** Streams come from a StreamsBuilder, not from here. */
  constructor(log: NodeLog, node: NodeId, serdes: StreamSerdes) {
    this.#log = log;
    this.#node = node;
    this.#serdes = serdes;
  }

  /**
   * A new value for each record. Either a function, or a projection: an object that gives each new field the name
   * of the field that it takes, which runs in Wasm for JSON with a schema.
   *
   * @example
   *   clients.mapValues((client) => client.name.toUpperCase())
   *   clients.mapValues({ address: "Address", pincode: "Pincode" })
   */
  mapValues<const P extends Projection<V>>(projection: P, named?: Named): KStream<K, Projected<V, P>, Known>;
  mapValues<V2>(mapper: (value: V, key: K) => V2, named?: Named): KStream<K, V2, Exclude<Known, "value">>;
  mapValues(
    mapper: ((value: V, key: K) => unknown) | Readonly<Record<string, string>>,
    named?: Named,
    // biome-ignore lint/suspicious/noExplicitAny: the overloads above say what it is
  ): KStream<K, any, any> {
    if (typeof mapper === "function") {
      return this.#next(mapValues(mapper), named, { key: this.#serdes.key, value: undefined });
    }
    const value = this.#serdes.value?.format === "json" ? json<unknown>() : undefined;
    return this.#next(project(mapper), named, { key: this.#serdes.key, value });
  }

  /** A new key and a new value for each record. */
  map<K2, V2>(mapper: (key: K, value: V) => readonly [K2, V2], named?: Named): KStream<K2, V2> {
    return this.#next(map(mapper), named, { key: undefined, value: undefined });
  }

  /**
   * The records for which a predicate holds. Either a function, or a condition on fields, which runs in Wasm for
   * JSON with a schema; to it a null value is one whose fields are all null.
   *
   * @example
   *   clients.filter((key, client) => client.name.startsWith("A"))
   *   clients.filter({ State: "QLD", Age: { ge: 18 } })
   */
  filter(predicate: Condition<V> | ((key: K, value: V) => boolean), named?: Named): KStream<K, V, Known> {
    return this.#next(filterBy(predicate, true), named, this.#serdes);
  }

  /** The records for which a predicate does not hold. */
  filterNot(predicate: Condition<V> | ((key: K, value: V) => boolean), named?: Named): KStream<K, V, Known> {
    return this.#next(filterBy(predicate, false), named, this.#serdes);
  }

  /** Calls a function with each record; the record goes on unchanged. */
  peek(look: (key: K, value: V) => void, named?: Named): KStream<K, V, Known> {
    return this.#next(peek(look), named, this.#serdes);
  }

  /** Ends the stream in a function. */
  forEach(action: (key: K, value: V) => void, named?: Named): void {
    this.#next(forEach(action), named, this.#serdes);
  }

  /**
   * Writes the records to a topic, which must exist, with their timestamps and headers. Partitions are chosen as
   * Kafka's default partitioner does. A null value is written as null.
   *
   * @throws TOPOLOGY_INVALID if the topic has no name or a serde is missing
   */
  to(topic: string, ...[produced]: ProducedArguments<K, V, Known>): void {
    const given: Partial<Produced<K, V, never>> = produced ?? {};
    const key = given.key ?? this.#serdes.key;
    const value = given.value ?? this.#serdes.value;
    if (topic === "") throw misuse("a sink without a topic", 'Name one: stream.to("orders")');
    if (key === undefined) throw serdeMissing(topic, "key");
    if (value === undefined) throw serdeMissing(topic, "value");
    this.#log.append({ kind: "sink", parent: this.#node, topic, key, value }, "SINK", given.name);
  }

  #next<K2, V2, Known2 extends KnownSerdes>(
    operator: Operator,
    named: Named | undefined,
    serdes: StreamSerdes,
  ): KStream<K2, V2, Known2> {
    const id = this.#log.append(
      { kind: "processor", parent: this.#node, operator },
      operator.role,
      named?.name,
    );
    return new KStream(this.#log, id, serdes);
  }
}

function filterBy<K, V>(predicate: Condition<V> | ((key: K, value: V) => boolean), keeps: boolean): Operator {
  return typeof predicate === "function"
    ? filter(predicate, keeps)
    : filterFields(predicate as Readonly<Record<string, FieldCondition | undefined>>, keeps);
}

function serdeMissing(topic: string, part: "key" | "value"): PeridotError {
  return misuse(
    `no serde for the ${part}s of "${topic}": a function has made them, so their type is not known`,
    `Give one: to("${topic}", { ${part}: … })`,
  );
}

function misuse(problem: string, remedy: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", { problem, remedy });
}
