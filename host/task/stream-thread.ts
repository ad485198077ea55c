import { type Clock, sleep } from "../clock.ts";
import { asPeridotError, attempt, type StageFailure } from "../commit/commit.ts";
import type { FailureDecision } from "../commit/decide-failure.ts";
import type { Decisions } from "../commit/decisions.ts";
import type { PeridotError } from "../errors.ts";
import type { Consumer, GroupMember, Producer, Transport } from "../transport/port.ts";
import type { GlobalFeed } from "./global-feed.ts";
import { lookUpTopics } from "./look-up-topics.ts";
import type { StateKeeper } from "./state-keeper.ts";
import { answerQuery, type StoreAnswer, type StoreQuery } from "./store-query.ts";
import type { TaskRunner } from "./task.ts";
import type { Queried, ThreadAssignment, ThreadEvents, ThreadHandle } from "./thread-port.ts";
import { TransactionCycle } from "./transaction-cycle.ts";

export interface StreamThreadSettings {
  readonly guarantee: "exactly_once_v2" | "at_least_once";
  readonly commitIntervalMs: number;
  /** Computed ahead of the broker at most, in bytes; reaching it also makes a commit due. */
  readonly pendingBytesMax: number;
  /** Fetched rows are computed in steps of about so many milliseconds, so that sockets and commands get their turn. */
  readonly stepMsMax: number;
  /** For how long failures in a row are answered by trying again (Kafka Streams' task.timeout.ms). */
  readonly taskTimeoutMs: number;
  /** First wait before going on after a second failure in a row; it doubles from then on. */
  readonly retryBackoffMs: number;
  /** Names this life of the thread in transaction tags; no two lives share it. */
  readonly incarnation: string;
}

export interface StreamThreadParts {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly consumer: Consumer;
  readonly producer: Producer;
  /** Reads committed offsets, and writes them under at_least_once; it joins nothing. */
  readonly offsets: GroupMember;
  readonly makeRunner: () => TaskRunner;
  readonly decisions: Decisions;
  /** undefined: no task has stores. */
  readonly state?: StateKeeper | undefined;
  /** undefined: the topology has no global tables. */
  readonly globals?: GlobalFeed | undefined;
  /** Called at each turn of the loop: a sign of life. */
  readonly onTurn?: () => void;
  readonly events: ThreadEvents;
}

interface Command {
  readonly run: () => Promise<void>;
  readonly done: () => void;
}

const IDLE_WAIT_MS = 500;
const BACKOFF_MAX_MS = 5_000;
/** Where one record makes a kernel trap others are likely: what a trap undoes is then to be little, for so many commits. */
const CAUTIOUS_COMMITS = 8;

/**
 * The loop that runs tasks: take input, compute, send, commit; the next transaction is computed while one ends.
 *
 *   new -start-> idle -assign-> running -revoke, drop-> idle -close-> closed
 *                                  |
 *                                  +- failure: decideFailure -> abort, settle   running again
 *                                                               rejoin          idle, the group is joined again
 *                                                               stop            failed
 *
 * The decisions are pure functions in host/commit/. Only this loop touches the runner, one thing after the
 * other: commands of the main thread wait for their turn between two steps.
 */
export class StreamThread implements ThreadHandle, Queried {
  readonly #settings: StreamThreadSettings;
  readonly #parts: StreamThreadParts;
  readonly #clock: Clock;
  readonly #cycle: TransactionCycle;
  readonly #commands: Command[] = [];
  /** Topics of this generation that only patterns have found. */
  #matched: ReadonlySet<string> = new Set();
  #failure: StageFailure | undefined;
  /** What ended the reading of global tables: nothing goes on with rows that are not kept up. */
  #globalsFailure: PeridotError | undefined;
  #failures = 0;
  #failingSince = 0;
  #commitsSeen = 0;
  /** Until so many transactions are made, each batch is committed by itself: see CAUTIOUS_COMMITS. */
  #cautiousUntil = 0;
  #records = 0;
  #running = false;
  #over = false;

