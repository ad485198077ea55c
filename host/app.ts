import { randomUUID } from "node:crypto";
import { asPeridotError } from "./commit/commit.ts";
import { type PeridotConfig, type ResolvedConfig, resolveConfig } from "./config.ts";
import type { Consumed } from "./dsl/consumed.ts";
import type { GlobalKTable } from "./dsl/global-ktable.ts";
import type { Imported } from "./dsl/imported.ts";
import type { KStream } from "./dsl/kstream.ts";
import type { KTable } from "./dsl/ktable.ts";
import type { Materialized } from "./dsl/materialized.ts";
import { StreamsBuilder } from "./dsl/streams-builder.ts";
import { PeridotError } from "./errors.ts";
import type { ImportProgress } from "./import-export/importer.ts";
import { OpenExports } from "./import-export/open-exports.ts";
import { Instance } from "./instance.ts";
import { loadTopology } from "./load-topology.ts";
import { QueryableStore } from "./queryable-store.ts";
import { QueryableSessionStore, QueryableVersionedStore, QueryableWindowStore } from "./queryable-times.ts";
import type { AskStores } from "./remote-store.ts";
import type { TaskName, ThreadProgress } from "./task/thread-port.ts";
import { streamThreadHere } from "./task/worker-thread.ts";
import { compile } from "./topology/compile.ts";
import { type DescriptionFormat, describe } from "./topology/describe/describe.ts";
import type { ErrorSettings } from "./topology/error-settings.ts";
import type { Exported, ExportedRecord, ExportOptions } from "./topology/exported.ts";
import type { LogicalTopology } from "./topology/node.ts";
import type { Plan } from "./topology/plan.ts";
import type { StoreSpec } from "./topology/store-spec.ts";
import { kafkaTransport } from "./transport/kafka/kafka-transport.ts";
import type { TransportFactory } from "./transport/port.ts";

/**
 *   created -start-> starting -> running -close-> closing -> closed
 *                        |          |
 *                        +- error --+-----------> closing -> failed
 *
 * While the group rebalances the state stays "running": what was revoked is committed, what comes goes on.
 */
export type AppState = "created" | "starting" | "running" | "closing" | "closed" | "failed";

/** What an application would run. */
export interface Blueprint {
  /** Or the module that it stands in. */
  readonly topology: LogicalTopology | URL;
  readonly applicationId: string;
  readonly errors: ErrorSettings;
  readonly strictOrder: boolean;
}

let revealBlueprint: (app: Peridot) => Blueprint;

/** For the test driver; no part of the public API. */
export function blueprintOf(app: Peridot): Blueprint {
  return revealBlueprint(app);
}

type StoreKind = StoreSpec["kind"];

/** Kinds of stores that can be asked from outside, by how they are asked. */
const QUERYABLE = {
  byKey: new Set<StoreKind>(["key-value", "timestamped-key-value"]),
  byWindow: new Set<StoreKind>(["window", "timestamped-window"]),
  bySession: new Set<StoreKind>(["session"]),
  byVersion: new Set<StoreKind>(["versioned"]),
} satisfies Readonly<Record<string, ReadonlySet<StoreKind>>>;

/**
 * An application: its topology and, once started, this process's part in running it.
 *
 * @example
 *   const app = peridot({ applicationId: "clients", bootstrapServers: "localhost:9092" });
 *   app.stream("clientTopic", { key: string, value: json(Client) })
 *      .map((key, client) => [key, client.owner.length])
 *      .to("genericTopic", { key: string, value: json<number>() });
 *   await app.run();
 */
export class Peridot {
  static {
    revealBlueprint = (app) => ({
      topology: app.#config.topology === undefined ? app.#builder.build() : app.#config.topology,
      applicationId: app.#config.applicationId,
      errors: app.#config.errors,
      strictOrder: app.#config.strictOrder,
    });
  }
  readonly #config: ResolvedConfig;
  readonly #builder = new StreamsBuilder();
  readonly #progress: ThreadProgress[] = [];
  #state: AppState = "created";
  readonly #imports = new Map<string, ImportProgress>();
  readonly #exports: OpenExports;
  #tasks: readonly TaskName[] = [];
  #instance: Instance | undefined;
  /** Known from the start on. */
  #stores: readonly StoreSpec[] = [];
  #ended: Promise<void> = Promise.resolve();
  readonly #closing = Promise.withResolvers<undefined>();

  constructor(config: PeridotConfig) {
    this.#config = resolveConfig(config);
    this.#exports = new OpenExports(this.#config, () => transportOf(this.#config));
  }

  /** A stream of the records of one topic or several, or of all that match a pattern: see StreamsBuilder#stream. */
  stream<K, V>(
    topics: string | readonly string[] | RegExp,
    consumed: Consumed<K, V>,
  ): KStream<K, V, "key" | "value"> {
    return this.#ownBuilder().stream(topics, consumed);
  }

