import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../cluster/cluster.ts";
import { type Launched, launch } from "../cluster/processes.ts";

/** One run of a job: INPUT to OUTPUT, exactly once, with commits each 100 ms. */
export interface JobRun {
  readonly cluster: Cluster;
  readonly input: string;
  /** A second topic that is read, where there is one. */
  readonly other: string | undefined;
  readonly output: string;
  readonly applicationId: string;
  readonly threads: number;
  /** Removed after the run. */
  readonly directory: string;
}

export interface Contender {
  readonly name: string;
  start(run: JobRun): Promise<Launched>;
}

const APPS = join(import.meta.dirname, "..", "apps");

export function peridot(name: string, settings: Record<string, string>, app = "json-map"): Contender {
  return {
    name,
    async start({ cluster, input, other, output, applicationId, threads, directory }) {
      const env = {
        BOOTSTRAP: cluster.bootstrap,
        INPUT: input,
        ...(other === undefined ? {} : { OTHER: other }),
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
export const TUNED = {
  "producer.batch.size": `${1 << 20}`,
  "producer.buffer.memory": `${128 << 20}`,
  "producer.linger.ms": "100",
  "consumer.max.poll.records": "20000",
  "consumer.fetch.max.bytes": `${64 << 20}`,
  "consumer.max.partition.fetch.bytes": `${8 << 20}`,
  "consumer.receive.buffer.bytes": `${1 << 20}`,
  "buffered.records.per.partition": "20000",
};

export function kafkaStreams(name: string, settings: Record<string, string>): Contender {
  return {
    name,
    async start({ cluster, input, other, output, applicationId, threads, directory }) {
      const stateDirectory = join(directory, "kafka-streams");
      mkdirSync(stateDirectory, { recursive: true });
      return cluster.tools.streamsPeer(
        { input, output, applicationId, stateDirectory, log: join(directory, "kafka-streams.log") },
        { "num.stream.threads": `${threads}`, ...(other === undefined ? {} : { other }), ...settings },
      );
    },
  };
}
