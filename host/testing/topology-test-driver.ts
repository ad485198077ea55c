import { blueprintOf, Peridot } from "../app.ts";
import { StreamsBuilder } from "../dsl/streams-builder.ts";
import { PeridotError } from "../errors.ts";
import { committedReader } from "../state/stores/committed-reader.ts";
import { readStore } from "../state/stores/open-store.ts";
import { GlobalTables } from "../task/global-tables.ts";
import { KernelTraps } from "../task/kernel-traps.ts";
import { makeTaskRunner } from "../task/runner.ts";
import { type RunnerCounters, type TaskRunner, taskName } from "../task/task.ts";
import { TaskStates } from "../task/task-states.ts";
import { checkPartitions } from "../topology/check-partitions.ts";
import { compile } from "../topology/compile.ts";
import { DEFAULT_ERROR_SETTINGS, type ErrorSettings } from "../topology/error-settings.ts";
import type { LogicalTopology } from "../topology/node.ts";
import type { PlannedStore } from "../topology/plan.ts";
import { decodeRecords, type StoredRecord } from "../transport/memory/plain-records.ts";
import type { FetchedRecords, OutgoingBatch, TopicPartition } from "../transport/port.ts";
import { checkedRows, refuseUnknown, type TopologyTestDriverSettings } from "./driver-settings.ts";
import { DriverTopics, listed } from "./driver-topics.ts";
import { HeadTimes } from "./head-times.ts";
import { partitionOfKey } from "./partition-of-key.ts";
import { type RawInput, type TestInput, TestInputTopic } from "./test-input-topic.ts";
import { type Produced, type TestOutput, TestOutputTopic } from "./test-output-topic.ts";
import { fetchOf, type NewRecord, TopicLog } from "./topic-log.ts";

/** Batches of what the topology itself has sent, at most: it may feed itself for ever. */
const BATCHES_OF_ITS_OWN_MAX = 20_000;

/** What a test driver runs: a function of the builder, a builder, or an application, which is not started. */
export type TestedTopology = ((builder: StreamsBuilder) => void) | StreamsBuilder | Peridot;

/**
 * Runs a topology in a test: no broker, no group, no threads, nothing to wait for. What `pipe` is given is processed
 * before it returns, and all that it sends through internal topics, or through topics that are both written and
 * read. Of several such topics with waiting records, the one with the smallest timestamp is next, as in Kafka
 * Streams' TopologyTestDriver.
 *
 * One task a partition, as in production. Every topic exists, with one partition unless the settings say more.
 *
 * Errors of the constructor: TOPOLOGY_INVALID, CONFIG_INVALID, as the application would raise at its start.
 *
 * @example
 *   const driver = new TopologyTestDriver((builder) => {
 *     builder
 *       .stream("words", { key: string, value: string })
 *       .mapValues((word) => word.toUpperCase())
 *       .to("shouts", { value: string });
 *   });
 *   const words = driver.input("words", { key: string, value: string });
 *   const shouts = driver.output("shouts", { key: string, value: string });
 *   words.pipe("a", "hello", 1_700_000_000_000);
 *   shouts.readKeyValues(); // [["a", "HELLO"]]
 */
export class TopologyTestDriver {
  readonly #topics: DriverTopics;
  readonly #batchRows: number;
  readonly #makeRunner: () => TaskRunner;
  readonly #states = new TaskStates();
  readonly #cacheBytesMax: number;
  readonly #storesOf: ReadonlyMap<number, readonly PlannedStore[]>;
  #runner: TaskRunner;
  /** Of the runners before this one, and of all of them at the last commit point. */
  #countedBefore: RunnerCounters = NOTHING_COUNTED;
  #countedAtCut: RunnerCounters = NOTHING_COUNTED;
  readonly #log: TopicLog;
  readonly #globals: GlobalTables;
  /** By sub-topology: the topics that its open tasks read. */
  readonly #opened = new Map<number, string>();
  readonly #unread = new Map<string, Produced[]>();
  readonly #produced = new Set<string>();
  #wallMs: number;
  #failure: Error | undefined;

