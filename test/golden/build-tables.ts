import {
  SessionWindowedCogroupedKStream,
  type TimeWindowedCogroupedKStream,
} from "../../host/dsl/cogrouped-kstream.ts";
import { SessionWindowedKStream, TimeWindowedKStream } from "../../host/dsl/windowed-kstream.ts";
import type {
  CogroupedKStream,
  GlobalKTable,
  KGroupedStream,
  KGroupedTable,
  KStream,
  KTable,
  Materialized,
  MaterializedAs,
  StreamsBuilder,
  ValueTransformer,
  Windows,
} from "../../host/index.ts";
import {
  hoppingWindows,
  joinWindows,
  sessionWindows,
  slidingWindows,
  tumblingWindows,
  untilTimeLimit,
  untilWindowCloses,
} from "../../host/index.ts";
import {
  aggregator,
  joiner,
  keyFunction,
  merger,
  predicate,
  reducer,
  valueFunction,
} from "./golden-functions.ts";
import { tableTransformer } from "./golden-processors.ts";
import { betweenSerde, storeSerde } from "./golden-serdes.ts";
import { asValue, type Value } from "./golden-values.ts";
import type { FunctionName, ScenarioNode, ScenarioWindow } from "./scenario.ts";

// Operators of tables and aggregations. What they take and give are Values: streams of what sources have read as JSON
// are lifted before.

export type Table = KTable<Value, Value>;
type Grouped = KGroupedStream<Value, Value>;
type GroupedTable = KGroupedTable<Value, Value>;
type Cogrouped = CogroupedKStream<Value, Value>;
type Windowed =
  | TimeWindowedKStream<Value, Value>
  | SessionWindowedKStream<Value, Value>
  | TimeWindowedCogroupedKStream<Value, Value>
  | SessionWindowedCogroupedKStream<Value, Value>;

/** What a scenario's nodes have made, by their ids. */
export class Tables {
  readonly #builder: StreamsBuilder;
  /** The stream of Values that a node has made; undefined: it has made no stream. */
  readonly #streamOf: (id: string) => KStream<Value, Value> | undefined;
  readonly #tables = new Map<string, Table>();
  readonly #globals = new Map<string, GlobalKTable<Value, Value>>();
  readonly #grouped = new Map<string, Grouped>();
  readonly #groupedTables = new Map<string, GroupedTable>();
  readonly #cogrouped = new Map<string, Cogrouped>();
  readonly #windowed = new Map<string, Windowed>();

  constructor(builder: StreamsBuilder, streamOf: (id: string) => KStream<Value, Value> | undefined) {
    this.#builder = builder;
    this.#streamOf = streamOf;
  }

  has(id: string): boolean {
    return this.#tables.has(id);
  }

  source(node: ScenarioNode, consumed: object): void {
    const serdes = { key: storeSerde(node.key!), value: storeSerde(node.value!) };
    const table = this.#builder.table(node.topic!, { ...consumed, ...serdes }, kept(node));
    this.#tables.set(node.id!, table);
  }

  global(node: ScenarioNode, consumed: object): void {
    const serdes = { key: storeSerde(node.key!), value: storeSerde(node.value!) };
    const store = { store: node.store! };
    this.#globals.set(node.id!, this.#builder.globalTable(node.topic!, { ...consumed, ...serdes }, store));
  }

  joinGlobal(node: ScenarioNode): KStream<Value, Value> {
    const [left, right] = [this.#streamOf(node.left!)!, this.#globals.get(node.right!)!];
    const join = joiner(node.joiner!);
    const rowKey = keyFunction(node.keyFn!);
    return node.type === "inner"
      ? left.join(right, rowKey, (l, r, key) => join(key, l, r))
      : left.leftJoin(right, rowKey, (l, r, key) => join(key, l, r));
  }

  toTable(node: ScenarioNode): void {
    const stream = this.#streamOf(node.from as string)!;
    this.#tables.set(node.id!, stream.toTable({ ...VALUES, ...kept(node) }));
  }

  toStream(node: ScenarioNode): KStream<Value, Value> {
    const table = this.#tables.get(node.from as string)!;
    return node.keyFn === undefined ? table.toStream() : table.toStream(keyFunction(node.keyFn));
  }

  filter(node: ScenarioNode, keeps: boolean): void {
    const table = this.#tables.get(node.from as string)!;
    const holds = predicate(named(node));
    this.#tables.set(
      node.id!,
      keeps
        ? table.filter(holds, { ...VALUES, ...kept(node) })
        : table.filterNot(holds, { ...VALUES, ...kept(node) }),
    );
  }

