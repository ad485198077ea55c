import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../cluster/cluster.ts";
import { type Launched, launch } from "../cluster/processes.ts";

/** One run of a job: INPUT to OUTPUT, exactly once, with commits each 100 ms. */
export interface Job {
  readonly cluster: Cluster;
  readonly input: string;
  readonly output: string;
  readonly applicationId: string;
  readonly threads: number;
  /** Removed after the run. */
  readonly directory: string;
}

export interface Contender {
  readonly name: string;
  start(job: Job): Promise<Launched>;
}

const APPS = join(import.meta.dirname, "..", "apps");

function peridot(name: string, settings: Record<string, string>, app = "json-map"): Contender {
  return {
    name,
    async start({ cluster, input, output, applicationId, threads, directory }) {
      const env = {
        BOOTSTRAP: cluster.bootstrap,
        INPUT: input,
        OUTPUT: output,
        APP_ID: applicationId,
        THREADS: `${threads}`,
        STATE_DIR: join(directory, "peridot"),
        COMMIT_MS: "100",
        GUARANTEE: "exactly_once_v2",
        ...settings,
      };
      return launch([process.execPath, join(APPS, `${app}.ts`)], { env });
    },
  };
}

/** Larger fetches, buffers and batches than the defaults: what helped it most of what we tried. */
const TUNED = {
  "producer.batch.size": `${1 << 20}`,
  "producer.buffer.memory": `${128 << 20}`,
  "producer.linger.ms": "100",
  "consumer.max.poll.records": "20000",
  "consumer.fetch.max.bytes": `${64 << 20}`,
  "consumer.max.partition.fetch.bytes": `${8 << 20}`,
  "consumer.receive.buffer.bytes": `${1 << 20}`,
  "buffered.records.per.partition": "20000",
};

function kafkaStreams(name: string, settings: Record<string, string>): Contender {
  return {
    name,
    async start({ cluster, input, output, applicationId, threads, directory }) {
      const stateDirectory = join(directory, "kafka-streams");
      mkdirSync(stateDirectory, { recursive: true });
      return cluster.tools.streamsPeer(
        { input, output, applicationId, stateDirectory, log: join(directory, "kafka-streams.log") },
        { "num.stream.threads": `${threads}`, ...settings },
      );
    },
  };
}

/** What is run, and how its output is verified. */
export interface JobKind {
  readonly title: string;
  readonly contenders: readonly Contender[];
  /** @returns what is wrong; undefined: nothing */
  readonly verify: (cluster: Cluster, input: string, output: string) => Promise<string | undefined>;
}

const CONTENDERS: readonly Contender[] = [
  peridot("Peridot", {}),
  // one process, one thread: the binding works in the main thread only
  peridot("Peridot on librdkafka", { TRANSPORT: "librdkafka", THREADS: "0" }),
  kafkaStreams("Kafka Streams, defaults", {}),
  kafkaStreams("Kafka Streams, tuned", TUNED),
];

/** Each update is written. */
const COUNTERS: readonly Contender[] = [
  peridot("Peridot", { CACHE: "0" }, "count"),
  kafkaStreams("Kafka Streams, defaults", { job: "count", "statestore.cache.max.bytes": "0" }),
  kafkaStreams("Kafka Streams, tuned", { job: "count", "statestore.cache.max.bytes": "0", ...TUNED }),
];

export const JOBS: Readonly<Record<string, JobKind>> = {
  main: {
    title: "The main job",
    contenders: CONTENDERS,
    async verify({ tools }, input, output) {
      const verdict = await tools.verify(input, output);
      return verdict.exact ? undefined : JSON.stringify(verdict);
    },
  },
  count: {
    title: "Count by key, every update written",
    contenders: COUNTERS,
    async verify({ tools }, input, output) {
      const verdict = await tools.verifyCounts(input, output);
      return verdict.exact ? undefined : JSON.stringify(verdict);
    },
  },
};
