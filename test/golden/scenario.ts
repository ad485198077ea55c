import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

// What a scenario file holds: scenarios/FORMAT.md.

export interface FunctionName {
  readonly fn: string;
  readonly args?: readonly unknown[];
}

/** A node of a scenario's topology, as far as stateless operators go. */
export interface ScenarioNode {
  readonly id?: string;
  readonly op: string;
  readonly from?: string | readonly string[];
  readonly topic?: string;
  readonly topics?: readonly string[];
  readonly key?: string;
  readonly value?: string;
  readonly timestamp?: ScenarioTimestamp;
  readonly fn?: string;
  readonly args?: readonly unknown[];
  readonly keyFn?: FunctionName;
  readonly valueFn?: FunctionName;
  readonly branches?: readonly (FunctionName & { readonly id: string })[];
  readonly default?: string;
  readonly name?: string;
  readonly partitions?: number;
  readonly topicFn?: FunctionName;
  readonly topicPrefix?: string;
  readonly processor?: string;
  readonly stores?: readonly string[];
  readonly store?: string;
  readonly kind?: string;
  readonly historyMs?: number;
  readonly retentionMs?: number;
  readonly sizeMs?: number;
  readonly retainDuplicates?: boolean;
  readonly max?: number;
  readonly versionedMs?: number;
  readonly subtractor?: FunctionName;
  readonly init?: unknown;
  readonly inputs?: readonly (FunctionName & { readonly from: string })[];
  readonly caching?: boolean;
  readonly window?: ScenarioWindow;
  readonly emit?: "close";
  readonly merger?: FunctionName;
  readonly type?: "inner" | "left" | "outer";
  readonly left?: string;
  readonly right?: string;
  readonly joiner?: FunctionName;
  readonly fkFn?: FunctionName;
  readonly until?: "window-closes" | "time-limit";
  readonly ms?: number;
  readonly maxRecords?: number;
  readonly whenFull?: "emit-early" | "shut-down";
  readonly graceMs?: number;
}

export interface ScenarioWindow {
  readonly type?: "tumbling" | "hopping" | "sliding" | "session";
  readonly sizeMs?: number;
  readonly advanceMs?: number;
  readonly diffMs?: number;
  readonly gapMs?: number;
  readonly graceMs?: number;
  readonly beforeMs?: number;
  readonly afterMs?: number;
}

export type ScenarioTimestamp =
  | {
      readonly from: "field";
      readonly field: string;
      readonly onInvalid: "skip" | "fail" | "partition-time";
    }
  | { readonly from: "wall-clock-zero" };

export interface ScenarioInput {
  readonly topic: string;
  readonly key?: unknown;
  readonly keyRaw?: string;
  readonly value?: unknown;
  readonly valueRaw?: string;
  readonly timestamp: number;
  readonly headers?: readonly (readonly [string, string])[];
}

export type ScenarioStep = ScenarioInput | { readonly advanceWallClockMs: number };

/** A record that came out; `topic` "#ID": what the peek or foreach node ID has seen. */
export interface ScenarioRecord {
  readonly topic: string;
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp?: number;
  readonly headers?: readonly (readonly [string, string | null])[];
}

export type ErrorWord = "user-function" | "deserialization" | "timestamp" | "buffer-full" | "other";

/** Ends the last step: the application must stop. */
export interface ScenarioError {
  readonly error: ErrorWord;
}

export interface ScenarioConfig {
  readonly onDeserializationError?: "fail" | "continue";
  readonly onProcessingError?: "fail" | "continue";
  readonly dlqTopic?: string;
  readonly cacheMaxBytes?: number;
  readonly emitIntervalMs?: number;
}

export interface ScenarioRow {
  readonly key: unknown;
  readonly value: unknown;
  /** Of a window or a session. */
  readonly start?: number;
  readonly end?: number;
  readonly timestamp?: number;
}

export interface Scenario {
  readonly name: string;
  readonly area: string;
  readonly pins: string;
  readonly config?: ScenarioConfig;
  readonly topology: readonly ScenarioNode[];
  readonly inputs: readonly ScenarioStep[];
  readonly expected: readonly (readonly (ScenarioRecord | ScenarioError)[])[];
  readonly dropped?: number;
  /** Contents of stores behind the last step. */
  readonly stores?: Readonly<Record<string, readonly ScenarioRow[]>>;
  /** Building the topology must fail; the exception of the reference. */
  readonly buildError?: string;
  /** Which parts of the outcome depend on the kind of the stores. */
  readonly storeSensitive?: readonly ("expected" | "stores" | "dropped")[];
  /** Why the recorded behaviour is arguably a defect. */
  readonly quirk?: string;
}

export const SCENARIO_FOLDER = join(import.meta.dirname, "scenarios");
/** What random inputs have brought to light (kafka-streams/), as few as show it. */
export const HELD_OUT_FOLDER = join(import.meta.dirname, "scenarios-held-out");

/** The areas that a folder has scenarios of, from its files AREA.json. */
export function areasIn(folder: string): readonly string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return files.map((name) => name.slice(0, -".json".length)).sort();
}

export function readScenarios(folder: string, area: string): readonly Scenario[] {
  const file = join(folder, `${area}.json`);
  const scenarios: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!Array.isArray(scenarios) || !scenarios.every(isScenario))
    throw new TypeError(
      `${file} is no list of scenarios: test/golden/scenarios/FORMAT.md says what they are`,
    );
  return scenarios;
}

function isScenario(value: unknown): value is Scenario {
  const { name, topology, inputs } = (value ?? {}) as Partial<Scenario>;
  return (
    typeof name === "string" && Array.isArray(topology) && (inputs === undefined || Array.isArray(inputs))
  );
}

/** The topics that a source node reads. */
export function topicsOf(node: ScenarioNode): readonly string[] {
  return node.topics ?? (node.topic === undefined ? [] : [node.topic]);
}

export function isError(entry: ScenarioRecord | ScenarioError): entry is ScenarioError {
  return "error" in entry;
}
