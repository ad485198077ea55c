import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { KStream } from "../../host/dsl/kstream.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { bytes, i32, i64, json, string } from "../../host/serdes/index.ts";
import { keyText } from "../../host/state/key-text.ts";
import { MemoryBackend } from "../../host/state/memory-backend.ts";
import { TaskState } from "../../host/state/task-state.ts";
import { makeTaskRunner } from "../../host/task/runner.ts";
import type { TaskRunner } from "../../host/task/task.ts";
import { TaskStates } from "../../host/task/task-states.ts";
import { compile } from "../../host/topology/compile.ts";
import { DEFAULT_ERROR_SETTINGS, type ErrorSettings } from "../../host/topology/error-settings.ts";
import { type Plan, type PlanStep, sinkTopics } from "../../host/topology/plan.ts";
import { kernelsChange } from "../../host/topology/store-spec.ts";
import { randomNumbers } from "../state/random-numbers.ts";
import { fetched, type OutRecord, recordsOf, type TestRecord } from "./harness.ts";

const TASK = "0_2";
const PARTITION = 2;
const STORE = "counts";
/** Where in our code an error was made is another place. */
const STACKTRACE = "__streams.errors.stacktrace";

/** The same plan, with all counts in processors. */
function withoutKernels(plan: Plan): Plan {
  const plain = (steps: readonly PlanStep[]): readonly PlanStep[] =>
    steps.map((step) => {
      if (step.kind === "sink") return step;
      if (step.kind === "process") {
        const { kind, name, node, readsValue } = step;
        return { kind, name, node, readsValue };
      }
      if (step.kind === "branch") return { ...step, ways: step.ways.map(plain) };
      return { ...step, children: plain(step.children) };
    });
  return {
    ...plan,
    subTopologies: plan.subTopologies.map((each) => ({
      ...each,
      sources: each.sources.map((source) => ({ ...source, children: plain(source.children) })),
      stores: each.stores.map((store) => ({ ...store, inKernels: "never" as const })),
    })),
  };
}

type Describe = (builder: StreamsBuilder) => void;

interface Settings {
  readonly errors: Partial<ErrorSettings>;
  readonly batchRowsMax: number;
  /** Of the record cache. */
  readonly pendingBytesMax: number;
}

/** One task of a topology with its state: its runner may be lost, its state may not. */
class Counting {
  readonly backend = new MemoryBackend();
  readonly plan: Plan;
  #states = new TaskStates();
  #runner: TaskRunner;
  readonly #settings: Settings;
  readonly #cacheBytesMax: number;
  #committed = 0n;
  #cut = 0n;
  readonly #all: TestRecord[] = [];

  constructor(describe: Describe, inKernels: boolean, settings: Settings, cacheBytesMax: number) {
    const builder = new StreamsBuilder();
    describe(builder);
    const plan = compile(builder.build(), "app");
    this.plan = inKernels ? plan : withoutKernels(plan);
    this.#settings = settings;
    this.#cacheBytesMax = cacheBytesMax;
    this.#openState();
    this.#runner = this.#newRunner();
  }