  mapValues(node: ScenarioNode): void {
    const make = valueFunction(named(node));
    const table = this.#tables.get(node.from as string)!;
    this.#tables.set(
      node.id!,
      table.mapValues((value, key) => make(key, value), { ...VALUES, ...kept(node) }),
    );
  }

  transformValues(node: ScenarioNode): void {
    const supplier = tableTransformer(node) as () => ValueTransformer<Value, Value, Value>;
    const materialized = { ...VALUES, ...kept(node), stores: node.stores ?? [] };
    const table = this.#tables.get(node.from as string)!;
    this.#tables.set(node.id!, table.transformValues(supplier, materialized));
  }

  groupByKey({ id, from }: ScenarioNode): void {
    this.#grouped.set(id!, this.#streamOf(from as string)!.groupByKey(VALUES));
  }

  groupBy({ id, from, keyFn, valueFn }: ScenarioNode): void {
    const key = keyFunction(keyFn!);
    const table = this.#tables.get(from as string);
    if (table === undefined) {
      this.#grouped.set(
        id!,
        this.#streamOf(from as string)!.groupBy((k, v) => key(k, v), VALUES),
      );
      return;
    }
    const value = valueFunction(valueFn ?? { fn: "identity" });
    this.#groupedTables.set(
      id!,
      table.groupBy((k, v) => [key(k, v), value(k, v)], VALUES),
    );
  }

  cogroup({ id, inputs }: ScenarioNode): void {
    const [first, ...others] = inputs!;
    let cogrouped = this.#grouped.get(first!.from)!.cogroup<Value>(aggregator(first!));
    for (const input of others)
      cogrouped = cogrouped.cogroup(this.#grouped.get(input.from)!, aggregator(input));
    this.#cogrouped.set(id!, cogrouped);
  }

  windowedBy({ id, from, window, emit }: ScenarioNode): void {
    const grouped = this.#grouped.get(from as string) ?? this.#cogrouped.get(from as string)!;
    const windows = windowsOf(window!);
    const made = (
      windows.kind === "session" ? grouped.windowedBy(windows) : grouped.windowedBy(windows)
    ) as Windowed;
    this.#windowed.set(
      id!,
      emit === "close" && "emitStrategy" in made ? made.emitStrategy("on-window-close") : made,
    );
  }

  suppress(node: ScenarioNode): void {
    const table = this.#tables.get(node.from as string)!;
    const { until, ms = 0, maxRecords, whenFull = "emit-early" } = node;
    const limits = maxRecords === undefined ? {} : { maxRecords };
    const suppressed =
      until === "window-closes" ? untilWindowCloses(limits) : untilTimeLimit(ms, { ...limits, whenFull });
    this.#tables.set(node.id!, table.suppress(suppressed));
  }

  /** Two tables as one. */
  joinTables(node: ScenarioNode): void {
    const [left, right] = [this.#tables.get(node.left!)!, this.#tables.get(node.right!)!];
    const join = joiner(node.joiner!);
    const materialized = { ...VALUES, ...kept(node) };
    if (node.kind === "fk") {
      const { key: _key, ...result } = materialized;
      const foreign = keyFunction(node.fkFn!);
      const method = node.type === "inner" ? "joinOnForeignKey" : "leftJoinOnForeignKey";
      const made = left[method](
        right,
        (value, key) => foreign(key, value),
        (l, r, key) => join(key, l, r as Value),
        result,
      );
      this.#tables.set(node.id!, made);
      return;
    }
    const made =
      node.type === "inner"
        ? left.join(right, (l, r, key) => join(key, l, r), materialized)
        : node.type === "left"
          ? left.leftJoin(right, (l, r, key) => join(key, l, r), materialized)
          : left.outerJoin(right, (l, r, key) => join(key, l, r), materialized);
    this.#tables.set(node.id!, made);
  }

  joinStreams(node: ScenarioNode): KStream<Value, Value> {
    const [left, right] = [this.#streamOf(node.left!)!, this.#streamOf(node.right!)!];
    const join = joiner(node.joiner!);
    const { diffMs = 0, beforeMs = diffMs, afterMs = diffMs, graceMs = 0 } = node.window!;
    const windows = joinWindows({ beforeMs, afterMs, graceMs });
    const serdes = { key: VALUES.key, value: VALUES.value, otherValue: VALUES.value };
    if (node.type === "inner") return left.join(right, (l, r, key) => join(key, l, r), windows, serdes);
    if (node.type === "left") return left.leftJoin(right, (l, r, key) => join(key, l, r), windows, serdes);
    return left.outerJoin(right, (l, r, key) => join(key, l, r), windows, serdes);
  }

  joinTable(node: ScenarioNode): KStream<Value, Value> {
    const [left, right] = [this.#streamOf(node.left!)!, this.#tables.get(node.right!)!];
    const join = joiner(node.joiner!);
    const joined = { ...VALUES, ...(node.graceMs === undefined ? {} : { graceMs: node.graceMs }) };
    return node.type === "inner"
      ? left.join(right, (l, r, key) => join(key, l, r), joined)
      : left.leftJoin(right, (l, r, key) => join(key, l, r), joined);
  }

  count(node: ScenarioNode): void {
    const materialized = kept(node) as Materialized<Value, bigint>;
    const from = node.from as string;
    const windowed = this.#windowed.get(from);
    const grouped =
      windowed !== undefined && "count" in windowed
        ? windowed
        : (this.#grouped.get(from) ?? this.#groupedTables.get(from)!);
    this.#tables.set(node.id!, grouped.count(materialized) as unknown as Table);
  }

  reduce(node: ScenarioNode): void {
    const add = reducer(named(node));
    const materialized = { ...VALUES, ...kept(node) };
    const windowed = this.#windowed.get(node.from as string);
    if (windowed !== undefined && "reduce" in windowed) {
      this.#tables.set(node.id!, windowed.reduce(add, materialized) as unknown as Table);
      return;
    }
    const grouped = this.#grouped.get(node.from as string);
    const table =
      grouped === undefined
        ? this.#groupedTables.get(node.from as string)!.reduce(add, reducer(node.subtractor!), materialized)
        : grouped.reduce(add, materialized);
    this.#tables.set(node.id!, table);
  }

  aggregate(node: ScenarioNode): void {
    const { from, id, init } = node;
    const begin = () => asValue(init);
    const materialized = { ...VALUES, ...kept(node) };
    const windowed = this.#windowed.get(from as string);
    if (windowed !== undefined) {
      this.#tables.set(id!, aggregatedWindows(windowed, node, materialized) as unknown as Table);
      return;
    }
    const cogrouped = this.#cogrouped.get(from as string);
    const grouped = this.#grouped.get(from as string);
    if (cogrouped !== undefined) this.#tables.set(id!, cogrouped.aggregate(begin, materialized));
    else if (grouped !== undefined)
      this.#tables.set(id!, grouped.aggregate(begin, aggregator(named(node)), materialized));
    else {
      const [add, subtract] = [aggregator(named(node)), aggregator(node.subtractor!)];
      const table = this.#groupedTables.get(from as string)!.aggregate(begin, add, subtract, materialized);
      this.#tables.set(id!, table);
    }
  }
}

function aggregatedWindows(
  windowed: Windowed,
  node: ScenarioNode,
  materialized: MaterializedAs<Value, Value>,
) {
  const begin = () => asValue(node.init);
  if (windowed instanceof TimeWindowedKStream)
    return windowed.aggregate(begin, aggregator(named(node)), materialized);
  if (windowed instanceof SessionWindowedKStream)
    return windowed.aggregate(begin, aggregator(named(node)), merger(node.merger!), materialized);
  if (windowed instanceof SessionWindowedCogroupedKStream)
    return windowed.aggregate(begin, merger(node.merger!), materialized);
  return windowed.aggregate(begin, materialized);
}

function windowsOf({ type, graceMs = 0, ...given }: ScenarioWindow): Windows {
  const { sizeMs = 0, advanceMs = 0, diffMs = 0, gapMs = 0 } = given;
  switch (type) {
    case "tumbling":
      return tumblingWindows({ sizeMs, graceMs });
    case "hopping":
      return hoppingWindows({ sizeMs, advanceMs, graceMs });
    case "sliding":
      return slidingWindows({ differenceMs: diffMs, graceMs });
    default:
      return sessionWindows({ gapMs, graceMs });
  }
}

const VALUES = { key: storeSerde("any"), value: betweenSerde("any") as ReturnType<typeof storeSerde> };

function kept({ store, caching, versionedMs, retentionMs }: ScenarioNode): Materialized<Value, Value> {
  return {
    ...(retentionMs === undefined ? {} : { retentionMs }),
    ...(store === undefined ? {} : { store }),
    ...(caching === undefined ? {} : { caching }),
    ...(versionedMs === undefined ? {} : { historyMs: versionedMs }),
  };
}

function named({
  fn,
  args = [],
}: {
  readonly fn?: string;
  readonly args?: readonly unknown[];
}): FunctionName {
  return { fn: fn!, args };
}
