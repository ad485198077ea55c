import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "./clock.ts";
import { PeridotError } from "./errors.ts";
import { DEFAULT_ERROR_SETTINGS, type ErrorSettings } from "./topology/error-settings.ts";
import type { Optimization } from "./topology/source-changelogs.ts";
import type { StoreSpec } from "./topology/store-spec.ts";
import type { KafkaSettings } from "./transport/kafka/kafka-transport.ts";
import type { Compression, TransportFactory } from "./transport/port.ts";

/** Kafka Streams' names for the guarantees, and how people say them. */
export type Guarantee = "exactly_once_v2" | "at_least_once" | "exactly-once" | "at-least-once";

/** Where the brokers are and how to talk to them: bootstrapServers, tls, sasl, time-outs. */
type Connection = Partial<Omit<KafkaSettings, "bootstrapServers">>;

/**
 * The configuration of an application. Names and defaults follow Kafka Streams where it has the setting. Times are
 * milliseconds, sizes bytes.
 */
export interface PeridotConfig extends Connection {
  /** Names the group, the internal topics and the transactional ids: all instances share it, nothing else may. */
  readonly applicationId: string;
  /** "host:port", several of them in a list or with commas between. */
  readonly bootstrapServers?: string | readonly string[];
  /** Instead of bootstrapServers: another transport, such as the embedded broker's. Only with `threads: 0`. */
  readonly transport?: TransportFactory;
  /** Default exactly_once_v2. */
  readonly guarantee?: Guarantee;
  /** Time between commits; default 100 with exactly-once, 30,000 with at-least-once. */
  readonly commitIntervalMs?: number;
  /** 0, the default: everything runs in the main thread. N: that many workers; needs `topology`. */
  readonly threads?: number;
  /** With threads > 0: a module whose default export is `(builder: StreamsBuilder) => void`. */
  readonly topology?: URL;
  /** Where the process id and the stores are kept; default `<tmpdir>/peridot`. One process at a time. */
  readonly stateDir?: string;
  /** Static membership (KIP-345): a restart within the session causes no rebalance. */
  readonly instanceId?: string;
  /** Default 45,000; the broker's group.min.session.timeout.ms is its lower bound. */
  readonly sessionTimeoutMs?: number;
  /** Default 3,000; at most half of the session. */
  readonly heartbeatIntervalMs?: number;
  /**
   * A worker that is stuck in user code for so long is ended and replaced, and its tasks are assigned anew; also the
   * time that a member has to hand over its tasks at a rebalance. Default 300,000, at least 1,000. With `threads: 0`
   * nobody can watch: user code that blocks delays heartbeats too, and what blocks for longer than
   * `sessionTimeoutMs` loses its tasks and does its work again.
   */
  readonly maxPollIntervalMs?: number;
  /** Default 10,000; more than the commit interval, at most 40,000. */
  readonly transactionTimeoutMs?: number;
  /** For how long failures in a row are answered by trying again (KIP-572); default 300,000. */
  readonly taskTimeoutMs?: number;
  /** How often consumed records of repartition topics are deleted; default 30,000. */
  readonly repartitionPurgeIntervalMs?: number;
  /** Where to begin without a committed offset; default earliest. */
  readonly offsetReset?: "earliest" | "latest" | "none";
  /** Of what is written; default none. */
  readonly compression?: Compression;
  /**
   * Where stores live that name no backend of their own. Default "lmdb": on disk in `stateDir`, so that a restart reads only
   * what it lacks. "memory": in the process, restored from the changelogs at each start. Or a backend of yours, only with
   * `threads: 0`.
   */
  readonly stateBackend?: "lmdb" | "memory" | NonNullable<StoreSpec["backend"]>;
  /**
   * Changes of tables that wait for the next commit, so that several of a key become one (Kafka Streams'
   * statestore.cache.max.bytes). Of a task; default 10 MiB; 0: each change is told at once.
   */
  readonly cacheMaxBytes?: number;
  /**
   * How often what is committed goes to the stores' files; default 5,000. After a crash so much is read again from the
   * changelogs; nothing is lost in any case.
   */
  readonly stateFlushIntervalMs?: number;
  /**
   * Windows that have closed, and unmatched results of outer joins, are looked for at most once in so much time, where they
   * are told once. Default 1,000; 0: with each record.
   */
  readonly emitIntervalMs?: number;
  /**
   * For how long a task that reads several partitions waits, where some of them have nothing, for records with smaller
   * timestamps (KIP-695; max.task.idle.ms). What the brokers have already is waited for in any case. Default 0; -1: nothing is
   * waited for.
   */
  readonly maxTaskIdleMs?: number;
  /**
   * Kafka Streams' topology.optimization. "reuse-source-topics": the store of a table that `builder.table` makes has no
   * changelog; it is restored from the table's topic, which should be compacted. Where the store has times that the records
   * do not have, versions, or is named by a processor, it keeps its changelog. Default: none. To be chosen before the first
   * start: without it later, such a store is restored from a changelog that has nothing.
   */
  readonly optimizations?: readonly Optimization[];
  /** What becomes of records that cannot be processed; default: fail, as in Kafka Streams. */
  readonly errors?: Partial<ErrorSettings>;
  /**
   * User functions see one record after the other: all functions the first, then all the second. Else one function may
   * see many records before the next function does, which is much quicker, and shows in side effects only. Default false.
   */
  readonly strictOrder?: boolean;
  readonly clock?: Clock;
}

