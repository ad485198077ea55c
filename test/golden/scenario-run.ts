import {
  bytes,
  type ErrorSettings,
  PeridotError,
  type PlainHeader,
  TopologyTestDriver,
  Windowed,
} from "../../host/index.ts";
import { buildTopology } from "./build-topology.ts";
import { inputBytes, outputPart } from "./golden-serdes.ts";
import { plain, type Value } from "./golden-values.ts";
import {
  type ErrorWord,
  type Scenario,
  type ScenarioConfig,
  type ScenarioError,
  type ScenarioInput,
  type ScenarioNode,
  type ScenarioRecord,
  type ScenarioRow,
  type ScenarioStep,
  topicsOf,
} from "./scenario.ts";
import { TopicContents } from "./topic-contents.ts";

interface StampedValue {
  readonly value: Value;
  readonly timestamp: number;
}

const BYTES = { key: bytes, value: bytes };

/** What one step has caused: records by topic, or the error that stopped the application. */
export type StepOutcome = readonly ScenarioRecord[] | ScenarioError;

/** A record as it went into a topic from outside. */
export interface PipedInput {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers: readonly PlainHeader[];
}

/** The error settings that a scenario's configuration stands for. */
export function errorSettings({ dlqTopic, ...config }: ScenarioConfig = {}): Partial<ErrorSettings> {
  const action = (wanted: "fail" | "continue" = "fail") =>
    wanted === "continue" && dlqTopic !== undefined ? "deadLetter" : wanted;
  return {
    onDeserializationError: action(config.onDeserializationError),
    onProcessingError: action(config.onProcessingError),
    deadLetterTopic: dlqTopic,
  };
}

/** A scenario in our DSL and test driver, step by step. */
export class ScenarioRun {
  readonly driver: TopologyTestDriver;
  /** What stands in its topics. */
  readonly contents = new TopicContents();
  readonly #scenario: Scenario;
  /** What each peek and foreach node has seen so far, by its id. */
  readonly seen: Record<string, unknown[]> = {};
  #seenNow: ScenarioRecord[] = [];

  /** @throws what building the topology throws */
  constructor(scenario: Scenario) {
    const { topology, config } = scenario;
    this.#scenario = scenario;
    const look = (id: string, key: unknown, value: unknown) => {
      this.#seenNow.push({ topic: `#${id}`, key, value });
      (this.seen[id] ??= []).push({ key, value });
    };
    this.driver = new TopologyTestDriver((builder) => buildTopology(builder, topology, look), {
      errors: errorSettings(config),
      ...(config?.cacheMaxBytes === undefined ? {} : { cacheMaxBytes: config.cacheMaxBytes }),
      ...(config?.emitIntervalMs === undefined ? {} : { emitIntervalMs: config.emitIntervalMs }),
    });
  }

  get dropped(): number {
    const { skipped, deadLettered } = this.driver.counters;
    return skipped + deadLettered;
  }

  /** Records of internal topics are read as well, and left out. */
  step(step: ScenarioStep): StepOutcome {
    this.#seenNow = [];
    let stopped: ScenarioError | undefined;
    try {
      if ("advanceWallClockMs" in step) this.driver.advanceWallClock(step.advanceWallClockMs);
      else this.#pipe(pipedInput(this.#scenario.topology, step));
    } catch (error) {
      if (!(error instanceof PeridotError)) throw error;
      stopped = { error: wordFor(error) };
    }
    const written = this.driver.producedTopics.flatMap((topic) => this.#read(topic));
    return stopped ?? [...this.#seenNow, ...written];
  }

  /** The contents of a store, as scenario files write them. */
  rows(name: string): readonly ScenarioRow[] {
    const store = this.driver.store<{ all(): Iterable<readonly [Value, Value | StampedValue]> }>(name);
    const kind = this.#scenario.topology.find(({ id, op }) => op === "store" && id === name)?.kind;
    return Array.from(store.all(), ([key, stored]) => {
      const place =
        key instanceof Windowed
          ? { key: plain(key.key), start: key.start, end: key.end }
          : { key: plain(key) };
      if (typeof stored !== "object" || stored === null || !("timestamp" in stored))
        return { ...place, value: plain(stored) };
      const { value, timestamp } = stored;
      const row = { ...place, value: plain(value) };
      return kind === "kv" ? row : { ...row, timestamp };
    });
  }

  #pipe(input: PipedInput): void {
    const { topic, key, value, ...rest } = input;
    this.contents.piped(topic, 0, input);
    this.driver.input(topic, BYTES).pipeRaw(key, value, rest);
  }

  #read(topic: string): readonly ScenarioRecord[] {
    const records = this.driver
      .output(topic, BYTES)
      .readAll()
      .map((record) => ({ ...record, topic }));
    for (const record of records) this.contents.produced(record);
    const types = this.#typesOf(topic);
    if (types === undefined) return [];
    return records.map(({ key, value, timestamp, headers }) => ({
      topic,
      key: outputPart(types.key, key),
      value: outputPart(types.value, value),
      timestamp,
      ...(headers.length === 0
        ? {}
        : { headers: headers.map((each) => [each.key, text(each.value)] as const) }),
    }));
  }

  /** undefined: an internal topic. */
  #typesOf(topic: string): { readonly key: string; readonly value: string } | undefined {
    const { topology, config } = this.#scenario;
    const sinks = topology.filter((node) => node.op === "to");
    const sink =
      sinks.find((node) => node.topic === topic) ??
      sinks.find((node) => node.topicFn !== undefined && topic.startsWith(node.topicPrefix ?? ""));
    if (sink !== undefined) return { key: sink.key!, value: sink.value! };
    return topic === config?.dlqTopic ? { key: "text", value: "text" } : undefined;
  }
}

/** An input as the bytes that its topic's source reads. */
export function pipedInput(topology: readonly ScenarioNode[], input: ScenarioInput): PipedInput {
  const { topic, key, keyRaw, value, valueRaw, timestamp, headers = [] } = input;
  const source = topology.find((node) => node.from === undefined && topicsOf(node).includes(topic));
  if (source === undefined) throw new RangeError(`an input goes to ${topic}, which no source reads`);
  return {
    topic,
    key: inputBytes(source.key!, key, keyRaw),
    value: inputBytes(source.value!, value, valueRaw),
    timestamp,
    headers: headers.map(([name, value]) => ({ key: name, value })),
  };
}

function text(value: Uint8Array | null): string | null {
  return value && Buffer.from(value).toString();
}

function wordFor(error: PeridotError): ErrorWord {
  if (error.code === "TIMESTAMP_INVALID") return "timestamp";
  // what an operator of ours finds wrong with the topology is no user function's
  if (error.cause instanceof PeridotError) {
    if (error.cause.code === "TOPOLOGY_INVALID") return "other";
    if (error.cause.code === "BUFFER_FULL") return "buffer-full";
  }
  if (error.code === "PUNCTUATION_FAILED") return "user-function";
  if (error.code !== "RECORD_FAILED") return "other";
  switch (error.facts.stage) {
    case "deserialization":
      return "deserialization";
    case "processing":
      return "user-function";
    default:
      return "other";
  }
}
