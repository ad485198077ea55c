import { assert } from "./assert.ts";
import type { ResolvedConfig } from "./config.ts";
import { PeridotError } from "./errors.ts";
import type { TopicLimits } from "./task/topic-limits.ts";
import type { StreamThreadPlace, WorkerThreadSettings } from "./task/worker-thread.ts";
import type { KafkaSettings } from "./transport/kafka/kafka-transport.ts";

/** What a worker is told at its start: plain data, since functions do not cross threads. */
export interface WorkerStart extends StreamThreadPlace {
  readonly config: Omit<ResolvedConfig, "clock" | "transport" | "topology" | "errors" | "kafka">;
  readonly kafka: KafkaSettings;
  /** `sasl.token` stayed behind: the main thread is asked for tokens. */
  readonly asksForTokens: boolean;
  readonly errors: ResolvedConfig["errors"];
  readonly planHash: string;
  readonly partitionsOf: ReadonlyMap<string, number>;
  readonly limitsOf: ReadonlyMap<string, TopicLimits>;
  readonly processId: string;
  /** Of the application; the main thread has locked it. */
  readonly stateDirectory: string;
  readonly life: string;
}

interface WorkerStartFacts {
  readonly config: ResolvedConfig;
  readonly planHash: string;
  readonly partitionsOf: ReadonlyMap<string, number>;
  readonly limitsOf: ReadonlyMap<string, TopicLimits>;
  readonly index: number;
  readonly processId: string;
  readonly stateDirectory: string;
  readonly life: string;
}

/** Beside this file stands the worker's own, as source or as built. */
const ENTRY = new URL(
  import.meta.url.endsWith(".ts") ? "./stream-worker.ts" : "./stream-worker.js",
  import.meta.url,
);

/** Errors: CONFIG_INVALID, which names what cannot be handed to a worker. */
export function checkCrossing({ errors, kafka }: ResolvedConfig): void {
  refuseFunctions("errors", errors, FROM_TOPOLOGY);
  for (const [option, value] of Object.entries(kafka ?? {}))
    if (option !== "sasl") refuseFunctions(option, value, INLINE);
}

/** The module of a stream worker and what it is told; the configuration has been checked. */
export function workerStart(
  facts: WorkerStartFacts,
): Pick<WorkerThreadSettings, "entry" | "workerData" | "token"> {
  const { config, index, ...rest } = facts;
  const { clock: _clock, transport: _transport, topology, errors, kafka, ...plain } = config;
  assert(topology !== undefined && kafka !== undefined, "workers have a topology module and brokers");
  const { sasl } = kafka;
  const token = sasl?.mechanism === "OAUTHBEARER" ? sasl.token : undefined;
  const { token: _token, ...saslLeft } = { token: undefined, ...sasl };
  const kafkaLeft = token === undefined ? kafka : { ...kafka, sasl: saslLeft };
  const workerData: WorkerStart = {
    ...rest,
    config: plain,
    kafka: kafkaLeft as KafkaSettings,
    asksForTokens: token !== undefined,
    errors,
    topology: topology.href,
    thread: index,
  };
  return { entry: ENTRY, workerData: { ...workerData }, token };
}

const FROM_TOPOLOGY =
  "Give it with the source instead, in the topology module: builder.stream(topic, { errors: … })";
const INLINE = "Leave it out, or use threads: 0";

/** What a structured clone would refuse, by the name under which the user gave it. */
function refuseFunctions(option: string, value: unknown, remedy: string): void {
  if (isPlain(value)) {
    for (const [name, part] of Object.entries(value)) refuseFunctions(`${option}.${name}`, part, remedy);
    return;
  }
  try {
    structuredClone(value);
  } catch (error) {
    const what = typeof value === "function" ? "a function" : "an object";
    const problem = `is ${what} that cannot be handed to a worker`;
    throw new PeridotError("CONFIG_INVALID", { option, problem, remedy }, error);
  }
}

/** An object literal or an array. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