/** The configuration with every default filled in and checked. */
export interface ResolvedConfig {
  readonly applicationId: string;
  readonly guarantee: "exactly_once_v2" | "at_least_once";
  readonly commitIntervalMs: number;
  readonly threads: number;
  readonly topology: URL | undefined;
  readonly stateDir: string;
  readonly instanceId: string | undefined;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxPollIntervalMs: number;
  readonly transactionTimeoutMs: number;
  readonly taskTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  readonly repartitionPurgeIntervalMs: number;
  readonly offsetReset: "earliest" | "latest" | "none";
  readonly compression: Compression;
  readonly errors: ErrorSettings;
  readonly strictOrder: boolean;
  readonly stateBackend: "lmdb" | "memory" | NonNullable<StoreSpec["backend"]>;
  readonly cacheMaxBytes: number;
  readonly stateFlushIntervalMs: number;
  readonly emitIntervalMs: number;
  readonly maxTaskIdleMs: number;
  readonly optimizations: readonly Optimization[];
  readonly clock: Clock;
  readonly transport: TransportFactory | undefined;
  /** undefined with another transport. */
  readonly kafka: KafkaSettings | undefined;
}

const GUARANTEES: Readonly<Record<Guarantee, ResolvedConfig["guarantee"]>> = {
  exactly_once_v2: "exactly_once_v2",
  "exactly-once": "exactly_once_v2",
  at_least_once: "at_least_once",
  "at-least-once": "at_least_once",
};
const COMPRESSIONS: readonly string[] = ["none", "gzip", "snappy", "lz4", "zstd"] satisfies Compression[];
/** Committed offsets are waited for so much longer than an open transaction can hold them up (60 s by default). */
const TRANSACTION_TIMEOUT_MS_MAX = 40_000;
const RESETS: readonly string[] = ["earliest", "latest", "none"];
const BACKENDS: readonly string[] = ["lmdb", "memory"];
const OPTIMIZATIONS: readonly string[] = ["reuse-source-topics"] satisfies Optimization[];
const EMIT_INTERVAL_MS_DEFAULT = 1_000;
const CACHE_MAX_BYTES_DEFAULT = 10 << 20;
const POLL_INTERVAL_MS_MIN = 1_000;
/** The options that go on to the transport; the compiler sees that none is missing. */
const CONNECTION = {
  tls: true,
  sasl: true,
  connectTimeoutMs: true,
  bootstrapTimeoutMs: true,
  requestTimeoutMs: true,
  retryTimeoutMs: true,
  deliveryTimeoutMs: true,
  metadataMaxAgeMs: true,
} as const satisfies Record<keyof Connection, true>;
const OWN = {
  applicationId: true,
  bootstrapServers: true,
  transport: true,
  guarantee: true,
  commitIntervalMs: true,
  threads: true,
  topology: true,
  stateDir: true,
  instanceId: true,
  sessionTimeoutMs: true,
  heartbeatIntervalMs: true,
  maxPollIntervalMs: true,
  transactionTimeoutMs: true,
  taskTimeoutMs: true,
  repartitionPurgeIntervalMs: true,
  offsetReset: true,
  compression: true,
  errors: true,
  strictOrder: true,
  stateBackend: true,
  cacheMaxBytes: true,
  stateFlushIntervalMs: true,
  emitIntervalMs: true,
  maxTaskIdleMs: true,
  optimizations: true,
  clock: true,
} as const satisfies Record<Exclude<keyof PeridotConfig, keyof Connection>, true>;
/** Every option that there is. */
export const OPTIONS: ReadonlySet<string> = new Set([...Object.keys(OWN), ...Object.keys(CONNECTION)]);