  constructor(topology: TestedTopology, settings: TopologyTestDriverSettings = {}) {
    refuseUnknown(settings);
    const tested = build(topology);
    const errors = { ...DEFAULT_ERROR_SETTINGS, ...tested.errors, ...settings.errors };
    this.#wallMs = settings.startTime ?? 0;
    this.#batchRows = checkedRows(settings.batchRows ?? 1);
    const now = () => this.#wallMs;
    const compiled = compile(tested.topology, settings.applicationId ?? tested.applicationId);
    const times = new HeadTimes(compiled, now);
    this.#topics = new DriverTopics(times.plan, errors.deadLetterTopic, settings.partitions ?? {});
    checkPartitions(times.plan, this.#topics.partitionsOf);
    this.#log = new TopicLog((origin, head) => times.timeOf(origin, head));
    this.#cacheBytesMax = settings.cacheMaxBytes ?? 0;
    const strictOrder = settings.strictOrder ?? (tested.strictOrder || this.#batchRows === 1);
    this.#globals = new GlobalTables(times.plan.globals, errors, now);
    this.#states.globals = this.#globals;
    const traps = new KernelTraps();
    const applicationId = settings.applicationId ?? tested.applicationId;
    this.#storesOf = new Map(times.plan.subTopologies.map(({ id, stores }) => [id, stores]));
    this.#makeRunner = () =>
      makeTaskRunner({
        plan: times.plan,
        partitionsOf: this.#topics.partitionsOf,
        errors,
        clock: { now },
        batchRowsMax: this.#batchRows,
        strictOrder,
        traps,
        applicationId,
        states: this.#states,
        cacheBytesMax: this.#cacheBytesMax,
        emitIntervalMs: settings.emitIntervalMs ?? 0,
      });
    this.#runner = this.#makeRunner();
    this.#openTasks();
  }

  /**
   * A topic that the topology reads.
   *
   * @throws TEST_DRIVER_MISUSED if no source reads it
   */
  input<K, V>(topic: string, settings: TestInput<K, V>): TestInputTopic<K, V> {
    if (this.#topics.matches(topic)) {
      this.#topics.mention(topic);
      this.#openTasks();
    }
    if (!this.#topics.reads(topic) && !this.#topics.readsGlobal(topic)) {
      const remedy = `Correct its name: the sources read ${listed(this.#topics.readable)}`;
      throw misuse(`no source reads "${topic}"`, remedy);
    }
    return new TestInputTopic(topic, settings, {
      now: () => this.#wallMs,
      feed: (to, records) => this.#feed(to, records),
    });
  }

  /**
   * A topic that the topology writes. All outputs of one topic share what is unread.
   *
   * @throws TEST_DRIVER_MISUSED if nothing writes it
   */
  output<K, V>(topic: string, serdes: TestOutput<K, V>): TestOutputTopic<K, V> {
    const { written, writesAny } = this.#topics;
    if (!writesAny && !written.includes(topic)) {
      throw misuse(`nothing writes "${topic}"`, `Correct its name: what is written is ${listed(written)}`);
    }
    return new TestOutputTopic(topic, serdes, this.#unreadOf(topic));
  }

  /**
   * A store of the topology, as of the last commit point, for reading.
   *
   * @param partition of the task; default 0.
   * @throws TEST_DRIVER_MISUSED if there is no such store
   *
   * @example
   *   const driver = new TopologyTestDriver((builder) => {
   *     builder.stream("words", { key: string, value: string }).groupByKey().count({ store: "counts" });
   *   });
   *   driver.input("words", { key: string, value: string }).pipe("a", "hello", 1_700_000_000_000);
   *   driver.store<ReturnType<typeof timestampedKeyValueStore<string, bigint>>["store"]>("counts");
   */
  store<S>(name: string, partition = 0): S {
    const global = this.#globals.reader(name);
    if (global !== undefined) return global as S;
    for (const [subTopology, stores] of this.#storesOf) {
      const found = stores.find(({ spec }) => spec.name === name);
      const state = this.#states.of(taskName({ subTopology, partition }));
      if (found !== undefined && state !== undefined)
        return readStore(found.spec, committedReader(state.store(name))) as S;
    }
    const kept = [...this.#storesOf.values()].flat().map(({ spec }) => spec.name);
    const names = [...kept, ...this.#globals.specs.map(({ store }) => store.name)];
    throw misuse(`partition ${partition} has no store "${name}"`, `There are ${listed(names)}`);
  }

  /** The topics that something was written to so far, internal ones included. */
  get producedTopics(): readonly string[] {
    return [...this.#produced];
  }

  /** Where the wall clock stands, in milliseconds since the epoch. */
  get wallClock(): number {
    return this.#wallMs;
  }

  /** Moves the wall clock, which moves by nothing else. Stream time is moved by records: see TestInputTopic. */
  advanceWallClock(ms: number): void {
    this.#checkRunning();
    this.#wallMs += ms;
    this.#punctuate();
    this.#processAll(0);
  }

  /**
   * Records processed, skipped and dead-lettered so far: those of internal topics count as well, and those that a
   * kernel's trap made run again count once.
   */
  get counters(): RunnerCounters {
    const before = this.#countedBefore;
    const { processed, skipped, deadLettered } = this.#runner.counters;
    return {
      processed: before.processed + processed,
      skipped: before.skipped + skipped + this.#globals.skipped,
      deadLettered: before.deadLettered + deadLettered,
    };
  }

  // ---- processing

  #feed(topic: string, inputs: readonly RawInput[]): void {
    this.#checkRunning();
    const partitions = this.#topics.partitionsOf.get(topic)!;
    for (const { partition: given, headers, ...rest } of inputs) {
      const partition = given ?? partitionOfKey(rest.key, partitions);
      if (!Number.isInteger(partition) || partition < 0 || partition >= partitions) {
        const remedy = `It has ${partitions}: give it more by the driver's setting partitions`;
        throw misuse(`"${topic}" has no partition ${partition}`, remedy);
      }
      const record = { ...rest, headers: headers.map(({ key, value }) => ({ key, value: bytesOf(value) })) };
      this.#append({ topic, partition }, [record]);
    }
    this.#processAll(inputs.length);
  }

  /** Appends records to a topic; where the topology reads it, they wait for their turn. @returns with offsets. */
  #append(origin: TopicPartition, records: readonly NewRecord[]): readonly StoredRecord[] {
    const stored = this.#log.append(origin, records);
    if (this.#topics.readsGlobal(origin.topic)) this.#updateGlobal(origin, stored);
    if (this.#topics.reads(origin.topic)) this.#log.enqueue(origin, stored);
    return stored;
  }

  /** At once: nobody waits for its turn. */
  #updateGlobal(origin: TopicPartition, stored: readonly StoredRecord[]): void {
    try {
      this.#globals.apply(fetchOf(origin, stored));
    } catch (error) {
      this.#stop(error as Error);
    }
  }

  /** @param inputs records that were put in from outside. */
  #processAll(inputs: number): void {
    for (let batches = 1; ; batches++) {
      const next = this.#log.take(this.#batchRows);
      if (next === undefined) return;
      if (batches > inputs + BATCHES_OF_ITS_OWN_MAX) throw endless(next.topic);
      this.#committing(() => this.#compute(next));
    }
  }

  /** What is due on the wall clock, and its commit point. */
  #punctuate(): void {
    this.#committing(() => this.#runner.process(always));
  }

  /** Its commit point may fail as well: it tells what record caches have kept back. */
  #committing(compute: () => void): void {
    let computed = false;
    try {
      compute();
      computed = true;
      this.#collect();
    } catch (error) {
      this.#stop(error as Error, computed);
    }
  }

  /**
   * All that was fed since the last commit point: again after each trap of a user's kernel, which tells more about the
   * record at fault each time, until that one is a bad record.
   */
  #compute(records: FetchedRecords): void {
    for (;;) {
      this.#runner.add(records);
      try {
        while (this.#runner.process(always) > 0);
        return;
      } catch (error) {
        if (!(error instanceof PeridotError) || error.facts.narrowed !== true) throw error;
        this.#renew();
      }
    }
  }

  /** In place of a runner whose instance has trapped: as of the last commit point, as an application's thread does it. */
  #renew(): void {
    this.#countedBefore = this.#countedAtCut;
    this.#states.rollback();
    this.#runner = this.#makeRunner();
    this.#opened.clear();
    this.#openTasks();
  }

  /** What came before a bad record is computed, and is to be read, unless the commit point itself fails. */
  #stop(error: Error, isAtCommit = false): never {
    this.#failure = error;
    this.#log.clear();
    if (error instanceof PeridotError && error.kind === "record" && !isAtCommit) this.#collect();
    throw error;
  }