  /** A table of the records of a topic: see StreamsBuilder#table. */
  table<K, V>(
    topic: string,
    consumed: Consumed<K, V>,
    materialized: Materialized<K, V> = {},
  ): KTable<K, V, "key" | "value"> {
    return this.#ownBuilder().table(topic, consumed, materialized);
  }

  /** A table that every instance holds in full: see StreamsBuilder#globalTable. */
  globalTable<K, V>(
    topic: string,
    consumed: Consumed<K, V>,
    materialized: { readonly store?: string } = {},
  ): GlobalKTable<K, V> {
    return this.#ownBuilder().globalTable(topic, consumed, materialized);
  }

  /** Adds a store for processors that name it: see StreamsBuilder#addStateStore. */
  addStateStore(store: StoreSpec): this {
    this.#ownBuilder().addStateStore(store);
    return this;
  }

  /** A stream of what any iterable gives: see StreamsBuilder#import. */
  import<K, V, Item, P>(name: string, imported: Imported<K, V, Item, P>): KStream<K, V, "key" | "value"> {
    return this.#ownBuilder().import(name, imported);
  }

  /**
   * The committed records of an export, as they come: it waits until the application runs, ends when the application
   * is closed, and fails with the error that ended it. Asking for the next record says that the one before has been dealt
   * with: its position is committed, so that each record is read at least once. All who read an export, in
   * any process of the application, share its partitions; with `from` one reads them all, and keeps the positions
   * itself: who stores them together with what he makes of the records has made it exactly once. Nothing is fetched
   * before it is asked for, save about a MiB. Leave the loop, or call `return()`, to end it sooner.
   *
   * For other shapes: `Readable.from(app.exported(…))`, `ReadableStream.from(app.exported(…))`.
   *
   * @param exported what `KStream#export` gave, or its name and serdes.
   * @throws TOPOLOGY_INVALID if it has no such name; while reading: TOPIC_MISSING, EXPORT_RECORD_INVALID,
   *   EXPORT_POSITION_GONE, and what a broker refuses
   *
   * @example
   *   const app = peridot({ applicationId: "ages", bootstrapServers: "localhost:9092" });
   *   const adults = app
   *     .stream("clientTopic", { key: string, value: json(Client) })
   *     .filter({ Age: { ge: 18 } })
   *     .export("adults");
   *   const reading = (async () => {
   *     for await (const { offset, value } of app.exported(adults)) console.log(offset, value?.name);
   *   })();
   *   await app.run();
   *   await reading;
   */
  exported<K, V>(
    exported: Exported<K, V>,
    options: ExportOptions = {},
  ): AsyncIterableIterator<ExportedRecord<K, V>, undefined> {
    return this.#exports.read(exported, options);
  }

  #ownBuilder(): StreamsBuilder {
    if (this.#config.topology === undefined) return this.#builder;
    throw new PeridotError("TOPOLOGY_INVALID", {
      problem: "the topology stands in a module of its own, yet streams are added to the application too",
      remedy: "Add them in that module",
    });
  }

