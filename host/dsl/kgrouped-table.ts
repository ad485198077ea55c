import { aggregateTable, type TableAggregation } from "../operators/aggregate-table.ts";
import { changeOf } from "../serdes/change.ts";
import { i64 } from "../serdes/i64.ts";
import type { NodeId } from "../topology/node.ts";
import type { AnySerde } from "../topology/serde.ts";
import type { MaterializedAs } from "./kgrouped-stream.ts";
import { KTable, type TableGrouped } from "./ktable.ts";
import { type Materialized, materializedSpec, storeName } from "./materialized.ts";
import type { NodeLog } from "./node-log.ts";
import { appendThrough } from "./repartitioned.ts";
import { keptLink } from "./table-link.ts";

/** A table whose rows come to the tasks of their groups. Aggregations follow each row in and out of its group. */
export class KGroupedTable<K, V> {
  readonly #log: NodeLog;
  readonly #node: NodeId;
  readonly #grouped: TableGrouped<K, V>;

  /** Grouped tables come from KTable#groupBy. */
  constructor(log: NodeLog, node: NodeId, grouped: TableGrouped<K, V>) {
    this.#log = log;
    this.#node = node;
    this.#grouped = grouped;
  }

  /** How many rows each group has. */
  count(materialized: Materialized<K, bigint> = {}): KTable<K, bigint, "key" | "value"> {
    return this.#table("KTABLE-AGGREGATE", materialized, i64, {
      add: (_key, _value, count) => ((count as bigint | null) ?? 0n) + 1n,
      subtract: (_key, _value, count) => (count as bigint) - 1n,
    });
  }

  /** The first row of a group stands for itself; further ones are added, and those that leave are subtracted. */
  reduce(
    adder: (aggregate: V, value: V) => V | null,
    subtractor: (aggregate: V, value: V) => V | null,
    materialized: Materialized<K, V> = {},
  ): KTable<K, V, "key" | "value"> {
    return this.#table("KTABLE-REDUCE", materialized, this.#grouped.value, {
      add: (_key, value, aggregate) => (aggregate === null ? value : adder(aggregate as V, value as V)),
      subtract: (_key, value, aggregate) => subtractor(aggregate as V, value as V),
    });
  }

  /** A value of any type for each group. Null deletes it. */
  aggregate<A>(
    initializer: () => A,
    adder: (key: K, value: V, aggregate: A) => A | null,
    subtractor: (key: K, value: V, aggregate: A) => A | null,
    materialized: MaterializedAs<K, A>,
  ): KTable<K, A, "key" | "value"> {
    return this.#table("KTABLE-AGGREGATE", materialized, undefined, {
      add: (key, value, aggregate) =>
        adder(key as K, value as V, aggregate === null ? initializer() : (aggregate as A)),
      subtract: (key, value, aggregate) => subtractor(key as K, value as V, aggregate as A),
    });
  }

  #table<A>(
    role: string,
    materialized: Materialized<K, A>,
    value: AnySerde | undefined,
    aggregation: TableAggregation,
  ): KTable<K, A, "key" | "value"> {
    const { name, key } = this.#grouped;
    // Kafka Streams has one prefix for both
    const store = storeName(this.#log, "KTABLE-AGGREGATE", materialized);
    const spec = materializedSpec(store, materialized, { key, value });
    const serdes = { key, value: changeOf(this.#grouped.value) };
    const parent = appendThrough(this.#log, this.#node, name ?? store, serdes);
    const sends = { old: false };
    const node = this.#log.appendLate([parent], this.#log.nameFor(role, materialized.name), () => ({
      operator: aggregateTable(role, store, sends, aggregation),
      store: spec,
    }));
    return new KTable(this.#log, node, spec, keptLink(sends, materialized.store, spec));
  }
}