  /** A commit point: what was computed becomes readable. */
  #collect(): void {
    const { batches } = this.#runner.cut();
    this.#states.cut();
    this.#runner.committed();
    this.#states.commit();
    this.#states.flush(this.#wallMs);
    this.#countedAtCut = { ...this.counters, skipped: this.counters.skipped - this.#globals.skipped };
    for (const { topic } of batches) this.#topics.mention(topic);
    this.#openTasks();
    for (const batch of batches) this.#deliver(batch);
  }

  #deliver({ topic, partition, bytes, release }: OutgoingBatch): void {
    const records = decodeRecords(bytes);
    release?.();
    const stored = this.#append({ topic, partition }, records);
    this.#produced.add(topic);
    this.#unreadOf(topic).push(...stored.map((record) => ({ ...record, partition })));
  }

  #unreadOf(topic: string): Produced[] {
    let unread = this.#unread.get(topic);
    if (unread === undefined) {
      unread = [];
      this.#unread.set(topic, unread);
    }
    return unread;
  }

  #checkRunning(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Opens the tasks of all partitions; anew, where a pattern has found another topic. Nothing may wait in them. */
  #openTasks(): void {
    for (const { subTopology, sourceTopics } of this.#topics.sources) {
      const name = (partition: number) => taskName({ subTopology, partition });
      const counts = sourceTopics.map((topic) => this.#topics.partitionsOf.get(topic)!);
      const tasks = Math.max(0, ...counts);
      const topics = sourceTopics.join();
      if (this.#opened.get(subTopology) === topics) continue;
      this.#opened.set(subTopology, topics);
      for (let partition = 0; partition < tasks; partition++) {
        this.#runner.close(name(partition));
        const stores = this.#storesOf.get(subTopology)!;
        if (this.#states.of(name(partition)) === undefined)
          this.#states.addEmpty(name(partition), stores, this.#cacheBytesMax);
        const read = sourceTopics.filter((_topic, index) => partition < counts[index]!);
        this.#runner.open(
          name(partition),
          read.map((topic) => ({ topic, partition, offset: 0n })),
        );
      }
    }
  }
}

