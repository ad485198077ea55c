import assert from "node:assert/strict";
import {
  type Consumed,
  type ExtractTimestamp,
  type KStream,
  keyValueStore,
  lruStore,
  type StoreOptions,
  type StoreSpec,
  type StreamRecord,
  type StreamsBuilder,
  sessionStore,
  timestampedKeyValueStore,
  versionedKeyValueStore,
  windowStore,
} from "../../host/index.ts";
import { Tables } from "./build-tables.ts";
import {
  flatMapFunction,
  flatMapValuesFunction,
  keyFunction,
  predicate,
  valueFunction,
} from "./golden-functions.ts";
import { processor } from "./golden-processors.ts";
import { betweenSerde, lifted, type PartType, sinkSerde, sourceSerde, storeSerde } from "./golden-serdes.ts";
import { asValue, fieldOf, Json, plain, str, type Value } from "./golden-values.ts";
import { type FunctionName, type ScenarioNode, type ScenarioTimestamp, topicsOf } from "./scenario.ts";

/** Is told what the peek or foreach node `id` sees; key and value as scenario files write them. */
export type Look = (id: string, key: unknown, value: unknown) => void;

/** A stream, and what its keys and values are to the functions behind it. */
interface Stream {
  readonly stream: KStream<unknown, unknown>;
  readonly key: PartType;
  readonly value: PartType;
}

type Pair = readonly [unknown, unknown];
type Attach = (maker: TopologyMaker, node: ScenarioNode) => void;

/** By operator: what it means in our DSL. An operator that is not here is not supported yet. */
const OPERATORS: Readonly<Record<string, Attach>> = {
  stream: (maker, node) => maker.source(node),
  filter: (maker, node) => {
    if (maker.isTable(node)) return maker.tables.filter(node, true);
    const { stream, ...types } = maker.parent(node);
    const holds = maker.taking(types, predicate(named(node)));
    maker.add(node.id, { stream: stream.filter(holds), ...types });
  },
  filterNot: (maker, node) => {
    if (maker.isTable(node)) return maker.tables.filter(node, false);
    const { stream, ...types } = maker.parent(node);
    const holds = maker.taking(types, predicate(named(node)));
    maker.add(node.id, { stream: stream.filterNot(holds), ...types });
  },
  mapValues: (maker, node) => {
    if (maker.isTable(node)) return maker.tables.mapValues(node);
    const { stream, ...types } = maker.parent(node);
    const make = maker.taking<unknown>(types, valueFunction(named(node)));
    maker.add(node.id, {
      ...types,
      stream: stream.mapValues((value, key) => make(key, value)),
      value: "any",
    });
  },
  map: (maker, node) => {
    const { stream, ...types } = maker.parent(node);
    const key = keyFunction(node.keyFn!);
    const value = valueFunction(node.valueFn!);
    const make = maker.taking(
      types,
      (oldKey, oldValue): Pair => [key(oldKey, oldValue), value(oldKey, oldValue)],
    );
    maker.add(node.id, { stream: stream.map(make), key: "any", value: "any" });
  },
  flatMap: (maker, node) => {
    const { stream, ...types } = maker.parent(node);
    const make = maker.taking<readonly Pair[]>(types, flatMapFunction(named(node)));
    maker.add(node.id, { stream: stream.flatMap(make), key: "any", value: "any" });
  },
  flatMapValues: (maker, node) => {
    const { stream, ...types } = maker.parent(node);
    const make = maker.taking<readonly unknown[]>(types, flatMapValuesFunction(named(node)));
    const next = stream.flatMapValues((value, key) => make(key, value));
    maker.add(node.id, { ...types, stream: next, value: "any" });
  },
  selectKey: (maker, node) => {
    const { stream, ...types } = maker.parent(node);
    const make = maker.taking<unknown>(types, keyFunction(named(node)));
    maker.add(node.id, { ...types, stream: stream.selectKey(make), key: "any" });
  },
  peek: (maker, node) => {
    const { stream, ...types } = maker.parent(node);
    maker.add(node.id, { stream: stream.peek(maker.looking(types, node)), ...types });
  },
  foreach: (maker, node) => {
    const { stream, ...types } = maker.parent(node);
    stream.forEach(maker.looking(types, node));
  },
  split: (maker, node) => {
    const { stream, ...types } = maker.parent(node);
    let split = stream.split();
    for (const { id, ...fn } of node.branches!) split = split.branch(id, maker.taking(types, predicate(fn)));
    const streams: Readonly<Record<string, KStream<unknown, unknown>>> =
      node.default === undefined ? split.noDefaultBranch() : split.defaultBranch(node.default);
    for (const [id, branch] of Object.entries(streams)) maker.add(id, { stream: branch, ...types });
  },
  merge: (maker, node) => {
    const [first, ...others] = maker.alike(maker.parents(node));
    const { stream, ...types } = first!;
    const merged = others.reduce((so, other) => so.merge(other.stream), stream);
    maker.add(node.id, { stream: merged, ...types });
  },
  repartition: (maker, node) => {
    const { stream, ...types } = maker.parent(node);
    const next = stream.repartition({
      name: node.name!,
      key: betweenSerde(types.key),
      value: betweenSerde(types.value),
      ...(node.partitions === undefined ? {} : { partitions: node.partitions }),
    });
    maker.add(node.id, { stream: next, ...types });
  },
  table: (maker, node) => maker.tables.source(node, maker.consumed(node)),
  globalTable: (maker, node) => maker.tables.global(node, maker.consumed(node)),
  toTable: (maker, node) => maker.tables.toTable(node),
  toStream: (maker, node) => {
    const stream = maker.tables.toStream(node);
    maker.add(node.id, { stream: stream as KStream<unknown, unknown>, key: "any", value: "any" });
  },
  transformValues: (maker, node) => maker.tables.transformValues(node),
  groupByKey: (maker, node) => maker.tables.groupByKey(node),
  groupBy: (maker, node) => maker.tables.groupBy(node),
  windowedBy: (maker, node) => maker.tables.windowedBy(node),
  cogroup: (maker, node) => maker.tables.cogroup(node),
  count: (maker, node) => maker.tables.count(node),
  reduce: (maker, node) => maker.tables.reduce(node),
  aggregate: (maker, node) => maker.tables.aggregate(node),
  suppress: (maker, node) => maker.tables.suppress(node),
  join: (maker, node) => {
    const stream = JOINS[node.kind!]!(maker, node);
    if (stream !== undefined)
      maker.add(node.id, { stream: stream as KStream<unknown, unknown>, key: "any", value: "any" });
  },
  store: (maker, node) => maker.store(node),
  process: (maker, node) => {
    const { stream, ...types } = maker.parent(node);
    const next = stream.process(processor(node, maker.lifting(types)), { stores: node.stores ?? [] });
    maker.add(node.id, { stream: next, key: "any", value: "any" });
  },
  processValues: (maker, node) => {
    const { stream, key, value } = maker.parent(node);
    const lift = maker.lifting({ key, value });
    const next = stream.processValues(processor(node, lift) as never, { stores: node.stores ?? [] });
    maker.add(node.id, { stream: next as KStream<unknown, unknown>, key, value: "any" });
  },
  to: (maker, node) => {
    const { stream, ...types } = maker.parent(node);
    const serdes = { key: sinkSerde(node.key!, types.key), value: sinkSerde(node.value!, types.value) };
    if (node.topicFn === undefined) {
      stream.to(node.topic!, serdes);
      return;
    }
    const choose = maker.taking(types, keyFunction(node.topicFn));
    stream.to((key, value) => `${node.topicPrefix}${str(choose(key, value))}`, serdes);
  },
};

