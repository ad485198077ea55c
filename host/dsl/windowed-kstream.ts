import { unreachable } from "../assert.ts";
import { type Aggregation, COUNTING } from "../operators/aggregate.ts";
import { aggregateSessions } from "../operators/aggregate-sessions.ts";
import { aggregateSliding } from "../operators/aggregate-sliding.ts";
import { aggregateWindows } from "../operators/aggregate-windows.ts";
import { i64 } from "../serdes/i64.ts";
import { sessionWindowed, windowedOf } from "../serdes/windowed.ts";
import type { SendsOld } from "../topology/change.ts";
import type { NodeId } from "../topology/node.ts";
import type { Operator } from "../topology/operator.ts";
import type { Err } from "../topology/result.ts";
import type { AnySerde } from "../topology/serde.ts";
import type { StoreSpec } from "../topology/store-spec.ts";
import type { Windowed } from "../topology/windowed.ts";
import type {
  EmitStrategy,
  SessionWindows,
  SlidingWindows,
  TimeWindows,
  Windows,
} from "../topology/windows.ts";
import { type Grouping, groupedNode, type MaterializedAs } from "./kgrouped-stream.ts";
import { KTable } from "./ktable.ts";
import { type Materialized, storeName, windowedSpec } from "./materialized.ts";
import type { NodeLog } from "./node-log.ts";
import { keptLink } from "./table-link.ts";

/** A table of values by key and window. */
export type WindowedTable<K, V> = KTable<Windowed<K>, V, "key" | "value">;

/** How the records in one window become one value; of sessions also how two of them become one. */
export interface WindowedAggregation extends Aggregation {
  readonly merger?: (key: never, one: never, other: never) => unknown;
}

/** What a windowed stream is made of. */
export interface WindowedSource<W extends Windows> {
  readonly log: NodeLog;
  readonly node: NodeId;
  readonly grouping: Grouping;
  readonly windows: W;
  readonly emits: EmitStrategy;
}

/**
 * A grouped stream whose records come into windows of time. Aggregations make tables of it: a value for each key and
 * window. Records without key are dropped, and those that come for a window that has closed.
 */
export class TimeWindowedKStream<K, V> {
  readonly #source: WindowedSource<TimeWindows | SlidingWindows>;
  /** There is nothing here at run time. */
  declare readonly windowedTypes: { readonly key: K; readonly value: V };

  /** Windowed streams come from KGroupedStream#windowedBy. */
  constructor(source: WindowedSource<TimeWindows | SlidingWindows>) {
    this.#source = source;
  }