const NOTHING_COUNTED: RunnerCounters = { processed: 0, skipped: 0, deadLettered: 0 };

interface Tested {
  readonly topology: LogicalTopology;
  readonly applicationId: string;
  readonly errors: Partial<ErrorSettings>;
  readonly strictOrder: boolean;
}

function build(topology: TestedTopology): Tested {
  if (topology instanceof Peridot) return builtBy(topology);
  const builder = topology instanceof StreamsBuilder ? topology : new StreamsBuilder();
  if (typeof topology === "function") topology(builder);
  return { topology: builder.build(), applicationId: "test", errors: {}, strictOrder: false };
}

function builtBy(app: Peridot): Tested {
  const { topology, ...rest } = blueprintOf(app);
  if (!(topology instanceof URL)) return { topology, ...rest };
  throw misuse(
    `the application's topology stands in a module, ${topology}`,
    "Import its function, and hand that to the driver",
  );
}

function endless(topic: string): PeridotError {
  return misuse(
    `what a record has set going does not end: after ${BATCHES_OF_ITS_OWN_MAX} batches records still come in "${topic}"`,
    "The topology writes topics that it reads: let it stop at some point",
  );
}

function bytesOf(value: Buffer | string | null): Buffer | null {
  return typeof value === "string" ? Buffer.from(value) : value;
}

function always(): boolean {
  return true;
}

function misuse(problem: string, remedy: string): PeridotError {
  return new PeridotError("TEST_DRIVER_MISUSED", { problem, remedy });
}
