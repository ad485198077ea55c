import { PeridotError } from "../errors.ts";
import { branch, branchChild } from "../operators/branch.ts";
import { filter } from "../operators/filter.ts";
import { type FieldCondition, filterFields } from "../operators/filter-fields.ts";
import { flatMap } from "../operators/flat-map.ts";
import { flatMapValues } from "../operators/flat-map-values.ts";
import { forEach } from "../operators/for-each.ts";
import { kernel } from "../operators/kernel.ts";
import { map } from "../operators/map.ts";
import { mapValues } from "../operators/map-values.ts";
import { merge } from "../operators/merge.ts";
import { peek } from "../operators/peek.ts";
import { process } from "../operators/process.ts";
import { project, projectWithKey } from "../operators/project.ts";
import { selectKey } from "../operators/select-key.ts";
import { selectKeyField } from "../operators/select-key-field.ts";
import { json } from "../serdes/json.ts";
import type { NodeId } from "../topology/node.ts";
import type { Operator } from "../topology/operator.ts";
import type { ProcessorSupplier } from "../topology/processor.ts";
import type { Accepted, Err } from "../topology/result.ts";
import type { AnySerde } from "../topology/serde.ts";
import { BranchedKStream } from "./branched.ts";
import { type Deduplicated, deduplicated } from "./deduplicated.ts";
import type { Condition, FieldAsKey, FieldName, Projected, Projection } from "./fields.ts";
import type { KernelOptions } from "./kernel-options.ts";
import { type Grouped, grouping, KGroupedStream } from "./kgrouped-stream.ts";
import type { KTable } from "./ktable.ts";
import type { Materialized } from "./materialized.ts";
import type { Connected, KnownSerdes, Named } from "./produced.ts";
import { appendRepartition, type Repartitioned } from "./repartitioned.ts";
import type { StreamSerdes } from "./stream-end.ts";
import { StreamJoins } from "./stream-joins.ts";
import { tableOf } from "./tables.ts";

/**
 * A stream of records with keys K and values V. Immutable: each operator gives a new stream, and a stream may have
 * any number of operators, each of which sees every record, in the order in which they were attached.
 *
 * User functions are called with plain values; a JSON value is a plain object, which may be kept. A null key or value
 * (a tombstone) reaches every function, as in Kafka Streams. A function that throws, or returns `err(reason)`, makes
 * its record a bad record: see `ErrorSettings`.
 */
export class KStream<K, V, Known extends KnownSerdes = never> extends StreamJoins<K, V, Known> {
  /**
   * A new value for each record. Either a function, or a projection: an object that gives each new field the name
   * of the field that it takes, a constant, or arithmetic on fields. It runs in Wasm for JSON with a schema.
   *
   * @example
   *   clients.mapValues((client) => client.name.toUpperCase())
   *   clients.mapValues({ address: "Address", pincode: "Pincode" })
   *   orders.mapValues({ id: "Id", total: { multiply: ["Price", "Quantity"] }, source: { constant: "web" } })
   */
  mapValues<const P extends Projection<V>>(projection: P, named?: Named): KStream<K, Projected<V, P>, Known>;
  mapValues<R>(
    mapper: (value: V, key: K) => R,
    named?: Named,
  ): KStream<K, Accepted<R>, Exclude<Known, "value">>;
  mapValues(
    mapper: ((value: V, key: K) => unknown) | Readonly<Record<string, unknown>>,
    named?: Named,
    // biome-ignore lint/suspicious/noExplicitAny: the overloads above say what it is
  ): KStream<K, any, any> {
    if (typeof mapper === "function") {
      return this.#next(mapValues(mapper), named, { key: this.serdes.key, value: undefined });
    }
    return this.#next(project(mapper), named, { key: this.serdes.key, value: this.#projectedSerde() });
  }