  get #store() {
    return this.plan.subTopologies[0]!.stores[0]!;
  }

  #openState(): void {
    const { pendingBytesMax } = this.#settings;
    const isCached = pendingBytesMax > 0;
    const inKernels = kernelsChange(this.#store, pendingBytesMax);
    const store = { name: STORE, isCached, cacheBytesMax: this.#cacheBytesMax, inKernels };
    this.#states = new TaskStates();
    this.#states.add(TASK, new TaskState([{ ...store, backend: this.backend }]));
  }

  #newRunner(): TaskRunner {
    const { errors, batchRowsMax, pendingBytesMax: cacheBytesMax } = this.#settings;
    const runner = makeTaskRunner({
      plan: this.plan,
      partitionsOf: new Map(["in", "letters", ...sinkTopics(this.plan)].map((topic) => [topic, 4])),
      errors: { ...DEFAULT_ERROR_SETTINGS, deadLetterTopic: "letters", ...errors },
      clock: { now: () => 0 },
      states: this.#states,
      batchRowsMax,
      cacheBytesMax,
    });
    runner.open(TASK, [{ topic: "in", partition: PARTITION, offset: this.#committed }]);
    return runner;
  }

  add(records: readonly TestRecord[]): void {
    const from = BigInt(this.#all.length);
    this.#all.push(...records);
    this.#runner.add(fetched("in", PARTITION, records, from));
  }

  /** @returns what it stopped with. */
  process(): string | undefined {
    try {
      while (this.#runner.process(() => true) > 0);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  cut(): Record<string, OutRecord[]> {
    const { batches, offsets } = this.#runner.cut();
    this.#states.cut();
    this.#cut = offsets[0]?.offset ?? this.#cut;
    const records = recordsOf(batches, "latin1");
    for (const { headers } of records.letters ?? []) assert.ok(headers.some(([name]) => name === STACKTRACE));
    return Object.fromEntries(
      Object.entries(records).map(([topic, all]) => [
        topic,
        all.map((each) => ({ ...each, headers: each.headers.filter(([name]) => name !== STACKTRACE) })),
      ]),
    );
  }

  commit(): void {
    this.#committed = this.#cut;
    this.#runner.committed();
    this.#states.commit();
  }

  flush(): void {
    this.#states.flush(0);
  }

  /** Back to the last commit, with the input from there. */
  rollback(runner: "kept" | "lost" | "closed"): void {
    this.#states.rollback();
    if (runner === "kept") this.#runner.rollback();
    if (runner === "closed") this.#runner.closeAll();
    if (runner !== "kept") this.#runner = this.#newRunner();
    this.#cut = this.#committed;
    const rest = this.#all.slice(Number(this.#committed));
    if (rest.length > 0) this.#runner.add(fetched("in", PARTITION, rest, this.#committed));
  }

  /** A new process finds what is in the backend. */
  restart(): void {
    this.rollback("kept");
    this.#runner.closeAll();
    this.flush();
    this.#openState();
    this.rollback("lost");
  }

  get counters() {
    return this.#runner.counters;
  }

  get stored(): readonly string[] {
    const { table } = this.#states.of(TASK)!.store(STORE);
    const scanned = Array.from(table.committedRange({}), ([key, value]) => `${key}=${keyText(value)}`);
    for (const entry of scanned) {
      const key = entry.slice(0, -17);
      assert.equal(`${key}=${keyText(table.committed(key)!)}`, entry);
    }
    return scanned;
  }
}

const random16 = randomNumbers(16);

/** Few keys and many, null ones and broken text, nulls, headers, times that go back. */
function randomRecords(count: number, keys: number, valueFor: (number: number) => string): TestRecord[] {
  const random = random16;
  return Array.from({ length: count }, (): TestRecord => {
    const key = random(keys);
    const keyed = key % 11 === 3 ? Buffer.from([0xff, key]) : `${"k".repeat(key % 40)}${key}`;
    return {
      key: random(15) === 0 ? null : keyed,
      value: random(12) === 0 ? null : valueFor(random(1000)),
      timestamp: 1000 + random(100),
      headers: random(4) === 0 ? [["trace", `${random(9)}`]] : [],
    };
  });
}

interface Case {
  readonly name: string;
  /** Also what its record cache keeps back. */
  readonly isToldByKernels?: boolean;
  readonly describe: Describe;
  readonly errors?: Partial<ErrorSettings>;
  readonly valueFor?: (number: number) => string;
}

const counted = <K, V>(stream: KStream<K, V>) => stream.groupByKey().count({ store: STORE }).toStream();
const fails = (count: bigint | null) => {
  if (count! % 7n === 5n) throw new Error(`no ${count}`);
  return `${count}`;
};

const CASES: readonly Case[] = [
  {
    name: "texts, to one topic",
    isToldByKernels: true,
    describe: (builder) =>
      counted(builder.stream("in", { key: string, value: bytes })).to("out", { key: string, value: i64 }),
  },
  {
    name: "behind a filter, with functions and two ways below",
    describe: (builder) => {
      const odd = builder
        .stream("in", { key: string, value: string })
        .filter((_key, value) => value === null || Number(value) % 3 !== 0);
      const counts = counted(odd);
      counts.mapValues((count, key) => `${key}: ${count}`).to("out", { key: string, value: string });
      counts.filter((_key, count) => count! % 2n === 0n).to("out", { key: string, value: i64 });
    },
  },
  {
    name: "a function below that fails: the batch ends before its row",
    describe: (builder) =>
      counted(builder.stream("in", { key: bytes, value: bytes }))
        .mapValues(fails)
        .to("out", { key: bytes, value: string }),
  },
  {
    name: "a function below that fails: dead letters",
    errors: { onProcessingError: "deadLetter" },
    describe: (builder) =>
      counted(builder.stream("in", { key: bytes, value: bytes }))
        .mapValues(fails)
        .to("out", { key: bytes, value: string }),
  },
  {
    name: "rows of JSON, some of which are null",
    isToldByKernels: true,
    errors: { onDeserializationError: "deadLetter" },
    valueFor: (number) => (number % 5 === 0 ? "null" : number % 7 === 0 ? "{" : `{"n":${number}}`),
    describe: (builder) =>
      counted(
        builder
          .stream("in", { key: string, value: json(z.object({ n: z.number() })) })
          .filterNot({ n: { gt: 800 } }),
      ).to("out", { key: string, value: i64 }),
  },
  {
    name: "numbers of a wrong length are passed over; no changelog",
    isToldByKernels: true,
    errors: { onDeserializationError: "continue" },
    valueFor: (number) => (number % 5 === 0 ? "abc" : "abcd"),
    describe: (builder) =>
      builder
        .stream("in", { key: string, value: i32 })
        .groupByKey()
        .count({ store: STORE, logging: false })
        .toStream()
        .to("out", { key: string, value: i64 }),
  },
];

/** Commits, flushes, lost instances, restarts: the same for both. */
function compare(
  { describe, errors = {}, valueFor = String }: Case,
  seed: number,
  pendingBytesMax = 0,
): void {
  const random = randomNumbers(seed);
  const cacheBytesMax = seed % 2 === 0 ? 0 : 4000;
  const settings = { errors, batchRowsMax: [1, 3, 16, 200][seed % 4]!, pendingBytesMax };
  const tested = new Counting(describe, true, settings, cacheBytesMax);
  const expected = new Counting(describe, false, settings, cacheBytesMax);
  assert.ok(kernelsChange(tested.plan.subTopologies[0]!.stores[0]!, pendingBytesMax));
  const both = <Answer>(ask: (counting: Counting) => Answer, what: string): Answer => {
    const answer = ask(expected);
    assert.deepEqual(ask(tested), answer, `${what}, seed ${seed}`);
    return answer;
  };
  const keys = [3, 60, 400][seed % 3]!;
  let isClosing = false;
  for (let turn = 0; turn < 12; turn++) {
    const records = randomRecords(1 + random(150), keys, valueFor);
    both((counting) => counting.add(records), "input");
    both((counting) => counting.process(), "what it stopped with");
    if (!isClosing) both((counting) => counting.cut(), "output");
    isClosing = true;
    if (random(3) > 0) {
      both((counting) => counting.commit(), "commit");
      isClosing = false;
    }
    if (random(4) === 0) both((counting) => counting.flush(), "flush");
    if (random(4) === 0) {
      const runner = (["kept", "lost", "closed"] as const)[random(3)]!;
      both((counting) => counting.rollback(runner), "rollback");
      isClosing = false;
    }
    if (random(8) === 0) {
      both((counting) => counting.restart(), "restart");
      isClosing = false;
    }
    both((counting) => counting.stored, "what is stored");
    both((counting) => counting.counters.skipped, "rows passed over");
  }
  assert.ok(tested.stored.length > 0);
}

for (const each of CASES) {
  test(`kernels count as the processor does: ${each.name}`, () => {
    for (let seed = 1; seed <= 24; seed++) compare(each, seed);
  });
  if (each.isToldByKernels !== true) continue;
  test(`so they do with a record cache: ${each.name}`, () => {
    for (let seed = 1; seed <= 30; seed++) compare(each, seed, [150, 1000, 5000, 1 << 20][seed % 4]!);
  });
}
