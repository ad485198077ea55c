import { groupTable } from "../operators/group-table.ts";
import type { JoinNeeds, RowJoiner } from "../operators/join-tables.ts";
import { mapTable, type RowFunction } from "../operators/map-table.ts";
import { selectKey } from "../operators/select-key.ts";
import { tableToStream } from "../operators/table-to-stream.ts";
import type { NodeId } from "../topology/node.ts";
import type { ProcessorContext } from "../topology/processor.ts";
import { accepted, type Err } from "../topology/result.ts";
import type { AnySerde, Serde } from "../topology/serde.ts";
import { foreignKeyJoined } from "./foreign-key-join.ts";
import { type JoinableTable, joinedTables } from "./joined-tables.ts";
import { KGroupedTable } from "./kgrouped-table.ts";
import { KStream } from "./kstream.ts";
import { type Materialized, materializedSpec } from "./materialized.ts";
import type { NodeLog } from "./node-log.ts";
import type { KnownSerdes, Named } from "./produced.ts";
import { type Suppressed, suppressedTable } from "./suppressed.ts";
import { mappedLink, type TableLink } from "./table-link.ts";

/** How the rows of a table are sent to their groups. */
export interface TableGrouped<K, V> {
  /** Of the topic between; default: that of the aggregation's store. */
  readonly name?: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

/** Makes a row's value of another, with stores and a context. Null is no row. */
export interface ValueTransformer<K, V, V2> {
  init?(context: ProcessorContext): void;
  transform(key: K, value: V | null): V2 | null;
}

interface TableSerdes {
  readonly key: AnySerde | undefined;
  readonly value: AnySerde | undefined;
}

/**
 * A table: of each key the newest value. A null value is no row. Its operators make tables of it, which follow it change by
 * change; `toStream` gives the changes themselves.
 */
export class KTable<K, V, Known extends KnownSerdes = never> {
  readonly #log: NodeLog;
  readonly #node: NodeId;
  readonly #serdes: TableSerdes;
  readonly #link: TableLink;
  /** Tells tables of other types apart; there is nothing here at run time. */
  declare readonly tableTypes: {
    readonly key: K;
    readonly value: V;
    readonly known: (serdes: Known) => void;
  };

  /** Tables come from a StreamsBuilder, a KStream, or an aggregation. */
  constructor(log: NodeLog, node: NodeId, serdes: TableSerdes, link: TableLink) {
    this.#log = log;
    this.#node = node;
    this.#serdes = serdes;
    this.#link = link;
  }

  /** The name by which queries ask for it; undefined: it keeps no store of its own that has a name. */
  get queryableStoreName(): string | undefined {
    return this.#link.store;
  }

  /** The rows for which the predicate holds. */
  filter(
    predicate: (key: K, value: V) => boolean,
    materialized: Materialized<K, V> = {},
  ): KTable<K, V, Known> {
    return this.#filtered(predicate, true, materialized);
  }

  /** The rows for which the predicate does not hold. */
  filterNot(
    predicate: (key: K, value: V) => boolean,
    materialized: Materialized<K, V> = {},
  ): KTable<K, V, Known> {
    return this.#filtered(predicate, false, materialized);
  }

  /** Each row with another value. */
  mapValues<V2>(
    mapper: (value: V, key: K) => V2 | null | Err,
    materialized: Materialized<K, V2> = {},
  ): KTable<K, V2, Exclude<Known, "value">> {
    const begin = () => (key: unknown, value: unknown) =>
      value === null ? null : accepted(mapper(value as V, key as K));
    const serdes = { key: this.#serdes.key, value: materialized.value };
    return this.#mapped(
      { role: "KTABLE-MAPVALUES", begin, uses: [], leavesOut: false },
      materialized,
      serdes,
    );
  }

  /**
   * Each row with another value, made with the help of stores. The transformer is asked about deleted rows, too.
   *
   * @param materialized `stores` names those that were added to the builder, and that the transformer uses.
   */
  transformValues<V2>(
    supplier: () => ValueTransformer<K, V, V2>,
    materialized: Materialized<K, V2> & { readonly stores?: readonly string[] } = {},
  ): KTable<K, V2, Exclude<Known, "value">> {
    const begin = (context: ProcessorContext): RowFunction => {
      const transformer = supplier();
      transformer.init?.(context);
      return (key, value) => accepted(transformer.transform(key as K, value as V | null));
    };
    const serdes = { key: this.#serdes.key, value: materialized.value };
    const uses = materialized.stores ?? [];
    return this.#mapped(
      { role: "KTABLE-TRANSFORMVALUES", begin, uses, leavesOut: false },
      materialized,
      serdes,
    );
  }

