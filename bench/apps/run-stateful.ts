import { peridot, runProcess } from "peridot-streams";
import { number, oneOf, optional, required, setting } from "./environment.ts";

/**
 * An application with stores as a plain process, steered by the same environment as json-map.ts, and CACHE: bytes of changes
 * that may wait for a commit; 0: each update is written. STORE is lmdb or memory.
 */
export async function runStateful(name: string, topology: URL): Promise<void> {
  const running = runProcess(
    peridot({
      applicationId: setting("APP_ID") ?? name,
      bootstrapServers: required("BOOTSTRAP"),
      topology,
      threads: number("THREADS", 1),
      commitIntervalMs: number("COMMIT_MS", 100),
      guarantee: oneOf("GUARANTEE", ["exactly_once_v2", "at_least_once"]),
      sessionTimeoutMs: number("SESSION_TIMEOUT_MS", 45_000),
      cacheMaxBytes: number("CACHE", 10 << 20),
      stateBackend: oneOf("STORE", ["lmdb", "memory"]),
      offsetReset: "earliest",
      ...optional("stateDir", setting("STATE_DIR")),
      ...optional("instanceId", setting("INSTANCE_ID")),
    }),
  );
  console.log(`${name}: SIGTERM closes it`); // from here on
  await running;
}