  constructor(settings: StreamThreadSettings, parts: StreamThreadParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#cycle = new TransactionCycle(settings, parts, () => {
      this.#report();
      parts.consumer.wake();
    });
  }

  // ---- what the main thread asks

  async start(): Promise<void> {
    const { producer, globals, consumer, onTurn } = this.#parts;
    await producer.init();
    await globals?.start({
      onTurn: () => onTurn?.(),
      onFailure: (error) => {
        this.#globalsFailure = asPeridotError(error);
        consumer.wake();
      },
    });
    if (this.#over) return; // closed meanwhile
    this.#running = true;
    void this.#loop();
  }

  assign(assignment: ThreadAssignment): Promise<void> {
    return this.#ask(async () => {
      this.#matched = assignment.matched ?? new Set();
      this.#failure = await this.#cycle.open(assignment, () => this.#mayRestore());
    });
  }

  async revoke(): Promise<"committed" | "dropped"> {
    let outcome: "committed" | "dropped" = "dropped";
    await this.#ask(async () => {
      outcome = await this.#handOver();
    });
    return outcome;
  }

  drop(): Promise<void> {
    return this.#ask(() => this.#cycle.abandon());
  }

  /** Also closes a thread that was never started, or whose start failed. */
  async close(): Promise<void> {
    await this.#ask(async () => {
      await this.#handOver();
      this.#running = false;
    });
    await this.#disconnect();
  }

  /** While stores are restored, the thread is alive, and hears what is asked of it. */
  #mayRestore(): boolean {
    this.#parts.onTurn?.();
    return this.#running && this.#commands.length < 2;
  }

  /** Between two steps: what is committed can be read at any time. */
  async query(query: StoreQuery): Promise<StoreAnswer> {
    const { state } = this.#parts;
    return state === undefined ? { tasks: [], entries: [] } : answerQuery(state.states, query);
  }

  #ask(run: () => Promise<void>): Promise<void> {
    if (!this.#running) return Promise.resolve();
    return new Promise((done) => {
      this.#commands.push({ run, done });
      this.#parts.consumer.wake();
    });
  }

  // ---- the loop

  async #loop(): Promise<void> {
    try {
      while (this.#running) await this.#turn();
    } catch (error) {
      await this.#fail(asPeridotError(error));
    }
    for (const command of this.#commands.splice(0)) command.done();
  }

  async #turn(): Promise<void> {
    this.#parts.onTurn?.();
    if (this.#globalsFailure !== undefined) throw this.#globalsFailure;
    this.#failure = this.#cycle.takeFailure() ?? this.#failure;
    if (this.#failure !== undefined) return this.#recover();
    const command = this.#commands[0];
    if (command === undefined) return this.#step();
    await command.run(); // where it fails it stays in the queue, and is answered once nothing is open any more
    this.#commands.shift();
    command.done();
  }

  async #step(): Promise<void> {
    const decision = this.#parts.decisions.step({
      now: this.#clock.now(),
      firstRowAt: this.#cycle.firstRowAt,
      commitIntervalMs: this.#cycle.transactions < this.#cautiousUntil ? 0 : this.#settings.commitIntervalMs,
      pendingBytes: this.#cycle.runner.pendingBytes + this.#parts.producer.pendingBytes,
      pendingBytesMax: this.#settings.pendingBytesMax,
      committing: this.#cycle.ending,
      hasInput: this.#cycle.runner.hasInput,
      dueAt: this.#cycle.runner.dueAt,
    });
    switch (decision.step) {
      case "cut":
        this.#cycle.cut();
        return;
      case "compute":
        await this.#take(0);
        this.#compute();
        return this.#cycle.runner.topicsWanted.length > 0 ? this.#learnTopics() : nextTurn();
      case "await-input":
        return this.#take(Math.min(decision.waitMs ?? IDLE_WAIT_MS, IDLE_WAIT_MS));
      case "await-commit":
        return this.#cycle.ended();
    }
  }

  async #take(waitMs: number): Promise<void> {
    this.#failure = await attempt("fetch", async () => {
      for (const records of await this.#parts.consumer.poll(waitMs)) this.#cycle.add(records);
    });
  }

  #compute(): void {
    try {
      const until = this.#clock.now() + this.#settings.stepMsMax;
      const rows = this.#cycle.runner.process(() => this.#clock.now() < until);
      this.#records += rows;
      this.#cycle.computed(rows);
    } catch (thrown) {
      const error = asPeridotError(thrown);
      if (error.kind !== "record") this.#cycle.spoil();
      this.#failure = { stage: "compute", error };
    }
  }

  /** A function has chosen topics that we do not know yet: they are looked up before its records go on. */
  async #learnTopics(): Promise<void> {
    const { runner } = this.#cycle;
    const lookUp = async () => {
      const { admin } = this.#parts.transport;
      const { partitionsOf, limitsOf } = await lookUpTopics(admin, runner.topicsWanted);
      runner.learn(partitionsOf, limitsOf);
    };
    this.#failure ??= await attempt("fetch", lookUp);
  }

  // ---- failures

  async #recover(): Promise<void> {
    await this.#cycle.ended();
    // What became of the ending transaction comes first: a failure beside it is met again, or went with it.
    const failure = this.#cycle.takeFailure() ?? this.#failure;
    if (failure === undefined) return;
    this.#failure = undefined;
    const decision = this.#decide(failure);
    switch (decision.act) {
      case "abort":
        this.#failure = await this.#cycle.abort();
        break;
      case "settle":
        this.#failure = await this.#cycle.settle();
        break;
      case "rejoin":
        await this.#cycle.abandon();
        this.#parts.events.lost(failure.error);
        return;
      case "commit-then-stop":
        await this.#handOver();
        throw failure.error;
      case "stop":
        throw failure.error;
    }
    if (this.#failures > 1) await sleep(this.#clock, this.#backoffMs());
  }

  #decide(failure: StageFailure): FailureDecision {
    const narrowed = failure.error.facts.narrowed === true;
    const again = this.#failures > 0 && this.#cycle.transactions === this.#commitsSeen && !narrowed;
    if (narrowed) this.#cautiousUntil = this.#cycle.transactions + CAUTIOUS_COMMITS;
    this.#failures = again ? this.#failures + 1 : 1;
    if (!again) this.#failingSince = this.#clock.now();
    this.#commitsSeen = this.#cycle.transactions;
    return this.#parts.decisions.failure({
      stage: failure.stage,
      kind: failure.error.kind,
      code: failure.error.code,
      guarantee: this.#settings.guarantee,
      failures: this.#failures,
      failingForMs: this.#clock.now() - this.#failingSince,
      taskTimeoutMs: this.#settings.taskTimeoutMs,
      narrowed,
      isMatched: this.#matched.has(String(failure.error.facts.topics)),
    });
  }

  #backoffMs(): number {
    return Math.min(this.#settings.retryBackoffMs * 2 ** (this.#failures - 2), BACKOFF_MAX_MS);
  }

  /** Commits what is computed and gives up all tasks; what cannot be committed is undone. */
  async #handOver(): Promise<"committed" | "dropped"> {
    let outcome: "committed" | "dropped" = "committed";
    for (;;) {
      await this.#cycle.ended();
      this.#failure = this.#cycle.takeFailure() ?? this.#failure;
      if (this.#failure !== undefined) {
        outcome = "dropped";
        await this.#recover();
      } else if (this.#cycle.dirty && outcome === "committed") {
        this.#cycle.cut();
      } else {
        await this.#cycle.giveUp();
        return outcome;
      }
    }
  }

  async #fail(error: PeridotError): Promise<void> {
    this.#running = false;
    try {
      await this.#cycle.abandon();
      await this.#disconnect();
    } finally {
      this.#parts.events.failed(error);
    }
  }

  async #disconnect(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#report();
    await this.#parts.globals?.close();
    await this.#parts.consumer.close();
    await this.#parts.producer.close();
    await this.#parts.transport.close();
  }

  #report(): void {
    this.#parts.events.progress({
      records: this.#records,
      transactions: this.#cycle.transactions,
      aborts: this.#cycle.aborts,
    });
  }
}

/** Lets sockets and timers have their turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
