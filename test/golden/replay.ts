import { PeridotError, type RunnerCounters, StreamsBuilder } from "../../host/index.ts";
import { makeTaskRunner } from "../../host/task/runner.ts";
import { parseTaskName, type TaskRunner } from "../../host/task/task.ts";
import { TaskStates } from "../../host/task/task-states.ts";
import { DriverTopics } from "../../host/testing/driver-topics.ts";
import { compile } from "../../host/topology/compile.ts";
import { DEFAULT_ERROR_SETTINGS, type ErrorSettings } from "../../host/topology/error-settings.ts";
import { decodeRecords, encodeRecords } from "../../host/transport/memory/plain-records.ts";
import type { FetchedRecords } from "../../host/transport/port.ts";
import { BASE_OFFSET_AT } from "../../kernels/abi/record-batch-v2.ts";
import type { InputEvent } from "./input-sequence.ts";
import type { RecordInTopic, TopicContents } from "./topic-contents.ts";

const STACKTRACE = "__streams.errors.stacktrace";

/** A topology for replays. Each replay builds it anew. */
export interface Replayed {
  /** `see` takes down what user functions have seen; order counts within one name only. */
  readonly build: (builder: StreamsBuilder, see: (name: string, what: unknown) => void) => void;
  readonly applicationId: string;
  readonly errors: Partial<ErrorSettings>;
  readonly emitIntervalMs?: number | undefined;
  /** By topic; default 1. */
  readonly partitions: Readonly<Record<string, number>>;
}

/** All that a task has shown. */
export interface TaskOutput {
  /** By topic-partition. */
  readonly written: Readonly<Record<string, readonly ShownRecord[]>>;
  /** By name. */
  readonly seen: Readonly<Record<string, readonly unknown[]>>;
  readonly counters: RunnerCounters;
  /** The error that stopped it, if one did. */
  readonly stopped: string | undefined;
}

/** Bytes as hexadecimal text. */
export interface ShownRecord {
  readonly key: string | undefined;
  readonly value: string | undefined;
  readonly timestamp: number;
  readonly headers: readonly (readonly [string, string | undefined])[];
}

/** How an input sequence is cut. */
export interface Cutting {
  /** Rows of a batch, at most. */
  readonly batchRows: number;
  /** Batches are cut by the clock as well, and there is a commit behind each. */
  readonly impatient?: boolean;
  readonly strictOrder?: boolean;
}

/** Feeds one task its input sequence again. */
export function replay(
  replayed: Replayed,
  task: string,
  events: readonly InputEvent[],
  contents: TopicContents,
  { batchRows, impatient = false, strictOrder = false }: Cutting,
): TaskOutput {
  const seen: Record<string, unknown[]> = {};
  const builder = new StreamsBuilder();
  replayed.build(builder, (name, what) => (seen[name] ??= []).push(what));
  let nowMs = 0;
  const plan = compile(builder.build(), replayed.applicationId);
  const errors = { ...DEFAULT_ERROR_SETTINGS, ...replayed.errors };
  const { partitionsOf } = new DriverTopics(plan, errors.deadLetterTopic, replayed.partitions);
  const states = new TaskStates();
  const { subTopology } = parseTaskName(task);
  const { stores, sources } = plan.subTopologies.find(({ id }) => id === subTopology)!;
  states.addEmpty(task, stores);
  const runner = makeTaskRunner({
    plan,
    states,
    applicationId: replayed.applicationId,
    partitionsOf,
    errors,
    clock: { now: () => nowMs },
    strictOrder,
    batchRowsMax: batchRows,
    emitIntervalMs: replayed.emitIntervalMs ?? 0,
  });
  const partition = Number(task.slice(task.indexOf("_") + 1));
  const topics = new Set([
    ...sources.flatMap((source) => source.topics),
    ...events.flatMap((event) => (event.is === "rows" ? [event.topic] : [])),
  ]);
  runner.open(
    task,
    [...topics].map((topic) => ({ topic, partition, offset: 0n })),
  );
  let stopped: string | undefined;
  const written: Record<string, ShownRecord[]> = {};
  let looks = 0;
  try {
    for (const event of events) {
      if (event.is === "clock") nowMs = event.nowMs;
      else runner.add(fetched(event, contents));
      while (runner.process(() => !impatient || looks++ % 3 === 0) > 0)
        if (impatient) commit(runner, states, written);
    }
  } catch (error) {
    if (!(error instanceof PeridotError) || error.kind !== "record") throw error;
    stopped = error.message;
  }
  commit(runner, states, written);
  return { written, seen, counters: runner.counters, stopped };
}

function fetched(
  { topic, partition, offsets }: Extract<InputEvent, { is: "rows" }>,
  contents: TopicContents,
): FetchedRecords {
  const all = contents.all(topic, partition);
  const taken = offsets.map((offset) => all[Number(offset)]!);
  const fromOffset = offsets[0]!;
  const records = encodeRecords(
    taken.map(({ key, value, ...rest }) => ({ ...rest, key: bufferOf(key), value: bufferOf(value) })),
    0,
  );
  records.writeBigInt64BE(fromOffset, BASE_OFFSET_AT);
  const nextOffset = fromOffset + BigInt(taken.length);
  return { topic, partition, records, fromOffset, nextOffset, endOffset: nextOffset, release() {} };
}

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes && Buffer.from(bytes);
}

/** Adds what was computed since the last commit. */
function commit(runner: TaskRunner, states: TaskStates, written: Record<string, ShownRecord[]>): void {
  for (const { topic, partition, bytes, release } of runner.cut().batches) {
    (written[`${topic}-${partition}`] ??= []).push(...decodeRecords(bytes).map(shown));
    release?.();
  }
  states.cut();
  runner.committed();
  states.commit();
}

export function shown({ key, value, timestamp, headers }: RecordInTopic): ShownRecord {
  return {
    key: hexOf(key),
    value: hexOf(value),
    timestamp,
    // where in our code an error was made may differ with the size of the batch
    headers: headers.map((each) => [each.key, each.key === STACKTRACE ? "" : hexOf(each.value)]),
  };
}

function hexOf(part: Uint8Array | string | null): string | undefined {
  return part === null ? undefined : Buffer.from(part as Uint8Array).toString("hex");
}
