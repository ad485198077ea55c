import type { Cluster } from "../cluster/cluster.ts";
import type { Tools } from "../cluster/tools.ts";
import { type Contender, kafkaStreams, peridot, TUNED } from "./contenders.ts";

/** The topics that a job reads. */
export interface Inputs {
  readonly input: string;
  readonly other: string | undefined;
}

/** What is run, what it reads, and how its output is verified. */
export interface JobKind {
  readonly title: string;
  readonly contenders: readonly Contender[];
  /** Whether there is a second topic. */
  readonly readsOther?: boolean;
  /** Records that are written for each one of the input; default 1. */
  readonly outputsEach?: number;
  /** Makes the records. */
  readonly seed: (tools: Tools, inputs: Inputs, records: number) => Promise<void>;
  /** @returns what is wrong; undefined: nothing */
  readonly verify: (cluster: Cluster, inputs: Inputs, output: string) => Promise<string | undefined>;
}

/** Each update is written. */
const NO_CACHE = { "statestore.cache.max.bytes": "0" };
/** Of windows and sessions, and of the time difference of a join. */
const WINDOW_MS = 1000;
/** Input that is a second long by its timestamps. */
const RECORDS_PER_MS = 100;
const TABLE_ROWS = 1_000_000;

async function seedAddresses(tools: Tools, { input }: Inputs, records: number): Promise<void> {
  await tools.seed(input, records);
}

async function verified(verdict: Promise<{ readonly exact: boolean }>): Promise<string | undefined> {
  const { exact, ...facts } = await verdict;
  return exact ? undefined : JSON.stringify(facts);
}

function inTurn(app: string, settings: Record<string, string>, job: string): readonly Contender[] {
  return [
    peridot("Peridot", { CACHE: "0", ...settings }, app),
    kafkaStreams("Kafka Streams, defaults", { job, ...NO_CACHE }),
    kafkaStreams("Kafka Streams, tuned", { job, ...NO_CACHE, ...TUNED }),
  ];
}

function windowed(kind: "tumbling" | "hopping" | "session", title: string, advanceMs: number): JobKind {
  return {
    title,
    contenders: inTurn("windowed", { KIND: kind }, kind),
    outputsEach: WINDOW_MS / advanceMs,
    seed: (tools, { input }, records) =>
      tools.seed(input, records, { base: Date.now(), perMs: RECORDS_PER_MS }),
    verify: ({ tools }, { input }, output) =>
      verified(tools.verifyCounts(input, output, { kind, size: WINDOW_MS, advance: advanceMs })),
  };
}

export const JOBS: Readonly<Record<string, JobKind>> = {
  main: {
    title: "The main job",
    contenders: [
      peridot("Peridot", {}),
      // one process, one thread: the binding works in the main thread only
      peridot("Peridot on librdkafka", { TRANSPORT: "librdkafka", THREADS: "0" }),
      kafkaStreams("Kafka Streams, defaults", {}),
      kafkaStreams("Kafka Streams, tuned", TUNED),
    ],
    seed: seedAddresses,
    verify: ({ tools }, { input }, output) => verified(tools.verify(input, output)),
  },
  count: {
    title: "Count by key, every update written",
    contenders: inTurn("count", {}, "count"),
    seed: seedAddresses,
    verify: ({ tools }, { input }, output) => verified(tools.verifyCounts(input, output)),
  },
  keys: {
    title: "Count by key, half as many keys as records, every update written",
    contenders: inTurn("count", {}, "count"),
    async seed(tools, { input }, records) {
      const keys = Math.ceil(records / 2);
      await tools.seed(input, keys, { keys, inOrder: true });
      await tools.seed(input, records - keys, { keys });
    },
    verify: ({ tools }, { input }, output) => verified(tools.verifyCounts(input, output)),
  },
  tumbling: windowed("tumbling", "Count in tumbling windows, every update written", WINDOW_MS),
  hopping: windowed("hopping", "Aggregate in hopping windows, every update written", WINDOW_MS / 2),
  session: windowed("session", "Count in sessions, every update written", WINDOW_MS),
  table: {
    title: "Stream joined with a table of 1,000,000 rows",
    contenders: inTurn("enrich", { KIND: "table" }, "table"),
    readsOther: true,
    async seed(tools, { input, other }, records) {
      const base = Date.now();
      await tools.seed(other!, TABLE_ROWS, { keys: TABLE_ROWS, inOrder: true, base, perMs: RECORDS_PER_MS });
      const behind = base + TABLE_ROWS / RECORDS_PER_MS;
      await tools.seed(input, records, { keys: TABLE_ROWS, base: behind, perMs: RECORDS_PER_MS });
    },
    verify: ({ tools }, { input, other }, output) => verified(tools.verifyJoin(input, other!, output)),
  },
  stream: {
    title: "Stream joined with a stream, a match for each record",
    contenders: inTurn("enrich", { KIND: "stream" }, "stream"),
    readsOther: true,
    async seed(tools, { input, other }, records) {
      const options = { keys: records, inOrder: true, base: Date.now(), perMs: RECORDS_PER_MS };
      await tools.seed(input, records, options);
      await tools.seed(other!, records, { ...options, base: options.base + WINDOW_MS / 2 });
    },
    verify: ({ tools }, { input, other }, output) => verified(tools.verifyJoin(input, other!, output)),
  },
};