/** @throws CONFIG_INVALID, which names the option, what is wrong with it and what to do. */
export function resolveConfig(config: PeridotConfig): ResolvedConfig {
  const unknown = Object.keys(config).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) fail(unknown, "is not an option", "Correct its name or leave it out");
  const guarantee = chosen("guarantee", config.guarantee ?? "exactly_once_v2", GUARANTEES);
  const once = guarantee === "exactly_once_v2";
  const resolved: ResolvedConfig = {
    applicationId: checkedId("applicationId", config.applicationId),
    guarantee,
    commitIntervalMs: positive("commitIntervalMs", config.commitIntervalMs ?? (once ? 100 : 30_000)),
    threads: checkedThreads(config),
    topology: config.topology,
    stateDir: config.stateDir ?? join(tmpdir(), "peridot"),
    instanceId: config.instanceId === undefined ? undefined : checkedId("instanceId", config.instanceId),
    sessionTimeoutMs: positive("sessionTimeoutMs", config.sessionTimeoutMs ?? 45_000),
    heartbeatIntervalMs: positive(
      "heartbeatIntervalMs",
      config.heartbeatIntervalMs ?? Math.min(3_000, Math.floor((config.sessionTimeoutMs ?? 45_000) / 3)),
    ),
    maxPollIntervalMs: checkedPollInterval(config.maxPollIntervalMs ?? 300_000),
    transactionTimeoutMs: positive("transactionTimeoutMs", config.transactionTimeoutMs ?? 10_000),
    taskTimeoutMs: positive("taskTimeoutMs", config.taskTimeoutMs ?? 300_000),
    metadataMaxAgeMs: positive("metadataMaxAgeMs", config.metadataMaxAgeMs ?? 300_000),
    repartitionPurgeIntervalMs: positive(
      "repartitionPurgeIntervalMs",
      config.repartitionPurgeIntervalMs ?? 30_000,
    ),
    offsetReset: oneOf(
      "offsetReset",
      config.offsetReset ?? "earliest",
      RESETS,
    ) as ResolvedConfig["offsetReset"],
    compression: oneOf("compression", config.compression ?? "none", COMPRESSIONS) as Compression,
    errors: { ...DEFAULT_ERROR_SETTINGS, ...config.errors },
    strictOrder: config.strictOrder ?? false,
    stateBackend: checkedBackend(config),
    cacheMaxBytes: checkedCache(config.cacheMaxBytes ?? CACHE_MAX_BYTES_DEFAULT),
    stateFlushIntervalMs: positive("stateFlushIntervalMs", config.stateFlushIntervalMs ?? 5_000),
    emitIntervalMs: checkedEmit(config.emitIntervalMs ?? EMIT_INTERVAL_MS_DEFAULT),
    maxTaskIdleMs: checkedIdle(config.maxTaskIdleMs ?? 0),
    optimizations: (config.optimizations ?? []).map(
      (each) => oneOf("optimizations", each, OPTIMIZATIONS) as Optimization,
    ),
    clock: config.clock ?? systemClock,
    transport: config.transport,
    kafka: kafkaSettings(config),
  };
  checkRelations(resolved);
  return resolved;
}

function checkRelations(config: ResolvedConfig): void {
  if (config.guarantee === "exactly_once_v2" && config.transactionTimeoutMs <= config.commitIntervalMs) {
    fail(
      "transactionTimeoutMs",
      `(${config.transactionTimeoutMs}) is not above commitIntervalMs (${config.commitIntervalMs})`,
      "Raise it, or commit more often: else the broker aborts each transaction before its end",
    );
  }
  if (config.transactionTimeoutMs > TRANSACTION_TIMEOUT_MS_MAX) {
    fail(
      "transactionTimeoutMs",
      `(${config.transactionTimeoutMs}) is above ${TRANSACTION_TIMEOUT_MS_MAX}`,
      "Lower it: who takes over from a dead process waits until its transaction has timed out",
    );
  }
  if (config.heartbeatIntervalMs * 2 > config.sessionTimeoutMs) {
    fail(
      "heartbeatIntervalMs",
      `(${config.heartbeatIntervalMs}) is more than half of sessionTimeoutMs (${config.sessionTimeoutMs})`,
      "A third of the session is usual",
    );
  }
}

