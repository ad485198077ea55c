import { parentPort, workerData } from "node:worker_threads";
import { assert, unreachable } from "./assert.ts";
import { systemClock } from "./clock.ts";
import { asPeridotError } from "./commit/commit.ts";
import type { ResolvedConfig } from "./config.ts";
import { PeridotError } from "./errors.ts";
import { loadTopology } from "./load-topology.ts";
import { keepState } from "./task/keep-state.ts";
import { KernelTraps } from "./task/kernel-traps.ts";
import { openThread } from "./task/open-thread.ts";
import { makeTaskRunner } from "./task/runner.ts";
import type { StreamThread } from "./task/stream-thread.ts";
import {
  errorToText,
  type FromWorker,
  type ToWorker,
  type ToWorkerCall,
  type ToWorkerToken,
} from "./task/worker-messages.ts";
import { compile } from "./topology/compile.ts";
import { type KafkaSettings, kafkaTransport } from "./transport/kafka/kafka-transport.ts";
import type { OAuthToken } from "./transport/kafka/sasl/oauth-bearer.ts";
import type { WorkerStart } from "./worker-start.ts";

/**
 * A stream thread in a worker: makes the thread from what it was told, and turns messages of the main thread
 * (host/task/worker-thread.ts) into its calls. One answer a call; beyond that it tells its progress once a commit.
 */
const port = parentPort;
assert(port !== null, "stream-worker.ts runs in a worker");
const start = workerData as WorkerStart & { readonly turns: Int32Array };
let nextQuestion = 1;
const questions = new Map<number, PromiseWithResolvers<OAuthToken>>();
const opening = open();
opening.catch(() => {}); // each call answers with it

port.on("message", async (message: ToWorker) => {
  if ("told" in message) {
    hearToken(message);
    return;
  }
  try {
    tell({ answer: message.call, value: await answer(await opening, message) });
  } catch (error) {
    tell({ answer: message.call, error: errorToText(asPeridotError(error)) });
  }
});

function answer(thread: StreamThread, message: ToWorkerCall): Promise<unknown> {
  switch (message.method) {
    case "start":
      return thread.start();
    case "assign":
      return thread.assign(message.assignment);
    case "revoke":
      return thread.revoke();
    case "drop":
      return thread.drop();
    case "close":
      return thread.close();
    case "query":
      return thread.query(message.query);
    default:
      return unreachable(message);
  }
}

/** The user's own provider runs in the main thread. */
function askForToken(): Promise<OAuthToken> {
  const question = Promise.withResolvers<OAuthToken>();
  const asks = nextQuestion++;
  questions.set(asks, question);
  tell({ asks });
  return question.promise;
}

function hearToken(message: ToWorkerToken): void {
  const question = questions.get(message.told);
  questions.delete(message.told);
  if ("token" in message) question?.resolve(message.token as OAuthToken);
  else question?.reject(message.problem);
}

function kafkaSettings(): KafkaSettings {
  if (!start.asksForTokens) return start.kafka;
  return { ...start.kafka, sasl: { mechanism: "OAUTHBEARER", token: askForToken } };
}

async function open(): Promise<StreamThread> {
  const topology = await loadTopology(new URL(start.topology));
  const plan = compile(topology, start.config.applicationId, start.config.optimizations);
  if (plan.hash !== start.planHash) throw new PeridotError("TOPOLOGY_DIFFERS", { topology: start.topology });
  const kafka = kafkaSettings();
  const config: ResolvedConfig = {
    ...start.config,
    topology: new URL(start.topology),
    errors: start.errors,
    clock: systemClock,
    transport: undefined,
    kafka,
  };
  const { partitionsOf, limitsOf, thread: index, processId, life, turns } = start;
  const { applicationId, errors, clock, strictOrder } = config;
  const traps = new KernelTraps();
  const transport = kafkaTransport(kafka)({ clientId: `${applicationId}-${index}`, clock });
  const state = keepState(plan, config, start.stateDirectory, transport);
  const { states } = state;
  const { cacheMaxBytes: cacheBytesMax, emitIntervalMs, maxTaskIdleMs } = config;
  const known = {
    plan,
    partitionsOf,
    limitsOf,
    states,
    applicationId,
    cacheBytesMax,
    emitIntervalMs,
    maxTaskIdleMs,
  };
  return openThread({
    config,
    transport,
    state,
    partitionsOf,
    index,
    processId,
    life,
    makeRunner: () => makeTaskRunner({ ...known, errors, clock, strictOrder, traps }),
    events: {
      lost: (error) => tell({ event: "lost", error: errorToText(error) }),
      failed: (error) => tell({ event: "failed", error: errorToText(error) }),
      progress: (progress) => tell({ event: "progress", progress }),
    },
    onTurn: () => {
      Atomics.add(turns, 0, 1);
    },
  });
}

function tell(message: FromWorker): void {
  port?.postMessage(message);
}