/** By kind; what gives no stream makes a table. */
const JOINS: Readonly<Record<string, (maker: TopologyMaker, node: ScenarioNode) => unknown>> = {
  "table-table": (maker, node) => maker.tables.joinTables(node),
  fk: (maker, node) => maker.tables.joinTables(node),
  "stream-stream": (maker, node) => maker.tables.joinStreams(node),
  "stream-table": (maker, node) => maker.tables.joinTable(node),
  "stream-global": (maker, node) => maker.tables.joinGlobal(node),
};

type StoreMaker = (options: StoreOptions<Value, Value>, node: ScenarioNode) => StoreSpec;

const STORES: Readonly<Record<string, StoreMaker>> = {
  kv: keyValueStore,
  "timestamped-kv": timestampedKeyValueStore,
  lru: (options, { max }) => lruStore({ ...options, entriesMax: max! }),
  versioned: (options, { historyMs }) => versionedKeyValueStore({ ...options, historyMs: historyMs! }),
  window: (options, { retentionMs, sizeMs, retainDuplicates = false }) =>
    windowStore({ ...options, retentionMs: retentionMs!, windowSizeMs: sizeMs!, retainDuplicates }),
  session: (options, { retentionMs }) => sessionStore({ ...options, retentionMs: retentionMs! }),
};

/** The first operator, or store, that is not supported yet. */
export function unsupportedOp(topology: readonly ScenarioNode[]): string | undefined {
  const node = topology.find(
    ({ op, kind }) =>
      !Object.hasOwn(OPERATORS, op) ||
      (op === "store" && !Object.hasOwn(STORES, kind!)) ||
      (op === "join" && !Object.hasOwn(JOINS, kind!)),
  );
  return node?.kind === undefined ? node?.op : `${node.op} ${node.kind}`;
}