  /** The changes of the table as a stream: null where a row is deleted. @param selector gives each of them another key. */
  toStream<K2>(
    selector: (key: K, value: V | null) => K2,
    named?: Named,
  ): KStream<K2, V | null, Exclude<Known, "key">>;
  toStream(named?: Named): KStream<K, V | null, Known>;
  // biome-ignore lint/suspicious/noExplicitAny: the overloads above say what it is
  toStream(first?: Named | ((key: K, value: V | null) => unknown), second?: Named): KStream<any, any, any> {
    const named = typeof first === "function" ? second : first;
    const operator = tableToStream();
    const node = this.#log.append(
      { kind: "processor", parents: [this.#node], operator },
      "KTABLE-TOSTREAM",
      named?.name,
    );
    if (typeof first !== "function") return new KStream(this.#log, node, this.#serdes);
    const selected = selectKey(first as (key: never, value: never) => unknown);
    const keyed = this.#log.append(
      { kind: "processor", parents: [node], operator: selected },
      selected.role,
      undefined,
    );
    return new KStream(this.#log, keyed, { key: undefined, value: this.#serdes.value });
  }

  /**
   * Groups the rows anew, for an aggregation that follows each row in and out of its group. A row whose new key or value
   * is null, or both at once, belongs to no group.
   *
   * @example
   *   builder
   *     .table("clients", { key: string, value: json(Client) })
   *     .groupBy((_key, client) => [client.State, 1n], { key: string, value: i64 })
   *     .count({ store: "per-state" })
   */
  groupBy<K2, V2>(
    selector: (key: K, value: V) => readonly [K2 | null, V2 | null] | null | Err,
    grouped: TableGrouped<K2, V2>,
  ): KGroupedTable<K2, V2> {
    this.#link.enable(true);
    const operator = groupTable(selector as never, grouped.key);
    const node = this.#log.append(
      { kind: "processor", parents: [this.#node], operator },
      "KTABLE-SELECT",
      undefined,
    );
    return new KGroupedTable(this.#log, node, grouped);
  }

  /**
   * The rows of two tables under one key, as one row each. Both topics must have the same number of partitions, and keys must
   * lie in the same ones.
   *
   * @param joiner of a row of this table and one of the other; null gives no row.
   */
  join<V2, R>(
    other: KTable<K, V2, KnownSerdes> | KTable<K, V2>,
    joiner: (value: V, otherValue: V2, key: K) => R | null | Err,
    materialized: Materialized<K, R> = {},
  ): KTable<K, R, Exclude<Known, "value">> {
    return this.#joined(other as KTable<K, V2>, joiner as RowJoiner, materialized, {
      needsLeft: true,
      needsRight: true,
    });
  }

  /** The same, also for rows to which the other table has none: it is null then. */
  leftJoin<V2, R>(
    other: KTable<K, V2, KnownSerdes> | KTable<K, V2>,
    joiner: (value: V, otherValue: V2 | null, key: K) => R | null | Err,
    materialized: Materialized<K, R> = {},
  ): KTable<K, R, Exclude<Known, "value">> {
    return this.#joined(other as KTable<K, V2>, joiner as RowJoiner, materialized, {
      needsLeft: true,
      needsRight: false,
    });
  }

