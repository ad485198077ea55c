import { PeridotError } from "../errors.ts";
import { type Aggregation, aggregate, count } from "../operators/aggregate.ts";
import { reduce } from "../operators/reduce.ts";
import { i64 } from "../serdes/i64.ts";
import type { SendsOld } from "../topology/change.ts";
import type { NodeId } from "../topology/node.ts";
import type { Operator } from "../topology/operator.ts";
import type { Err } from "../topology/result.ts";
import type { AnySerde, Serde } from "../topology/serde.ts";
import type { StoreSpec } from "../topology/store-spec.ts";
import type { SessionWindows, SlidingWindows, TimeWindows, Windows } from "../topology/windows.ts";
import { CogroupedKStream } from "./cogrouped-kstream.ts";
import { KTable } from "./ktable.ts";
import { type Materialized, materializedSpec, storeName } from "./materialized.ts";
import type { NodeLog } from "./node-log.ts";
import { appendRepartition } from "./repartitioned.ts";
import { keptLink } from "./table-link.ts";
import { SessionWindowedKStream, TimeWindowedKStream } from "./windowed-kstream.ts";

/** How the records of a stream are brought to the tasks of their groups. */
export interface Grouped<K, V> {
  /** Of the topic between, if there is one; default: that of the aggregation's store. */
  readonly name?: string;
  /** Default: as the stream has them. */
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
}

/** The same, as far as it is known. */
export interface Grouping {
  readonly name: string | undefined;
  readonly key: AnySerde | undefined;
  readonly value: AnySerde | undefined;
}

export function grouping(
  { name, key, value }: Grouped<never, never> | Grouped<unknown, unknown>,
  known: { readonly key: AnySerde | undefined; readonly value: AnySerde | undefined },
): Grouping {
  return { name, key: key ?? known.key, value: value ?? known.value };
}

/** Materialized, with the serde of the values if it is not known otherwise. */
export type MaterializedAs<K, V> = Materialized<K, V> & { readonly value: Serde<V> };

/**
 * A stream whose records come to the tasks of their keys. Aggregations make tables of it: of each key one value, which
 * each record changes. Records without key or value are dropped.
 */
export class KGroupedStream<K, V> {
  readonly #log: NodeLog;
  readonly #node: NodeId;
  readonly #grouping: Grouping;
  /** There is nothing here at run time. */
  declare readonly groupedTypes: { readonly key: K; readonly value: V };

  /** Grouped streams come from KStream#groupByKey and #groupBy. */
  constructor(log: NodeLog, node: NodeId, grouping: Grouping) {
    this.#log = log;
    this.#node = node;
    this.#grouping = grouping;
  }

  /** How many records each key has had. */
  count(materialized: Materialized<K, bigint> = {}): KTable<K, bigint, "key" | "value"> {
    const name = storeName(this.#log, "KSTREAM-AGGREGATE", materialized);
    return this.#table(name, materialized, i64, "KSTREAM-AGGREGATE", (sends) =>
      count("KSTREAM-AGGREGATE", name, sends),
    );
  }

  /** The first value of a key stands for itself, and each further one is combined with what is there. Null deletes. */
  reduce(
    reducer: (aggregate: V, value: V) => V | null | Err,
    materialized: Materialized<K, V> = {},
  ): KTable<K, V, "key" | "value"> {
    const name = storeName(this.#log, "KSTREAM-REDUCE", materialized);
    return this.#table(name, materialized, this.#grouping.value, "KSTREAM-REDUCE", (sends) =>
      reduce("KSTREAM-REDUCE", name, sends, reducer),
    );
  }

  /**
   * A value of any type for each key. Null deletes it.
   *
   * @param initializer what a key begins with.
   *
   * @example
   *   orders.groupByKey().aggregate(() => 0, (_key, order, sum) => sum + order.Price, { store: "sums", value: f64 })
   */
  aggregate<A>(
    initializer: () => A,
    aggregator: (key: K, value: V, aggregate: A) => A | null | Err,
    materialized: MaterializedAs<K, A>,
  ): KTable<K, A, "key" | "value"> {
    const name = storeName(this.#log, "KSTREAM-AGGREGATE", materialized);
    const aggregation: Aggregation = { initializer, aggregator };
    return this.#table(name, materialized, undefined, "KSTREAM-AGGREGATE", (sends) =>
      aggregate("KSTREAM-AGGREGATE", name, sends, aggregation),
    );
  }

  /**
   * The same in windows of time: each record comes into those that hold its event time.
   *
   * @example
   *   const perMinute = tumblingWindows({ sizeMs: 60_000, graceMs: 5_000 });
   *   orders.groupByKey().windowedBy(perMinute).count({ store: "orders-per-minute" })
   */
  windowedBy(windows: TimeWindows | SlidingWindows): TimeWindowedKStream<K, V>;
  /** Into sessions: the records of a key with no gap between them that is longer than the windows say. */
  windowedBy(windows: SessionWindows): SessionWindowedKStream<K, V>;
  windowedBy(windows: Windows): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> {
    const [log, node, grouping] = [this.#log, this.#node, this.#grouping];
    const source = { log, node, grouping, emits: "on-window-update" as const };
    return windows.kind === "session"
      ? new SessionWindowedKStream({ ...source, windows })
      : new TimeWindowedKStream({ ...source, windows });
  }

  /** Begins an aggregation of several grouped streams into one value for each key (KIP-150). */
  cogroup<A>(aggregator: (key: K, value: V, aggregate: A) => A | null | Err): CogroupedKStream<K, A> {
    const input = { log: this.#log, node: this.#node, grouping: this.#grouping, aggregator };
    return new CogroupedKStream<K, A>([input]);
  }

  /** For CogroupedKStream#cogroup. */
  inputOf<A>(aggregator: (key: K, value: V, aggregate: A) => A | null | Err) {
    return { log: this.#log, node: this.#node, grouping: this.#grouping, aggregator };
  }

  #table<A>(
    store: string,
    materialized: Materialized<K, A>,
    value: AnySerde | undefined,
    role: string,
    operator: (sends: SendsOld) => Operator,
  ): KTable<K, A, "key" | "value"> {
    const spec = materializedSpec(store, materialized, { key: this.#grouping.key, value });
    const name = this.#log.nameFor(role, materialized.name);
    const parent = groupedNode(this.#log, this.#node, this.#grouping, spec);
    const sends = { old: false };
    const node = this.#log.appendLate([parent], name, () => ({ operator: operator(sends), store: spec }));
    return new KTable(this.#log, node, spec, keptLink(sends, materialized.store, spec));
  }
}

/** The node whose records are at the tasks of their keys: behind a topic, where keys may have changed. */
export function groupedNode(
  log: NodeLog,
  node: NodeId,
  { name, key, value }: Grouping,
  spec: StoreSpec,
  suffix = "",
): NodeId {
  if (!log.changedKeys(node)) return node;
  const through = name ?? `${spec.name}${suffix}`;
  if (value === undefined) {
    throw new PeridotError("TOPOLOGY_INVALID", {
      problem: `no serde for the values of "${through}-repartition": a function has made them, so their type is not known`,
      remedy: "Give one where the stream is grouped: groupBy(…, { value: … })",
    });
  }
  return appendRepartition(log, node, {
    name: through,
    partitions: undefined,
    partitioner: undefined,
    errors: {},
    key: key ?? spec.key,
    value,
  });
}
