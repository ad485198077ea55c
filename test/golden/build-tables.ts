import type {
  CogroupedKStream,
  KGroupedStream,
  KGroupedTable,
  KStream,
  KTable,
  Materialized,
  StreamsBuilder,
  ValueTransformer,
} from "../../host/index.ts";
import { aggregator, keyFunction, predicate, reducer, valueFunction } from "./golden-functions.ts";
import { tableTransformer } from "./golden-processors.ts";
import { betweenSerde, storeSerde } from "./golden-serdes.ts";
import { asValue, type Value } from "./golden-values.ts";
import type { FunctionName, ScenarioNode } from "./scenario.ts";

// Operators of tables and aggregations. What they take and give are Values: streams of what sources have read as JSON
// are lifted before.

export type Table = KTable<Value, Value>;
type Grouped = KGroupedStream<Value, Value>;
type GroupedTable = KGroupedTable<Value, Value>;
type Cogrouped = CogroupedKStream<Value, Value>;

/** What a scenario's nodes have made, by their ids. */
export class Tables {
  readonly #builder: StreamsBuilder;
  /** The stream of Values that a node has made; undefined: it has made no stream. */
  readonly #streamOf: (id: string) => KStream<Value, Value> | undefined;
  readonly #tables = new Map<string, Table>();
  readonly #grouped = new Map<string, Grouped>();
  readonly #groupedTables = new Map<string, GroupedTable>();
  readonly #cogrouped = new Map<string, Cogrouped>();

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

  count(node: ScenarioNode): void {
    const materialized = kept(node) as Materialized<Value, bigint>;
    const grouped = this.#grouped.get(node.from as string) ?? this.#groupedTables.get(node.from as string)!;
    this.#tables.set(node.id!, grouped.count(materialized) as unknown as Table);
  }

  reduce(node: ScenarioNode): void {
    const add = reducer(named(node));
    const materialized = { ...VALUES, ...kept(node) };
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

const VALUES = { key: storeSerde("any"), value: betweenSerde("any") as ReturnType<typeof storeSerde> };

function kept({ store, caching, versionedMs }: ScenarioNode): Materialized<Value, Value> {
  return {
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