/** Builds a scenario's topology by our DSL, node by node. */
export function buildTopology(builder: StreamsBuilder, topology: readonly ScenarioNode[], look: Look): void {
  const maker = new TopologyMaker(builder, look);
  for (const node of topology) OPERATORS[node.op]!(maker, node);
}

class TopologyMaker {
  readonly #builder: StreamsBuilder;
  readonly #look: Look;
  readonly #streams = new Map<string, Stream>();
  readonly tables: Tables;

  constructor(builder: StreamsBuilder, look: Look) {
    this.tables = new Tables(builder, (id) => this.#lifted(id));
    this.#builder = builder;
    this.#look = look;
  }

  add(id: string | undefined, stream: Stream): void {
    if (id !== undefined) this.#streams.set(id, stream);
  }

  parent(node: ScenarioNode): Stream {
    return this.parents(node)[0]!;
  }

  parents({ op, from = [] }: ScenarioNode): readonly Stream[] {
    return [from].flat().map((id) => {
      const stream = this.#streams.get(id);
      assert.ok(stream !== undefined, `${op} is applied to ${id}, which is no stream`);
      return stream;
    });
  }

  source(node: ScenarioNode): void {
    const [key, value] = [node.key!, node.value!];
    const serdes = { key: sourceSerde(key), value: sourceSerde(value) };
    const stream = this.#builder.stream(topicsOf(node), { ...serdes, ...this.consumed(node) });
    this.add(node.id, { stream, key: key as PartType, value: value as PartType });
  }

  consumed({ timestamp }: ScenarioNode): Pick<Consumed<unknown, unknown>, "timestampExtractor"> {
    return timestamp === undefined ? {} : { timestampExtractor: extractor(timestamp) };
  }

  isTable({ from }: ScenarioNode): boolean {
    return typeof from === "string" && this.tables.has(from);
  }

  /** A stream whose keys and values are Values. */
  #lifted(id: string): KStream<Value, Value> | undefined {
    const found = this.#streams.get(id);
    if (found === undefined) return undefined;
    const { stream, key, value } = found;
    let made = stream as KStream<unknown, unknown>;
    if (value === "json") made = made.mapValues((each) => lifted(value, each) as unknown);
    if (key === "json") made = made.selectKey((each) => lifted(key, each) as unknown);
    return made as KStream<Value, Value>;
  }

  store(node: ScenarioNode): void {
    const { id, kind, key = "any", value = "any" } = node;
    const options = { name: id!, key: storeSerde(key), value: storeSerde(value) };
    this.#builder.addStateStore(STORES[kind!]!(options, node));
  }

  /** Records as processors of FORMAT.md take them. */
  lifting({ key, value }: Omit<Stream, "stream">) {
    return (record: StreamRecord): StreamRecord<Value, Value> =>
      record.withKey(lifted(key, record.key)).withValue(lifted(value, record.value));
  }

  /** A function over what the records of a stream are. */
  taking<R>({ key: keyType, value: valueType }: Omit<Stream, "stream">, fn: (key: Value, value: Value) => R) {
    return (key: unknown, value: unknown): R => fn(lifted(keyType, key), lifted(valueType, value));
  }

  looking(types: Omit<Stream, "stream">, { id }: ScenarioNode): (key: unknown, value: unknown) => void {
    return this.taking(types, (key, value) => this.#look(id!, plain(key), plain(value)));
  }

  /** Streams to be merged: JSON as a source has read it does not go with what functions have made. */
  alike(streams: readonly Stream[]): readonly Stream[] {
    const [first] = streams;
    if (streams.every(({ key, value }) => key === first!.key && value === first!.value)) return streams;
    return streams.map(({ stream, ...types }) => ({
      stream: types.key === "json" || types.value === "json" ? stream.map(this.taking(types, pair)) : stream,
      key: "any",
      value: "any",
    }));
  }
}

function pair(key: Value, value: Value): Pair {
  return [key, value];
}

function named({ fn, args = [] }: ScenarioNode): FunctionName {
  return { fn: fn!, args };
}

function extractor(timestamp: ScenarioTimestamp): ExtractTimestamp<unknown, unknown> {
  if (timestamp.from === "wall-clock-zero") return () => 0;
  const { field, onInvalid } = timestamp;
  return ({ value }, partitionTime) => {
    const time = asValue(fieldOf(value === null || value instanceof Json ? value : new Json(value), field));
    if (typeof time === "bigint" && time >= 0n) return Number(time);
    if (onInvalid === "fail") throw new RangeError(`no time in ${field}`);
    return onInvalid === "skip" ? -1 : partitionTime;
  };
}