  /**
   * A store of the topology, to be read while the application runs: what its tasks in this process have committed.
   *
   * @param name of the store, as the topology gives it.
   * @throws STORE_UNKNOWN: the application has not started yet, the topology has no such store, or keeps windows, sessions or
   *   versions: those are read by the methods below
   */
  store<K, V>(name: string): QueryableStore<K, V> {
    return new QueryableStore(this.#queryable(name, QUERYABLE.byKey), this.#askStores);
  }

  /** The same of a store of windows: of a windowed table, or one for processors. */
  windowStore<K, V>(name: string): QueryableWindowStore<K, V> {
    return new QueryableWindowStore(this.#queryable(name, QUERYABLE.byWindow), this.#askStores);
  }

  /** The same of a store of sessions. */
  sessionStore<K, V>(name: string): QueryableSessionStore<K, V> {
    return new QueryableSessionStore(this.#queryable(name, QUERYABLE.bySession), this.#askStores);
  }

  /** The same of a versioned store, which rows are asked of as of a time. */
  versionedStore<K, V>(name: string): QueryableVersionedStore<K, V> {
    return new QueryableVersionedStore(this.#queryable(name, QUERYABLE.byVersion), this.#askStores);
  }

  readonly #askStores: AskStores = async (query) => (await this.#instance?.query(query)) ?? [];

  #queryable(name: string, kinds: ReadonlySet<StoreKind>): StoreSpec {
    const spec = this.#stores.find((each) => each.name === name && kinds.has(each.kind));
    if (spec !== undefined) return spec;
    const known = this.#stores.filter(({ kind }) => kinds.has(kind)).map((each) => each.name);
    throw new PeridotError("STORE_UNKNOWN", { store: name, known: known.join(", ") || "none" });
  }

  get state(): AppState {
    return this.#state;
  }

  /** The tasks that this process runs now, such as "0_3": sub-topology 0 on partition 3. */
  get tasks(): readonly TaskName[] {
    return this.#tasks;
  }

  /** Records consumed, transactions committed, transactions aborted: sums over all stream threads since the start. */
  get progress(): ThreadProgress {
    const sum = { records: 0, transactions: 0, aborts: 0 };
    for (const each of this.#progress) {
      sum.records += each?.records ?? 0;
      sum.transactions += each?.transactions ?? 0;
      sum.aborts += each?.aborts ?? 0;
    }
    return sum;
  }

  /** How each import stands in this process, by its name; empty before the start. */
  get imports(): ReadonlyMap<string, ImportProgress> {
    return this.#imports;
  }

  /**
   * The topology: as text in the format of Kafka Streams' `Topology#describe`, as a Mermaid flowchart, in Graphviz'
   * language, or as an SVG picture.
   *
   * @throws CONFIG_INVALID for another format
   */
  async describe(format: DescriptionFormat = "text"): Promise<string> {
    return describe(await this.#topology(), format);
  }

  /**
   * Joins the group and begins to process. Resolves once the process has got its first share of the tasks, which
   * may be none.
   *
   * @throws PeridotError that names what is wrong: configuration, topology, topics that are missing, brokers that
   *   cannot be reached or refuse us. Nothing is left open then.
   */
  async start(): Promise<void> {
    if (this.#state !== "created") throw new PeridotError("APP_USED", { state: this.#state });
    const inWorker = streamThreadHere();
    if (inWorker !== undefined) throw new PeridotError("APP_IN_WORKER", { ...inWorker });
    this.#state = "starting";
    const assigned = Promise.withResolvers<void>();
    this.#ended = this.#live(assigned.resolve);
    this.#ended.catch(() => {}); // whoever asks gets it; nobody need ask
    await Promise.race([assigned.promise, this.#ended]);
  }

  /** Starts, and resolves when the application has closed; rejects with the error that ended it. */
  async run(): Promise<void> {
    await this.start();
    await this.#ended;
  }

  /** Once started: resolves when the application has closed; rejects with the error that ended it. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /**
   * Stops taking input, finishes the batch, commits, and leaves the group (a static member stays, as in Kafka
   * Streams). Resolves when all is closed; may be called at any time, and more than once. A start that is under way
   * is given up, and `start` resolves.
   */
  async close(): Promise<void> {
    if (this.#state === "created") {
      this.#state = "closed";
      await this.#exports.end(undefined);
    }
    if (this.#state === "starting" || this.#state === "running") this.#state = "closing";
    this.#closing.resolve(undefined);
    this.#instance?.close();
    await this.#ended.catch(() => {}); // run() and start() report it
  }

  async #live(onAssigned: () => void): Promise<void> {
    try {
      const topology = await Promise.race([this.#topology(), this.#closing.promise]);
      if (topology !== undefined)
        await this.#runInstance(
          compile(topology, this.#config.applicationId, this.#config.optimizations),
          onAssigned,
        );
      this.#state = "closed";
      await this.#exports.end(undefined);
    } catch (error) {
      this.#state = "failed";
      await this.#exports.end(asPeridotError(error));
      throw error;
    }
  }

  #runInstance(plan: Plan, onAssigned: () => void): Promise<void> {
    const ofTasks = plan.subTopologies.flatMap(({ stores }) => stores.map(({ spec }) => spec));
    this.#stores = [...ofTasks, ...plan.globals.map(({ store }) => store)];
    this.#instance = new Instance({
      config: this.#config,
      plan,
      transport: transportOf(this.#config),
      newId: randomUUID,
      onTasks: (tasks) => {
        this.#tasks = tasks;
        if (this.#state === "starting") this.#state = "running";
        this.#exports.begin();
        onAssigned();
      },
      onProgress: (thread, progress) => {
        this.#progress[thread] = progress;
      },
      onImport: (name, progress) => this.#imports.set(name, progress),
    });
    return this.#instance.run();
  }

  #topology(): Promise<LogicalTopology> {
    const { topology } = this.#config;
    return topology === undefined ? Promise.resolve(this.#builder.build()) : loadTopology(topology);
  }
}

/** An application; its topology follows by `app.stream(…)`, or stands in the module `config.topology`. */
export function peridot(config: PeridotConfig): Peridot {
  return new Peridot(config);
}

function transportOf(config: ResolvedConfig): TransportFactory {
  if (config.transport !== undefined) return config.transport;
  if (config.kafka !== undefined) return kafkaTransport(config.kafka);
  throw new PeridotError("ASSERTION_FAILED", { what: "a configuration has brokers or a transport" });
}
