import { isMainThread, Worker, workerData } from "node:worker_threads";
import type { Clock, Timer } from "../clock.ts";
import { PeridotError } from "../errors.ts";
import type { StoreAnswer, StoreQuery } from "./store-query.ts";
import type { Queried, ThreadAssignment, ThreadEvents, ThreadHandle } from "./thread-port.ts";
import { errorFromText, type FromWorker, type ToWorker } from "./worker-messages.ts";

export interface WorkerThreadSettings {
  readonly index: number;
  readonly clock: Clock;
  /** The module that the worker runs (host/stream-worker.ts), and what it is told. */
  readonly entry: URL;
  readonly workerData: Readonly<Record<string, unknown>> & StreamThreadPlace;
  /** A worker that makes no turn for so long is ended and replaced. */
  readonly maxPollIntervalMs: number;
  /** The user's token provider, which the worker asks through us; undefined: it has none to ask for. */
  readonly token: (() => Promise<unknown>) | undefined;
  readonly events: ThreadEvents;
}

/** What a worker's data says of it, so that code in there can tell where it runs. */
export interface StreamThreadPlace {
  readonly thread: number;
  /** The topology module. */
  readonly topology: string;
}

interface Pending {
  readonly method: "start" | "assign" | "revoke" | "drop" | "close" | "query";
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: PeridotError) => void;
}

type Call =
  | { readonly method: "assign"; readonly assignment: ThreadAssignment }
  | { readonly method: "query"; readonly query: StoreQuery }
  | { readonly method: Exclude<Pending["method"], "assign" | "query"> };

/** A worker loads the topology module and connects: brokers have their time for this, user code that hangs has not. */
const START_MS_MAX = 180_000;

/**
 * A stream thread in a worker, seen from the main thread. It counts its turns in shared memory; when they stand
 * still it gets no more commits: it is ended, a new one takes its transactional.id (which fences the old one's
 * transaction), and the group is joined again.
 *
 *   starting -started-> running -late-> replaced by another, starting
 *      |                   |
 *      +- error, death ----+- failed, dies, close -> over
 *
 * A worker that dies by itself (process.exit, an error outside of any record, out of memory) is not replaced: what
 * did it would do it again. It ends the application, as Kafka Streams' default (SHUTDOWN_CLIENT) does.
 */
export class WorkerThread implements ThreadHandle, Queried {
  readonly #settings: WorkerThreadSettings;
  #turns = new Int32Array(new SharedArrayBuffer(4));
  #worker: Worker;
  #turnSeen = 0;
  #turnSeenAt: number;
  #started = false;
  #watch: Timer | undefined;
  #calls = new Map<number, Pending>();
  #nextCall = 1;
  #closing = false;
  #over = false;
  /** Workers that were told to end. */
  readonly #ending = new Set<Promise<unknown>>();

  constructor(settings: WorkerThreadSettings) {
    this.#settings = settings;
    this.#turnSeenAt = settings.clock.now();
    this.#worker = this.#spawn();
  }

  async start(): Promise<void> {
    this.#turnSeenAt = this.#settings.clock.now();
    this.#keepWatch();
    await this.#call({ method: "start" });
    this.#turnSeenAt = this.#settings.clock.now();
    this.#started = true;
  }

  async assign(assignment: ThreadAssignment): Promise<void> {
    await this.#call({ method: "assign", assignment });
  }

