import { join } from "node:path";
import type { Cluster } from "../../bench/cluster/cluster.ts";
import { type Launched, launch } from "../../bench/cluster/processes.ts";

const APP = join(import.meta.dirname, "..", "..", "bench", "apps", "json-map.ts");

/** The main job as a plain process: bench/apps/json-map.ts with this environment. */
export interface Run {
  readonly cluster: Cluster;
  readonly input: string;
  readonly output: string;
  readonly applicationId: string;
  readonly stateDirectory: string;
  /** Static membership; undefined: dynamic. */
  readonly instanceId?: string;
  /** Default: our own client, in a worker. */
  readonly transport?: "librdkafka";
}

export function startApp(run: Run): Launched {
  const env = {
    BOOTSTRAP: run.cluster.bootstrap,
    INPUT: run.input,
    OUTPUT: run.output,
    APP_ID: run.applicationId,
    STATE_DIR: run.stateDirectory,
    THREADS: process.env.THREADS ?? "1",
    COMMIT_MS: "100",
    GUARANTEE: "exactly_once_v2",
    SESSION_TIMEOUT_MS: process.env.SESSION_TIMEOUT_MS ?? "6000",
    ...(run.instanceId === undefined ? {} : { INSTANCE_ID: run.instanceId }),
    ...(run.transport === undefined ? {} : { TRANSPORT: run.transport, THREADS: "0" }),
  };
  return launch([process.execPath, APP], { env });
}

/** Resolves after this time, or at once with the status of a process that has ended meanwhile. */
export async function lives(app: Launched, ms: number): Promise<number | NodeJS.Signals | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  const status = await Promise.race([app.ended, passed]);
  clearTimeout(timer);
  return status;
}

/** Uniform in [0, 1), the same sequence for the same seed (SplitMix32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 0x1_0000_0000;
  };
}