  /**
   * A new key and a new value for each record. Either a function, or a field that becomes the key with a projection,
   * as for `mapValues`: it runs in Wasm for JSON with a schema.
   *
   * @example
   *   clients.map((key, client) => [client.name, client.owner.length])
   *   clients.map({ key: "name", value: { state: "State", source: { constant: "web" } } })
   */
  map<const N extends FieldName<V>, const P extends Projection<V>>(
    pair: { readonly key: N; readonly value: P },
    named?: Named,
  ): KStream<FieldAsKey<V, N>, Projected<V, P>, Exclude<Known, "key">>;
  map<K2, V2>(mapper: (key: K, value: V) => readonly [K2, V2] | Err, named?: Named): KStream<K2, V2>;
  map(
    mapper:
      | ((key: K, value: V) => readonly [unknown, unknown] | Err)
      | { readonly key: string; readonly value: Readonly<Record<string, unknown>> },
    named?: Named,
    // biome-ignore lint/suspicious/noExplicitAny: the overloads above say what it is
  ): KStream<any, any, any> {
    if (typeof mapper === "function") {
      return this.#next(map(mapper), named, { key: undefined, value: undefined });
    }
    const { key, value } = mapper;
    return this.#next(projectWithKey(key, value), named, { key: undefined, value: this.#projectedSerde() });
  }

  /**
   * A new key for each record. Either a function, or the name of the field of the value that becomes the key, which
   * runs in Wasm for JSON with a schema. Without value or field, the key is null.
   *
   * @example
   *   clients.selectKey((key, client) => client.name.toUpperCase())
   *   clients.selectKey("name")
   */
  selectKey<const N extends FieldName<V>>(
    field: N,
    named?: Named,
  ): KStream<FieldAsKey<V, N>, V, Exclude<Known, "key">>;
  selectKey<R>(
    selector: (key: K, value: V) => R,
    named?: Named,
  ): KStream<Accepted<R>, V, Exclude<Known, "key">>;
  selectKey(
    selector: ((key: K, value: V) => unknown) | string,
    named?: Named,
    // biome-ignore lint/suspicious/noExplicitAny: the overloads above say what it is
  ): KStream<any, V, any> {
    const operator = typeof selector === "string" ? selectKeyField(selector) : selectKey(selector);
    return this.#next(operator, named, { key: undefined, value: this.serdes.value });
  }

  /**
   * Any number of records in place of each one: what the function gives, in its order, each with the timestamp and the
   * headers of the record that it came from.
   *
   * @example
   *   clients.flatMap((key, client) => client.owner.map((owner) => [owner, key] as const))
   */
  flatMap<K2, V2>(
    mapper: (key: K, value: V) => Iterable<readonly [K2, V2] | Err> | Err,
    named?: Named,
  ): KStream<K2, V2> {
    const fn = mapper as (key: never, value: never) => Iterable<unknown>;
    return this.#next(flatMap(fn), named, { key: undefined, value: undefined });
  }

  /** Any number of values in place of each one; key, timestamp and headers stay. */
  flatMapValues<R>(
    mapper: (value: V, key: K) => Iterable<R> | Err,
    named?: Named,
  ): KStream<K, Accepted<R>, Exclude<Known, "value">> {
    const fn = mapper as (value: never, key: never) => Iterable<unknown>;
    return this.#next(flatMapValues(fn), named, { key: this.serdes.key, value: undefined });
  }

  /**
   * Any number of records in place of each one, by a kernel of your own: a function in AssemblyScript (or another
   * language, by kernels/ABI.md), which runs over whole batches in WebAssembly. Timestamps and headers stay unless the
   * kernel sets them. A record that the kernel refuses, or at which it traps, is a bad record (`onProcessingError`).
   *
   * @param name of the kernel's function.
   * @throws KERNEL_MODULE_MISSING
   * @example
   *   clients.kernel("words", { module: kernels, key: string, value: string })
   */
  kernel<K2, V2>(name: string, options: KernelOptions<K2, V2>): KStream<K2, V2, "key" | "value"> {
    const { module, key, value, fuelPerRow } = options;
    if (fuelPerRow !== undefined && !(Number.isSafeInteger(fuelPerRow) && fuelPerRow > 0)) {
      throw misuse(`a kernel with a fuelPerRow of ${fuelPerRow}`, "Give a whole number above 0");
    }
    const operator = kernel(module, { kernel: name, fuelPerRow, key, value });
    return this.#next(operator, options, { key, value });
  }