  /**
   * When results are told: at each change (the default), or once, when a window has closed (KIP-825). What closes a window
   * is stream time, which only records move.
   */
  emitStrategy(emits: EmitStrategy): TimeWindowedKStream<K, V> {
    return new TimeWindowedKStream({ ...this.#source, emits });
  }

  /** How many records each window has had. */
  count(materialized: Materialized<K, bigint> = {}): WindowedTable<K, bigint> {
    return aggregated(this.#source, "AGGREGATE", materialized, i64, WINDOWED_COUNTING);
  }

  /** The first value of a window stands for itself, and each further one is combined with what is there. Null deletes. */
  reduce(
    reducer: (aggregate: V, value: V) => V | null | Err,
    materialized: Materialized<K, V> = {},
  ): WindowedTable<K, V> {
    return aggregated(this.#source, "REDUCE", materialized, this.#source.grouping.value, reducing(reducer));
  }

  /** A value of any type for each window. Null deletes it. @param initializer what a window begins with. */
  aggregate<A>(
    initializer: () => A,
    aggregator: (key: K, value: V, aggregate: A) => A | null | Err,
    materialized: MaterializedAs<K, A>,
  ): WindowedTable<K, A> {
    return aggregated(this.#source, "AGGREGATE", materialized, undefined, { initializer, aggregator });
  }
}

/** A grouped stream whose records come into sessions: a value for each key and session. */
export class SessionWindowedKStream<K, V> {
  readonly #source: WindowedSource<SessionWindows>;
  /** There is nothing here at run time. */
  declare readonly windowedTypes: { readonly key: K; readonly value: V };

  /** Windowed streams come from KGroupedStream#windowedBy. */
  constructor(source: WindowedSource<SessionWindows>) {
    this.#source = source;
  }

  /** As TimeWindowedKStream#emitStrategy. */
  emitStrategy(emits: EmitStrategy): SessionWindowedKStream<K, V> {
    return new SessionWindowedKStream({ ...this.#source, emits });
  }

  /** How many records each session has had. */
  count(materialized: Materialized<K, bigint> = {}): WindowedTable<K, bigint> {
    return aggregated(this.#source, "AGGREGATE", materialized, i64, WINDOWED_COUNTING);
  }

  /** The first value of a session stands for itself, and each further one is combined with what is there. Null deletes. */
  reduce(
    reducer: (aggregate: V, value: V) => V | null | Err,
    materialized: Materialized<K, V> = {},
  ): WindowedTable<K, V> {
    return aggregated(this.#source, "REDUCE", materialized, this.#source.grouping.value, reducing(reducer));
  }

  /**
   * A value of any type for each session. Null deletes it.
   *
   * @param initializer what a session begins with.
   * @param merger of two sessions, the earlier one first, when a record joins them.
   */
  aggregate<A>(
    initializer: () => A,
    aggregator: (key: K, value: V, aggregate: A) => A | null | Err,
    merger: (key: K, one: A, other: A) => A | Err,
    materialized: MaterializedAs<K, A>,
  ): WindowedTable<K, A> {
    return aggregated(this.#source, "AGGREGATE", materialized, undefined, {
      initializer,
      aggregator,
      merger,
    });
  }
}

const WINDOWED_COUNTING: WindowedAggregation = {
  ...COUNTING,
  merger: (_key, one: bigint, other: bigint) => one + other,
};

/** Null is what nothing has been added to. */
function reducing<V>(reducer: (aggregate: V, value: V) => V | null | Err): WindowedAggregation {
  const combine = (one: V | null, other: V) => (one === null ? other : reducer(one, other));
  return {
    initializer: () => null,
    aggregator: (_key, value: V, aggregate: V | null) => combine(aggregate, value),
    merger: (_key, one: V | null, other: V) => combine(one, other),
  };
}

function aggregated<K, V>(
  { log, node, grouping, windows, emits }: WindowedSource<Windows>,
  what: "AGGREGATE" | "REDUCE",
  materialized: Materialized<K, V>,
  value: AnySerde | undefined,
  aggregation: WindowedAggregation,
): WindowedTable<K, V> {
  const role = `KSTREAM-${what}`;
  const store = storeName(log, role, materialized);
  const spec = windowedSpec(store, materialized, { key: grouping.key, value }, windows, emits);
  const name = log.nameFor(role, materialized.name);
  const parent = groupedNode(log, node, grouping, spec);
  const sends = { old: false };
  const id = log.appendLate([parent], name, () => ({
    operator: windowOperator(role, store, sends, { aggregation, windows, emits, input: "" }),
    store: spec,
  }));
  return new KTable(
    log,
    id,
    windowedSerdes(spec, windows),
    keptLink(sends, materialized.store, spec, closeMsOf(windows)),
  );
}

/** How long after its end a window closes. */
export function closeMsOf(windows: Windows): number {
  return windows.kind === "session" ? windows.gapMs + windows.graceMs : windows.graceMs;
}

export function windowedSerdes({ key, value, windows: kept }: StoreSpec, windows: Windows) {
  return { key: windows.kind === "session" ? sessionWindowed(key) : windowedOf(key, kept!.sizeMs), value };
}

export function windowOperator(
  role: string,
  store: string,
  sends: SendsOld,
  {
    aggregation,
    windows,
    emits,
    input,
  }: {
    readonly aggregation: WindowedAggregation;
    readonly windows: Windows;
    readonly emits: EmitStrategy;
    readonly input: string;
  },
): Operator {
  switch (windows.kind) {
    case "time":
      return aggregateWindows(role, store, sends, { ...aggregation, windows, emits, input });
    case "sliding":
      return aggregateSliding(role, store, sends, { ...aggregation, windows, emits, input });
    case "session": {
      const merger = aggregation.merger!;
      return aggregateSessions(role, store, sends, { ...aggregation, merger, windows, emits, input });
    }
    default:
      return unreachable(windows);
  }
}