function checkedThreads(config: PeridotConfig): number {
  const threads = config.threads ?? 0;
  if (!Number.isInteger(threads) || threads < 0 || threads > 256) {
    fail(
      "threads",
      `is ${threads}`,
      `Give a whole number from 0 to 256; this machine has ${availableParallelism()} cores`,
    );
  }
  if (threads > 0 && config.topology === undefined) {
    fail(
      "threads",
      `is ${threads}, but functions cannot be handed to a worker`,
      'Put the topology into a module of its own whose default export takes the builder, and give topology: new URL("./topology.ts", import.meta.url)',
    );
  }
  if (threads > 0 && config.transport !== undefined) {
    fail("transport", "cannot be handed to a worker", "Use threads: 0 with it, or bootstrapServers");
  }
  if (threads > 0 && config.clock !== undefined && config.clock !== systemClock) {
    fail("clock", "cannot be handed to a worker", "Use threads: 0 with it, or leave it out");
  }
  return threads;
}

/** An idle thread makes a turn twice a second: what is to show that it hangs must be longer. */
function checkedPollInterval(ms: number): number {
  if (positive("maxPollIntervalMs", ms) < POLL_INTERVAL_MS_MIN)
    fail("maxPollIntervalMs", `is ${ms}`, `Give ${POLL_INTERVAL_MS_MIN} milliseconds at least`);
  return ms;
}

function checkedBackend({ stateBackend = "lmdb", threads = 0 }: PeridotConfig) {
  if (typeof stateBackend === "string")
    return oneOf("stateBackend", stateBackend, BACKENDS) as "lmdb" | "memory";
  if (typeof stateBackend?.open !== "function" || typeof stateBackend.persistent !== "boolean")
    fail("stateBackend", "is no backend", "Give an object with name, persistent and open, or a name");
  if (threads > 0) {
    const remedy =
      "Use threads: 0 with it, or give it to each store in the topology's module: { backend: … }";
    fail("stateBackend", "cannot be handed to a worker", remedy);
  }
  return stateBackend;
}

function checkedCache(bytes: number): number {
  if (!Number.isInteger(bytes) || bytes < 0)
    fail("cacheMaxBytes", `is ${bytes}`, "Give a whole number of bytes from 0 on; 0 keeps nothing back");
  return bytes;
}

function checkedEmit(ms: number): number {
  if (!Number.isSafeInteger(ms) || ms < 0)
    fail("emitIntervalMs", `is ${ms}`, "Give whole milliseconds from 0 on; 0 looks with each record");
  return ms;
}

function checkedIdle(ms: number): number {
  if (!Number.isSafeInteger(ms) || ms < -1)
    fail("maxTaskIdleMs", `is ${ms}`, "Give whole milliseconds from 0 on, or -1: then nothing is waited for");
  return ms;
}

function kafkaSettings(config: PeridotConfig): KafkaSettings | undefined {
  if (config.transport !== undefined) return undefined;
  const servers = config.bootstrapServers;
  if (servers === undefined)
    fail("bootstrapServers", "is missing", 'Give at least one broker, such as "localhost:9092"');
  const rest = Object.fromEntries(Object.entries(config).filter(([name]) => Object.hasOwn(CONNECTION, name)));
  return { ...rest, bootstrapServers: servers };
}

/** What goes into names of topics and groups, as Kafka allows it. */
function checkedId(option: string, id: unknown): string {
  if (typeof id !== "string" || !/^[a-zA-Z0-9._-]{1,200}$/.test(id)) {
    fail(
      option,
      `is ${JSON.stringify(id)}`,
      "Use 1 to 200 of the letters a-z, A-Z, 0-9, dot, underscore and hyphen",
    );
  }
  return id;
}

function positive(option: string, value: number): number {
  if (!Number.isFinite(value) || value <= 0) fail(option, `is ${value}`, "Give a number above 0");
  return value;
}

function oneOf(option: string, value: string, allowed: readonly string[]): string {
  if (!allowed.includes(value))
    fail(option, `is ${JSON.stringify(value)}`, `Use one of ${allowed.join(", ")}`);
  return value;
}

function chosen<T>(option: string, value: string, allowed: Readonly<Record<string, T>>): T {
  const found = Object.hasOwn(allowed, value) ? allowed[value] : undefined;
  if (found === undefined)
    fail(option, `is ${JSON.stringify(value)}`, `Use one of ${Object.keys(allowed).join(", ")}`);
  return found;
}

function fail(option: string, problem: string, remedy: string): never {
  throw new PeridotError("CONFIG_INVALID", { option, problem, remedy });
}
