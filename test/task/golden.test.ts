import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Consumed } from "../../host/dsl/consumed.ts";
import type { KStream } from "../../host/dsl/kstream.ts";
import type { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { PeridotError } from "../../host/errors.ts";
import { i64, json, string } from "../../host/serdes/index.ts";
import type { AnySerde } from "../../host/topology/serde.ts";
import { type GoldenFunction, goldenFunction } from "./golden-functions.ts";
import { always, type OutRecord, type TestRecord, TopologyRun } from "./harness.ts";

// Scenarios recorded from Kafka Streams 4.3.1: those that this part of the DSL can express.

interface GoldenNode {
  readonly id?: string;
  readonly op: string;
  readonly from?: string;
  readonly topic?: string;
  readonly topics?: readonly string[];
  readonly key?: string;
  readonly value?: string;
  readonly fn?: string;
  readonly args?: readonly unknown[];
  readonly keyFn?: GoldenFunction;
  readonly valueFn?: GoldenFunction;
  readonly timestamp?: { readonly from: string; readonly field: string; readonly onInvalid: string };
}

interface GoldenInput {
  readonly topic: string;
  readonly key?: unknown;
  readonly keyRaw?: string;
  readonly value?: unknown;
  readonly valueRaw?: string;
  readonly timestamp: number;
  readonly headers?: readonly (readonly [string, string])[];
}

interface GoldenRecord {
  readonly topic?: string;
  readonly error?: string;
  readonly key?: unknown;
  readonly value?: unknown;
  readonly timestamp?: number;
  readonly headers?: readonly (readonly [string, string])[];
}

interface Scenario {
  readonly name: string;
  readonly config?: {
    readonly onDeserializationError?: "fail" | "continue";
    readonly onProcessingError?: "fail" | "continue";
    readonly dlqTopic?: string;
  };
  readonly topology: readonly GoldenNode[];
  readonly inputs: readonly GoldenInput[];
  readonly expected: readonly (readonly GoldenRecord[])[];
  readonly dropped?: number;
}

const SERDES: Readonly<Record<string, AnySerde>> = { string, i64, json: json<unknown>() };

function encode(type: string, value: unknown): Uint8Array | null {
  if (value === null || value === undefined) return null;
  return Buffer.from(SERDES[type]!.serialize(type === "i64" ? BigInt(value as number) : value));
}

function decode(type: string, text: string | null): unknown {
  if (text === null) return null;
  const value = SERDES[type]!.deserialize(Buffer.from(text, "latin1"));
  return typeof value === "bigint" ? Number(value) : value;
}

class GoldenRun {
  readonly #scenario: Scenario;
  readonly #run: TopologyRun;
  readonly #seen: GoldenRecord[] = [];

  constructor(scenario: Scenario, batchRowsMax: number) {
    this.#scenario = scenario;
    const { config = {} } = scenario;
    const action = (wanted: "fail" | "continue" = "fail") =>
      wanted === "continue" && config.dlqTopic !== undefined ? "deadLetter" : wanted;
    this.#run = new TopologyRun((builder) => this.#build(builder), {
      batchRowsMax,
      errors: {
        onDeserializationError: action(config.onDeserializationError),
        onProcessingError: action(config.onProcessingError),
        deadLetterTopic: config.dlqTopic,
      },
    });
  }

  get dropped(): number {
    const { skipped, deadLettered } = this.#run.runner.counters;
    return skipped + deadLettered;
  }

  /** One input, and what came out of it; an error last. */
  step(input: GoldenInput): readonly GoldenRecord[] {
    this.#seen.length = 0;
    const out: GoldenRecord[] = [];
    this.#run.add(input.topic, [this.#recordOf(input)]);
    try {
      for (let more = true; more; ) {
        while (this.#run.runner.process(always) > 0);
        more = this.#collect(out);
      }
    } catch (error) {
      assert.ok(error instanceof PeridotError, String(error));
      return [...this.#seen, ...out, { error: kindOf(error) }];
    }
    return [...this.#seen, ...out];
  }

  /** @returns whether a topic that was written is read as well, so that there is more to do. */
  #collect(out: GoldenRecord[]): boolean {
    let more = false;
    for (const [topic, records] of Object.entries(this.#run.cut("latin1"))) {
      for (const record of records) out.push(this.#goldenOf(topic, record));
      if (this.#scenario.topology.some((node) => node.op === "stream" && topicsOf(node).includes(topic))) {
        this.#run.add(
          topic,
          records.map(({ key, value, ...rest }) => ({ ...rest, key: raw(key), value: raw(value) })),
        );
        more = true;
      }
    }
    return more;
  }

  #goldenOf(topic: string, { key, value, timestamp, headers }: OutRecord): GoldenRecord {
    const sink = this.#scenario.topology.find((node) => node.op === "to" && node.topic === topic);
    const { key: keyType = "string", value: valueType = "string" } = sink ?? {};
    return {
      topic,
      key: decode(keyType, key),
      value: decode(valueType, value),
      timestamp,
      ...(headers.length === 0
        ? {}
        : {
            headers: headers.map(([name, text]) => [
              name,
              /exception|message|stacktrace/.test(name) ? "*" : text!,
            ]),
          }),
    };
  }

  #recordOf(input: GoldenInput): TestRecord {
    const source = this.#scenario.topology.find(
      (node) => topicsOf(node).includes(input.topic) && node.op === "stream",
    )!;
    const { key, keyRaw, value, valueRaw, timestamp, headers = [] } = input;
    return {
      key: keyRaw ?? encode(source.key!, key),
      value: valueRaw ?? encode(source.value!, value),
      timestamp,
      headers,
    };
  }

  #build(builder: StreamsBuilder): void {
    const streams = new Map<string, KStream<unknown, unknown>>();
    for (const node of this.#scenario.topology) {
      const next = this.#attach(builder, node, streams.get(node.from ?? "")!);
      if (next !== undefined) streams.set(node.id!, next);
    }
  }

  #attach(
    builder: StreamsBuilder,
    node: GoldenNode,
    from: KStream<unknown, unknown>,
  ): KStream<unknown, unknown> | undefined {
    const fn = node.fn === undefined ? undefined : goldenFunction({ fn: node.fn, args: node.args ?? [] });
    const look = (key: unknown, value: unknown) => {
      const shown = typeof value === "bigint" ? Number(value) : value;
      this.#seen.push({ topic: `#${node.id}`, key, value: shown });
    };
    switch (node.op) {
      case "stream":
        return builder.stream<unknown, unknown>(topicsOf(node), consumedOf(node));
      case "mapValues":
        return from.mapValues((value, key) => fn!(key, value));
      case "filter":
        return from.filter((key, value) => Boolean(fn!(key, value)));
      case "filterNot":
        return from.filterNot((key, value) => Boolean(fn!(key, value)));
      case "map": {
        const [newKey, newValue] = [goldenFunction(node.keyFn!), goldenFunction(node.valueFn!)];
        return from.map((key, value) => [newKey(key, value), newValue(key, value)]);
      }
      case "peek":
        return from.peek(look);
      case "foreach":
        from.forEach(look);
        return undefined;
      case "to":
        from.to(node.topic!, { key: SERDES[node.key!]!, value: SERDES[node.value!]! });
        return undefined;
      default:
        throw new RangeError(`golden operator ${node.op} is not known`);
    }
  }
}