  /**
   * The records for which a predicate holds. Either a function, or a condition on fields, which runs in Wasm for
   * JSON with a schema; to it a null value is one whose fields are all null.
   *
   * @example
   *   clients.filter((key, client) => client.name.startsWith("A"))
   *   clients.filter({ State: "QLD", Age: { ge: 18 } })
   *   orders.filter({ Price: { gt: { field: "Limit" } } })
   */
  filter(predicate: Condition<V> | ((key: K, value: V) => boolean), named?: Named): KStream<K, V, Known> {
    return this.#next(filterBy(predicate, true), named, this.serdes);
  }

  /** The records for which a predicate does not hold. */
  filterNot(predicate: Condition<V> | ((key: K, value: V) => boolean), named?: Named): KStream<K, V, Known> {
    return this.#next(filterBy(predicate, false), named, this.serdes);
  }

  /** Calls a function with each record; the record goes on unchanged. */
  peek(look: (key: K, value: V) => void, named?: Named): KStream<K, V, Known> {
    return this.#next(peek(look), named, this.serdes);
  }

  /** Ends the stream in a function. */
  forEach(action: (key: K, value: V) => void, named?: Named): void {
    this.#next(forEach(action), named, this.serdes);
  }

  /**
   * Groups the records by their keys, for an aggregation. Where keys may have changed since the last topic, the records go
   * through one, so that all of a key come to one task.
   */
  groupByKey(grouped: Grouped<K, V> = {}): KGroupedStream<K, V> {
    return new KGroupedStream(this.log, this.node, grouping(grouped, this.serdes));
  }

  /**
   * Groups the records by other keys: they go through a topic. A record whose new key is null is dropped.
   *
   * @example
   *   clients.groupBy((_key, client) => client.State, { key: string }).count({ store: "per-state" })
   */
  groupBy<K2>(
    selector: (key: K, value: V) => K2,
    grouped: Grouped<Accepted<K2>, V> = {},
  ): KGroupedStream<Accepted<K2>, V> {
    const { node } = this.append([this.node], selectKey(selector), undefined);
    return new KGroupedStream(
      this.log,
      node,
      grouping(grouped, { key: undefined, value: this.serdes.value }),
    );
  }

  /** Takes each record as the new value of its key; null deletes it. Records without key are dropped. */
  toTable(materialized: Materialized<K, V> = {}): KTable<K, V, "key" | "value"> {
    return tableOf(this.log, this.node, this.serdes, materialized);
  }

  /**
   * Splits the stream into branches.
   *
   * @param named each branch is named by this name with its own behind it; default: generated.
   */
  split(named?: Named): BranchedKStream<K, V, Known> {
    return new BranchedKStream((branches) => {
      const predicates = branches.map(({ predicate }) => predicate);
      const { node, name } = this.append([this.node], branch(predicates), named?.name);
      return branches.map((each, index) => {
        const child = this.append([node], branchChild(index), `${name}${each.name}`);
        return new KStream(this.log, child.node, this.serdes);
      });
    });
  }

  /**
   * The records of this stream and of others, in the order in which they come: of one partition in theirs, of several by
   * timestamp as far as they are there. A stream merged with itself gives each record once, as in Kafka Streams.
   *
   * @throws TOPOLOGY_INVALID if the streams are of different builders
   */
  merge<Known2 extends KnownSerdes>(
    other: KStream<K, V, Known2>,
    named?: Named,
  ): KStream<K, V, Known & Known2> {
    if (other.log !== this.log) {
      throw misuse("a merge of streams of two builders", "Make both from the same builder");
    }
    const parents = [...new Set([this.node, other.node])];
    const { node } = this.append(parents, merge(), named?.name);
    const { key, value } = other.serdes;
    return new KStream(this.log, node, {
      key: key && this.serdes.key,
      value: value && this.serdes.value,
    });
  }

