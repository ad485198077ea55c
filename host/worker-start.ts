import type { ResolvedConfig } from "./config.ts";
import { PeridotError } from "./errors.ts";
import type { KafkaSettings } from "./transport/kafka/kafka-transport.ts";

/** What a worker is told at its start: plain data, since functions do not cross threads. */
export interface WorkerStart {
  readonly config: Omit<ResolvedConfig, "clock" | "transport" | "topology" | "errors" | "kafka">;
  readonly kafka: KafkaSettings;
  readonly errors: ResolvedConfig["errors"];
  readonly topology: string;
  readonly planHash: string;
  readonly partitionsOf: ReadonlyMap<string, number>;
  readonly index: number;
  readonly processId: string;
  readonly life: string;
}

interface WorkerStartFacts {
  readonly config: ResolvedConfig;
  readonly planHash: string;
  readonly partitionsOf: ReadonlyMap<string, number>;
  readonly index: number;
  readonly processId: string;
  readonly life: string;
}

/** Beside this file stands the worker's own, as source or as built. */
const ENTRY = new URL(
  import.meta.url.endsWith(".ts") ? "./stream-worker.ts" : "./stream-worker.js",
  import.meta.url,
);

/** The module of a stream worker and what it is told. */
export function workerStart(facts: WorkerStartFacts): { entry: URL; workerData: Record<string, unknown> } {
  const { config, ...rest } = facts;
  const { clock: _clock, transport: _transport, topology, errors, kafka, ...plain } = config;
  if (topology === undefined || kafka === undefined) {
    throw new PeridotError("ASSERTION_FAILED", { what: "workers have a topology module and brokers" });
  }
  for (const [name, value] of Object.entries(errors)) {
    if (typeof value !== "function") continue;
    throw new PeridotError("CONFIG_INVALID", {
      option: `errors.${name}`,
      problem: "is a function, which cannot be handed to a worker",
      remedy: "Give it with the source instead, in the topology module: builder.stream(topic, { errors: … })",
    });
  }
  const workerData: WorkerStart = { config: plain, kafka, errors, topology: topology.href, ...rest };
  return { entry: ENTRY, workerData: { ...workerData } };
}
