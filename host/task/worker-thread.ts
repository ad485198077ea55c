import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../clock.ts";
import { PeridotError } from "../errors.ts";
import type { ThreadAssignment, ThreadEvents, ThreadHandle } from "./thread-port.ts";
import { type ErrorText, errorFromText, type FromWorker, type ToWorker } from "./worker-messages.ts";

export interface WorkerThreadSettings {
  readonly index: number;
  readonly clock: Clock;
  /** The module that the worker runs (host/stream-worker.ts), and what it is told. */
  readonly entry: URL;
  readonly workerData: Readonly<Record<string, unknown>>;
  /** A worker that makes no turn for so long is ended and replaced. */
  readonly maxPollIntervalMs: number;
  readonly events: ThreadEvents;
}

interface Pending {
  readonly method: ToWorker["method"];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: PeridotError) => void;
}

/**
 * A stream thread in a worker, seen from the main thread. It counts its turns in shared memory; when they stand
 * still it gets no more commits: it is ended, a new one takes its transactional.id (which fences the old one's
 * transaction), and the group is joined again.
 */
export class WorkerThread implements ThreadHandle {
  readonly #settings: WorkerThreadSettings;
  #worker: Worker;
  #turns: Int32Array;
  #turnSeen = 0;
  #turnSeenAt: number;
  #watch: Timer | undefined;
  #calls = new Map<number, Pending>();
  #nextCall = 1;
  #over = false;

  constructor(settings: WorkerThreadSettings) {
    this.#settings = settings;
    this.#turnSeenAt = settings.clock.now();
    this.#turns = new Int32Array(new SharedArrayBuffer(4));
    this.#worker = this.#spawn();
  }

  async start(): Promise<void> {
    await this.#call({ method: "start" });
    this.#turnSeenAt = this.#settings.clock.now();
    this.#keepWatch();
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

  async close(): Promise<void> {
    await this.#call({ method: "close" });
    await this.#end();
  }

  // ---- the worker

  #spawn(): Worker {
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
      if (worker === this.#worker && !this.#over) this.#died(`it ended by itself with code ${code}`);
    });
    return worker;
  }

  #call(
    message:
      | { method: "assign"; assignment: ThreadAssignment }
      | { method: Exclude<ToWorker["method"], "assign"> },
  ) {
    if (this.#over) return Promise.resolve(undefined);
    const call = this.#nextCall++;
    return new Promise<unknown>((resolve, reject) => {
      this.#calls.set(call, { method: message.method, resolve, reject });
      this.#worker.postMessage({ call, ...message } satisfies ToWorker);
    });
  }

  #hear(message: FromWorker): void {
    if ("answer" in message) {
      const pending = this.#calls.get(message.answer);
      this.#calls.delete(message.answer);
      if ("error" in message) pending?.reject(errorFromText(message.error));
      else pending?.resolve(message.value);
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
        this.#failed(message.error);
    }
  }

  #failed(error: ErrorText): void {
    const failure = errorFromText(error);
    void this.#end();
    this.#settings.events.failed(failure);
  }

  #died(problem: string): void {
    const failure = new PeridotError("WORKER_DIED", { thread: this.#settings.index, problem });
    for (const pending of this.#calls.values()) if (pending.method === "start") pending.reject(failure);
    void this.#end();
    this.#settings.events.failed(failure);
  }

  async #end(): Promise<void> {
    this.#over = true;
    this.#watch?.cancel();
    this.#answerAll();
    await this.#worker.terminate();
  }

  /** A worker that is gone has dropped what it had: whoever waits for it need not wait longer. */
  #answerAll(): void {
    for (const pending of this.#calls.values()) pending.resolve("dropped");
    this.#calls.clear();
  }

  // ---- the watch

  #keepWatch(): void {
    const { clock, maxPollIntervalMs } = this.#settings;
    this.#watch = clock.timer(Math.max(1, Math.floor(maxPollIntervalMs / 4)), () => {
      const turn = Atomics.load(this.#turns, 0);
      if (turn !== this.#turnSeen) {
        this.#turnSeen = turn;
        this.#turnSeenAt = clock.now();
      }
      const lateMs = clock.now() - this.#turnSeenAt;
      if (lateMs >= maxPollIntervalMs) void this.#replace(lateMs);
      else this.#keepWatch();
    });
  }

  async #replace(lateMs: number): Promise<void> {
    const late = this.#worker;
    const error = new PeridotError("WORKER_LATE", { thread: this.#settings.index, lateMs });
    this.#turns = new Int32Array(new SharedArrayBuffer(4));
    this.#turnSeen = 0;
    this.#worker = this.#spawn();
    this.#answerAll();
    await late.terminate();
    try {
      await this.start();
    } catch (failure) {
      if (failure instanceof PeridotError) this.#settings.events.failed(failure);
      return;
    }
    this.#settings.events.lost(error);
  }
}
