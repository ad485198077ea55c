import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../cluster/cluster.ts";
import { type Launched, launch } from "../cluster/processes.ts";

/** One run of the main job: INPUT to OUTPUT, exactly once, with commits each 100 ms. */
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

const APP = join(import.meta.dirname, "..", "apps", "json-map.ts");

function peridot(name: string, settings: Record<string, string>): Contender {
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
      return launch([process.execPath, APP], { env });
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

export const CONTENDERS: readonly Contender[] = [
  peridot("Peridot", {}),
  // one process, one thread: the binding works in the main thread only
  peridot("Peridot on librdkafka", { TRANSPORT: "librdkafka", THREADS: "0" }),
  kafkaStreams("Kafka Streams, defaults", {}),
  kafkaStreams("Kafka Streams, tuned", TUNED),
];
