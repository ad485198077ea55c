import { join } from "node:path";
import type { ResolvedConfig } from "../config.ts";
import { lmdb } from "../state/lmdb/lmdb-backend.ts";
import { memory } from "../state/memory-backend.ts";
import type { StateBackendType } from "../state/state-backend.ts";
import type { Plan } from "../topology/plan.ts";
import type { Transport } from "../transport/port.ts";
import { GlobalTables } from "./global-tables.ts";
import { StateKeeper } from "./state-keeper.ts";

const BACKENDS = { lmdb, memory };

function backendOf(given: ResolvedConfig["stateBackend"]): StateBackendType {
  return typeof given === "string" ? BACKENDS[given] : given;
}

/**
 * What keeps the state of a stream thread.
 *
 * @param directory of the application, locked by this process.
 */
export function keepState(
  plan: Plan,
  config: Pick<
    ResolvedConfig,
    "stateBackend" | "cacheMaxBytes" | "stateFlushIntervalMs" | "clock" | "errors"
  >,
  directory: string,
  transport: Transport,
): StateKeeper {
  const keeper = new StateKeeper({
    plan,
    directory: join(directory, "tasks"),
    backend: backendOf(config.stateBackend),
    cacheMaxBytes: config.cacheMaxBytes,
    flushIntervalMs: config.stateFlushIntervalMs,
    clock: config.clock,
    transport,
    warn: (problem) => process.emitWarning(problem, { code: "PERIDOT_STATE" }),
  });
  if (plan.globals.length > 0)
    keeper.states.globals = new GlobalTables(plan.globals, config.errors, () => config.clock.now());
  return keeper;
}