  /**
   * Writes the records to a topic of the application's own and reads them again, so that all of one key come to one
   * task. Records with a null key are dropped, and not counted as bad, as in Kafka Streams.
   *
   * @throws TOPOLOGY_INVALID if the name or a serde is missing
   */
  repartition(repartitioned: Repartitioned<K, V, Known>): KStream<K, V, "key" | "value"> {
    const { name, partitions, partitioner, errors = {} } = repartitioned;
    if (!name) throw misuse("a repartition without a name", 'Name it: repartition({ name: "by-city" })');
    if (partitions !== undefined && !(Number.isInteger(partitions) && partitions > 0)) {
      throw misuse(
        `a repartition into ${partitions} partitions`,
        "Give a whole number above 0, or leave it out",
      );
    }
    const given: Partial<Repartitioned<K, V, never>> = repartitioned;
    const serdes = this.serdesFor(`${name}-repartition`, given);
    const through = { name, partitions, partitioner, errors, ...serdes };
    return new KStream(this.log, appendRepartition(this.log, this.node, through), serdes);
  }

  /**
   * Hands each record to a processor, which forwards what it likes, and may use stores, time and punctuations. All that
   * is below takes record by record.
   *
   * @param stores names of stores that were added to the builder (`addStateStore`), and that the processor may use.
   * @throws TOPOLOGY_INVALID if there is no such store
   *
   * @example
   *   clients.process(() => ({ process: ({ key, timestamp }) => console.log(key, timestamp) }))
   */
  process<K2, V2>(supplier: ProcessorSupplier<K, V, K2, V2>, connected: Connected = {}): KStream<K2, V2> {
    const serdes = { key: undefined, value: undefined };
    return this.#next(process(supplier, connected.stores ?? [], false), connected, serdes);
  }

  /** The same for processors that keep each record's key: nothing has to be repartitioned behind it (KIP-820). */
  processValues<V2>(
    supplier: ProcessorSupplier<K, V, K, V2>,
    connected: Connected = {},
  ): KStream<K, V2, Exclude<Known, "value">> {
    const serdes = { key: this.serdes.key, value: undefined };
    return this.#next(process(supplier, connected.stores ?? [], true), connected, serdes);
  }

  /**
   * Of records with one id that lie near each other in event time, the first one that comes passes, exactly once; the others are
   * gone. What has passed is kept in a store with a changelog, for as long as it matters. Kafka Streams has no such operator
   * (KIP-655).
   *
   * @throws TOPOLOGY_INVALID: intervals that are no whole milliseconds; a serde that nobody knows
   *
   * @example
   *   orders.deduplicate({ id: (_key, { Id }) => Id, idSerde: string, intervalMs: 3_600_000, store: "seen-orders" })
   */
  deduplicate<I = K>(within: Deduplicated<K, V, I>): KStream<K, V, Known> {
    const node = deduplicated({ log: this.log, node: this.node, serdes: this.serdes }, within as never);
    return new KStream(this.log, node, this.serdes);
  }

  // biome-ignore lint/suspicious/noExplicitAny: of any types
  protected override streamOf(node: NodeId, serdes: StreamSerdes): KStream<any, any, any> {
    return new KStream(this.log, node, serdes);
  }

  /** JSON stays JSON. */
  #projectedSerde(): AnySerde | undefined {
    return this.serdes.value?.format === "json" ? json<unknown>() : undefined;
  }

  #next<K2, V2, Known2 extends KnownSerdes>(
    operator: Operator,
    named: Named | undefined,
    serdes: StreamSerdes,
  ): KStream<K2, V2, Known2> {
    const { node } = this.append([this.node], operator, named?.name);
    return new KStream(this.log, node, serdes);
  }
}

function filterBy<K, V>(predicate: Condition<V> | ((key: K, value: V) => boolean), keeps: boolean): Operator {
  return typeof predicate === "function"
    ? filter(predicate, keeps)
    : filterFields(predicate as Readonly<Record<string, FieldCondition | undefined>>, keeps);
}

function misuse(problem: string, remedy: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", { problem, remedy });
}