function topicsOf(node: GoldenNode): readonly string[] {
  return node.topics ?? [node.topic ?? ""];
}

function raw(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, "latin1");
}

function consumedOf({ key, value, timestamp }: GoldenNode): Consumed<unknown, unknown> {
  const consumed = { key: SERDES[key!]!, value: SERDES[value!]! };
  if (timestamp === undefined) return consumed;
  const { field, onInvalid } = timestamp;
  return {
    ...consumed,
    timestampExtractor: (record) => {
      const time = (record.value as Record<string, unknown> | null)?.[field];
      if (Number.isInteger(time) && (time as number) >= 0) return time as number;
      return onInvalid === "skip" ? -1 : assert.fail("no valid time");
    },
  };
}

function kindOf(error: PeridotError): string {
  if (error.code === "TIMESTAMP_INVALID") return "timestamp";
  return error.facts.stage === "processing" ? "user-function" : String(error.facts.stage);
}

function byTopic(records: readonly GoldenRecord[]): Record<string, GoldenRecord[]> {
  const topics: Record<string, GoldenRecord[]> = {};
  for (const record of records) (topics[record.topic ?? "error"] ??= []).push(record);
  return topics;
}

for (const area of ["stateless", "errors", "time"]) {
  const file = new URL(`../golden/scenarios/${area}.json`, import.meta.url);
  const scenarios: readonly Scenario[] = JSON.parse(readFileSync(file, "utf8"));
  for (const scenario of scenarios) {
    test(`Kafka Streams does the same: ${scenario.name}`, () => {
      const run = new GoldenRun(scenario, 1);
      scenario.inputs.forEach((input, index) => {
        assert.deepEqual(byTopic(run.step(input)), byTopic(scenario.expected[index]!), `step ${index}`);
      });
      if (scenario.dropped !== undefined) assert.equal(run.dropped, scenario.dropped);
    });
  }
}