  /** The same for rows of either table: the other is null where there is none. */
  outerJoin<V2, R>(
    other: KTable<K, V2, KnownSerdes> | KTable<K, V2>,
    joiner: (value: V | null, otherValue: V2 | null, key: K) => R | null | Err,
    materialized: Materialized<K, R> = {},
  ): KTable<K, R, Exclude<Known, "value">> {
    return this.#joined(other as KTable<K, V2>, joiner as RowJoiner, materialized, {
      needsLeft: false,
      needsRight: false,
    });
  }

  /**
   * Joins each row with the row of another table that it points to: `foreignKeyOf` tells under which key (KIP-213). Rows that
   * point nowhere have no result. Changes of either table are followed; keys of the result are those of this table.
   *
   * @param materialized `name` names the two topics between.
   *
   * @example
   *   const people = builder.table("people", { key: string, value: json(Client) });
   *   const capitals = builder.table("capitals", { key: string, value: string });
   *   people.joinOnForeignKey(capitals, ({ State }) => State, ({ name }, capital) => `${name} votes in ${capital}`)
   */
  joinOnForeignKey<K2, V2, R>(
    other: KTable<K2, V2, KnownSerdes> | KTable<K2, V2>,
    foreignKeyOf: (value: V, key: K) => K2 | null | Err,
    joiner: (value: V, otherValue: V2, key: K) => R | null | Err,
    materialized: Materialized<K, R> = {},
  ): KTable<K, R, "key" | "value"> {
    return this.#joinedOnForeignKey(other as KTable<K2, V2>, foreignKeyOf, joiner, materialized, false);
  }

  /** The same, also for rows that point nowhere, or to a row that is not there: with null. */
  leftJoinOnForeignKey<K2, V2, R>(
    other: KTable<K2, V2, KnownSerdes> | KTable<K2, V2>,
    foreignKeyOf: (value: V, key: K) => K2 | null | Err,
    joiner: (value: V, otherValue: V2 | null, key: K) => R | null | Err,
    materialized: Materialized<K, R> = {},
  ): KTable<K, R, "key" | "value"> {
    return this.#joinedOnForeignKey(
      other as KTable<K2, V2>,
      foreignKeyOf,
      joiner as never,
      materialized,
      true,
    );
  }

  #joinedOnForeignKey<K2, V2, R>(
    other: KTable<K2, V2>,
    foreignKeyOf: (value: V, key: K) => unknown,
    joiner: (value: V, otherValue: V2, key: K) => unknown,
    materialized: Materialized<K, R>,
    isLeft: boolean,
  ): KTable<K, R, "key" | "value"> {
    const left = { ...this.joinable, value: this.#serdes.value };
    const right = { ...other.joinable, value: other.#serdes.value };
    const join = { foreignKeyOf: foreignKeyOf as never, joiner: joiner as never, isLeft };
    return foreignKeyJoined(left, right, join, materialized);
  }

  /**
   * Keeps changes back: until a window closes, so that only its result is told, or for a time, so that of several changes
   * the last is. What moves stream time on is changes of the table, and nothing else.
   *
   * @param serdes of the rows, where a function has made them.
   * @throws TOPOLOGY_INVALID if the table keeps versions, or has no windows that could close; if a serde is missing
   *
   * @example
   *   const perMinute = tumblingWindows({ sizeMs: 60_000, graceMs: 5_000 });
   *   const counts = orders.groupByKey().windowedBy(perMinute).count({ store: "orders-per-minute" });
   *   counts.suppress(untilWindowCloses()).toStream()
   */
  suppress(
    suppressed: Suppressed,
    serdes: { readonly key?: Serde<K>; readonly value?: Serde<V> } = {},
  ): KTable<K, V, Known> {
    const known = { key: serdes.key ?? this.#serdes.key, value: serdes.value ?? this.#serdes.value };
    const { node, link } = suppressedTable({ ...this.joinable, ...known }, suppressed);
    return new KTable(this.#log, node, known, link);
  }

  /** For KStream#join. */
  get joinable(): JoinableTable {
    return { log: this.#log, node: this.#node, key: this.#serdes.key, link: this.#link };
  }

  #joined<V2, R, Known2 extends KnownSerdes>(
    other: KTable<K, V2>,
    joiner: RowJoiner,
    materialized: Materialized<K, R>,
    needs: Pick<JoinNeeds, "needsLeft" | "needsRight">,
  ): KTable<K, R, Known2> {
    const serdes = { key: materialized.key ?? this.#serdes.key, value: materialized.value };
    const { node, link } = joinedTables(this.joinable, other.joinable, materialized, { ...needs, joiner });
    return new KTable(this.#log, node, serdes, link);
  }

  #filtered(
    predicate: (key: K, value: V) => boolean,
    keeps: boolean,
    materialized: Materialized<K, V>,
  ): KTable<K, V, Known> {
    const begin = () => (key: unknown, value: unknown) =>
      value !== null && Boolean(accepted(predicate(key as K, value as V))) === keeps ? value : null;
    const mapping = { role: "KTABLE-FILTER", begin, uses: [], leavesOut: true };
    return this.#mapped(mapping, materialized, this.#serdes);
  }

  #mapped<V2, Known2 extends KnownSerdes>(
    mapping: {
      readonly role: string;
      readonly begin: (context: ProcessorContext) => RowFunction;
      readonly uses: readonly string[];
      readonly leavesOut: boolean;
    },
    materialized: Materialized<K, V2>,
    serdes: TableSerdes,
  ): KTable<K, V2, Known2> {
    const { store } = materialized;
    // A filter leaves out what was no row before, where it can know that for nothing.
    const sends = { old: mapping.leavesOut && this.#link.enable(false) };
    const { isVersioned } = this.#link;
    const name = this.#log.nameFor(mapping.role, materialized.name);
    const spec = store === undefined ? undefined : materializedSpec(store, materialized, serdes);
    const node = this.#log.appendLate([this.#node], name, () => ({
      operator: mapTable({ ...mapping, store, sends, leavesOut: mapping.leavesOut && !isVersioned }),
      store: spec,
    }));
    return new KTable(this.#log, node, serdes, mappedLink(sends, spec, this.#link, mapping));
  }
}