  async revoke(): Promise<"committed" | "dropped"> {
    return (await this.#call({ method: "revoke" })) === "committed" ? "committed" : "dropped";
  }

  async drop(): Promise<void> {
    await this.#call({ method: "drop" });
  }

  /** A worker that is gone, or has not started, has no tasks. */
  async query(query: StoreQuery): Promise<StoreAnswer> {
    const answer = this.#started ? await this.#call({ method: "query", query }) : undefined;
    return typeof answer === "object" ? (answer as StoreAnswer) : { tasks: [], entries: [] };
  }

  /** A worker that hangs is given up when its time is over; one that has not started yet, at once. */
  async close(): Promise<void> {
    this.#closing = true;
    try {
      if (this.#started) await this.#call({ method: "close" });
    } finally {
      await this.#end();
    }
  }

  // ---- the worker

  #spawn(): Worker {
    this.#turns = new Int32Array(new SharedArrayBuffer(4));
    this.#turnSeen = 0;
    this.#started = false;
    const worker = new Worker(this.#settings.entry, {
      workerData: { ...this.#settings.workerData, turns: this.#turns },
      name: `peridot stream thread ${this.#settings.index}`,
    });
    worker.on("message", (message: FromWorker) => {
      if (worker === this.#worker) this.#hear(message);
    });
    worker.on("error", (error) => {
      if (worker === this.#worker) this.#died(error instanceof Error ? error.message : String(error));
    });
    worker.on("exit", (code) => {
      if (worker === this.#worker) this.#died(`it ended by itself with code ${code}`);
    });
    return worker;
  }

  #call(call: Call): Promise<unknown> {
    if (this.#over) return Promise.resolve(undefined);
    const number = this.#nextCall++;
    return new Promise<unknown>((resolve, reject) => {
      this.#calls.set(number, { method: call.method, resolve, reject });
      this.#tell({ call: number, ...call });
    });
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromWorker): void {
    if ("answer" in message) {
      const pending = this.#calls.get(message.answer);
      this.#calls.delete(message.answer);
      if ("error" in message) pending?.reject(errorFromText(message.error));
      else pending?.resolve(message.value);
      return;
    }
    if ("asks" in message) {
      void this.#giveToken(message.asks);
      return;
    }
    switch (message.event) {
      case "progress":
        this.#settings.events.progress(message.progress);
        return;
      case "lost":
        this.#settings.events.lost(errorFromText(message.error));
        return;
      case "failed":
        this.#failed(errorFromText(message.error));
    }
  }

  async #giveToken(asks: number): Promise<void> {
    try {
      this.#tell({ told: asks, token: await this.#settings.token?.() });
    } catch (error) {
      this.#tell({ told: asks, problem: error instanceof Error ? error.message : String(error) });
    }
  }

  #died(problem: string): void {
    if (!this.#over) this.#failed(new PeridotError("WORKER_DIED", { thread: this.#settings.index, problem }));
  }

  #failed(failure: PeridotError): void {
    for (const pending of this.#calls.values()) if (pending.method === "start") pending.reject(failure);
    void this.#end();
    this.#settings.events.failed(failure);
  }

  async #end(): Promise<void> {
    this.#over = true;
    this.#watch?.cancel();
    this.#answer(this.#calls);
    this.#terminate(this.#worker);
    await Promise.all(this.#ending);
  }

  #terminate(worker: Worker): void {
    this.#ending.add(worker.terminate());
  }

  /** A worker that is gone has dropped what it had: whoever waits for it need not wait longer. */
  #answer(calls: Map<number, Pending>): void {
    for (const pending of calls.values()) pending.resolve("dropped");
    calls.clear();
  }

  // ---- the watch

  #keepWatch(): void {
    const { clock, maxPollIntervalMs } = this.#settings;
    this.#watch?.cancel();
    this.#watch = clock.timer(Math.floor(maxPollIntervalMs / 4), () => {
      const turn = Atomics.load(this.#turns, 0);
      if (turn !== this.#turnSeen) {
        this.#turnSeen = turn;
        this.#turnSeenAt = clock.now();
      }
      const lateMs = clock.now() - this.#turnSeenAt;
      const lateMsMax = this.#started ? maxPollIntervalMs : Math.max(maxPollIntervalMs, START_MS_MAX);
      if (lateMs < lateMsMax) this.#keepWatch();
      else this.#giveUp(lateMs);
    });
  }

  #giveUp(lateMs: number): void {
    if (this.#closing) void this.#end();
    else if (this.#started) void this.#replace(lateMs);
    else this.#died(`it has not started within ${lateMs} ms. Does the topology module hang?`);
  }

  async #replace(lateMs: number): Promise<void> {
    const { index, events } = this.#settings;
    const late = this.#worker;
    const waiting = this.#calls;
    this.#calls = new Map();
    this.#terminate(late);
    this.#worker = this.#spawn();
    await Promise.all(this.#ending);
    this.#answer(waiting);
    if (this.#over) return;
    try {
      await this.start();
    } catch (failure) {
      if (failure instanceof PeridotError && !this.#over) this.#failed(failure);
      return;
    }
    if (!this.#over) events.lost(new PeridotError("WORKER_LATE", { thread: index, lateMs }));
  }
}

/** The stream thread that this code runs in, if any: there, no application may be started. */
export function streamThreadHere(): StreamThreadPlace | undefined {
  if (isMainThread) return undefined;
  const told: unknown = workerData;
  return typeof told === "object" && told !== null && "planHash" in told && "topology" in told
    ? (told as unknown as StreamThreadPlace)
    : undefined;
}
