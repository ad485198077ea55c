import type { Clock, Timer } from "../../clock.ts";
import { PeridotError } from "../../errors.ts";
import { errorOfAnswer } from "./answer-errors.ts";
import { type BackoffBounds, backoffMs, RETRY_BACKOFF } from "./backoff.ts";
import { type BrokerAddress, BrokerConnections, type Purpose } from "./broker-connections.ts";
import type { Dialer } from "./channel.ts";
import type { Connection } from "./connection.ts";
import { decideAnswer } from "./decide-answer.ts";
import { Metadata, type TopicMetadata } from "./metadata.ts";
import { codeOf } from "./protocol/error-codes.ts";

const TOPIC_MISSING_CODES: ReadonlySet<number> = new Set([
  codeOf("UNKNOWN_TOPIC_OR_PARTITION"),
  codeOf("UNKNOWN_TOPIC_ID"),
]);

export interface ClusterSettings {
  /** Tried in order. */
  readonly bootstrapServers: readonly BrokerAddress[];
  readonly dialer: Dialer<Connection>;
  readonly clock: Clock;
  /** Numbers from 0 up to 1, for the spread of retries. */
  readonly random: () => number;
  readonly timeouts: ClientTimeouts;
}

/** All in milliseconds. */
export interface ClientTimeouts {
  /** Until a broker must have answered one request. */
  readonly requestMs: number;
  /** Until the first broker must have been reached. */
  readonly bootstrapMs: number;
  /** How long a call is repeated while brokers are away or busy. */
  readonly retryMs: number;
  /** How long a topic may be unknown to the brokers before it counts as missing. */
  readonly topicMs: number;
  /** Until a batch that was given to `send` must be acknowledged. */
  readonly deliveryMs: number;
  /** Age at which metadata is read anew. */
  readonly metadataMs: number;
}

export const DEFAULT_TIMEOUTS: ClientTimeouts = {
  requestMs: 30_000,
  bootstrapMs: 15_000,
  retryMs: 60_000,
  topicMs: 10_000,
  deliveryMs: 120_000,
  metadataMs: 300_000,
};

export type CoordinatorKind = "group" | "transaction";

export interface RetryOptions {
  readonly withinMs?: number;
  /** false: a request whose answer was lost ends the retries (TRANSACTION_OUTCOME_UNKNOWN is for the caller to say). */
  readonly retryUnanswered?: boolean;
  readonly backoff?: BackoffBounds;
}

/**
 * A cluster as one client sees it: its brokers, reached when needed; topics and leaders, read anew on error and by
 * age; coordinators. Brokers come from the bootstrap list until one has answered, and again when all known ones
 * are out of reach (KIP-899).
 */
export class Cluster {
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeouts: ClientTimeouts;
  readonly metadata = new Metadata();
  readonly #bootstrap: readonly BrokerAddress[];
  readonly #connections: BrokerConnections;
  readonly #wanted = new Set<string>();
  readonly #coordinators = new Map<string, number>();
  /** Timers that have not fired: `close` cancels them, so that they do not keep the process alive. */
  readonly #timers = new Map<Timer, () => void>();
  #refreshing: Promise<void> | undefined;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #wasReached = false;
  #closed = false;

  constructor(settings: ClusterSettings) {
    this.clock = settings.clock;
    this.random = settings.random;
    this.timeouts = settings.timeouts;
    this.#bootstrap = settings.bootstrapServers;
    this.#connections = new BrokerConnections(settings);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Ends all connections and every retry. */
  close(): void {
    this.#closed = true;
    this.#connections.close();
    const timers = [...this.#timers];
    this.#timers.clear();
    for (const [timer, ended] of timers) {
      timer.cancel();
      ended();
    }
  }

  /** Errors: those of dialling; CLUSTER_LOST when the node is not known any more. */
  async connectTo(nodeId: number, purpose: Purpose): Promise<Connection> {
    const address = this.metadata.brokers.get(nodeId);
    if (address !== undefined) return this.#connections.to(address, purpose);
    throw new PeridotError("CLUSTER_LOST", { attempts: `broker ${nodeId} is not in the metadata` });
  }

  /** The connection to this node that is open already, if any. */
  openConnection(nodeId: number, purpose: Purpose): Connection | undefined {
    const address = this.metadata.brokers.get(nodeId);
    return address === undefined ? undefined : this.#connections.open(address, purpose);
  }

  /** A connection to whichever broker can be reached. Errors: CLUSTER_LOST, and the fatal ones of dialling. */
  async connectToAny(): Promise<Connection> {
    const known = [...this.metadata.brokers.values()];
    for (const address of known) {
      const connection = this.#connections.open(address, "control");
      if (connection !== undefined) return connection;
    }
    const attempts: string[] = [];
    for (const address of [...known, ...this.#bootstrap]) {
      try {
        const connection = await this.#connections.to(address, "control");
        this.#wasReached = true;
        return connection;
      } catch (error) {
        if (this.#closed || (error as PeridotError).kind === "fatal") throw error;
        const attempt = `${address.host}:${address.port}: ${(error as PeridotError).message}`;
        if (!attempts.includes(attempt)) attempts.push(attempt);
      }
    }
    throw new PeridotError("CLUSTER_LOST", { attempts: attempts.join("; ") });
  }

  /** Reads the metadata of every topic asked for so far. One request at a time; several callers share it. */
  async refresh(): Promise<void> {
    while (this.#refreshing !== undefined) await this.#refreshing.catch(() => {});
    this.#refreshing = this.#readMetadata().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Starts a refresh when the metadata is older than `metadataMs`. Never fails. */
  refreshByAge(): void {
    if (this.#refreshing !== undefined) return;
    if (this.clock.now() - this.#refreshedAt > this.timeouts.metadataMs) this.refresh().catch(() => {});
  }

  /**
   * Resolves once the topic is known and all its partitions have been seen.
   * Errors: TOPIC_MISSING (after `topicMs`), ACCESS_DENIED, RETRIES_EXHAUSTED.
   */
  async requireTopic(topic: string): Promise<TopicMetadata> {
    this.#wanted.add(topic);
    const missingAfter = this.clock.now() + this.timeouts.topicMs;
    return this.retry(`reading the metadata of ${topic}`, async () => {
      const known = this.metadata.topic(topic);
      if (known === undefined || known.errorCode !== 0) await this.refresh();
      const told = this.metadata.topic(topic);
      if (told === undefined) throw busy("Metadata", "no answer about the topic");
      if (told.errorCode === 0 || told.errorCode === codeOf("LEADER_NOT_AVAILABLE")) return told;
      if (TOPIC_MISSING_CODES.has(told.errorCode) && this.clock.now() >= missingAfter)
        throw new PeridotError("TOPIC_MISSING", { topics: topic });
      throw this.#answered("Metadata", told.errorCode, `topic ${topic}`);
    });
  }

  /** The node that coordinates a group or a transactional.id; remembered until `forgetCoordinator`. */
  async coordinatorOf(kind: CoordinatorKind, key: string): Promise<number> {
    const known = this.#coordinators.get(`${kind} ${key}`);
    if (known !== undefined && this.metadata.brokers.has(known)) return known;
    const connection = await this.connectToAny();
    const keyType = kind === "group" ? 0 : 1;
    const found = await connection.request(
      "FindCoordinator",
      { keyType, coordinatorKeys: [key] },
      { minVersion: 4 },
    );
    const coordinator = found.coordinators[0];
    if (coordinator === undefined) throw busy("FindCoordinator", "no coordinator named");
    if (coordinator.errorCode !== 0)
      throw this.#answered(
        "FindCoordinator",
        coordinator.errorCode,
        `${kind === "group" ? "group" : "transactional.id"} ${key}`,
        coordinator.errorMessage,
      );
    this.metadata.noteBroker(coordinator.nodeId, coordinator);
    this.#coordinators.set(`${kind} ${key}`, coordinator.nodeId);
    return coordinator.nodeId;
  }

  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.delete(`${kind} ${key}`);
  }

  /**
   * Repeats `attempt` while it fails with something that passes. Errors: the first that does not; after `withinMs`
   * RETRIES_EXHAUSTED, or CLUSTER_UNREACHABLE when no broker was ever reached.
   */
  async retry<T>(what: string, attempt: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
    const startedAt = this.clock.now();
    for (let failures = 1; ; failures++) {
      try {
        if (this.#closed) throw new PeridotError("CLIENT_CLOSED", { what });
        return await attempt();
      } catch (error) {
        if (!this.#passes(error as PeridotError, options)) throw error;
        const withinMs = this.#boundOf(options);
        const waitMs = backoffMs(failures, options.backoff ?? RETRY_BACKOFF, this.random);
        if (this.clock.now() + waitMs - startedAt > withinMs)
          throw this.#exhausted(what, withinMs, error as PeridotError);
        await this.pause(waitMs);
      }
    }
  }

  /** A timer that does not outlive the client. `ended` is called instead of `fire` when the client is closed first. */
  timer(delayMs: number, fire: () => void, ended: () => void = () => {}): Timer {
    const set = this.clock.timer(delayMs, () => {
      this.#timers.delete(timer);
      fire();
    });
    const timer: Timer = {
      cancel: () => {
        this.#timers.delete(timer);
        set.cancel();
      },
    };
    if (!this.#closed) this.#timers.set(timer, ended);
    else {
      set.cancel();
      ended();
    }
    return timer;
  }

  /** Waits; ends at once when the client is closed. */
  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.timer(delayMs, resolve, resolve);
    });
  }

  #passes(error: PeridotError, options: RetryOptions): boolean {
    if (!(error instanceof PeridotError)) return false;
    if (error.code === "REQUEST_UNANSWERED") return options.retryUnanswered ?? true;
    return error.kind === "retriable";
  }

  #boundOf(options: RetryOptions): number {
    if (!this.#wasReached) return this.timeouts.bootstrapMs;
    return options.withinMs ?? this.timeouts.retryMs;
  }

  #exhausted(what: string, withinMs: number, last: PeridotError): PeridotError {
    if (!this.#wasReached)
      return new PeridotError(
        "CLUSTER_UNREACHABLE",
        { withinMs, attempts: last.facts.attempts ?? last.message },
        last,
      );
    return new PeridotError("RETRIES_EXHAUSTED", { what, withinMs, last: last.message }, last);
  }

  async #readMetadata(): Promise<void> {
    const connection = await this.connectToAny();
    const names = [...this.#wanted].map((name) => ({ name }));
    const response = await connection.request("Metadata", { topics: names, allowAutoTopicCreation: false });
    this.metadata.apply(response);
    this.#refreshedAt = this.clock.now();
  }

  #answered(api: string, code: number, what: string, message: string | null = null): PeridotError {
    return errorOfAnswer(decideAnswer(code), { api, code, what, message });
  }
}

function busy(api: string, error: string): PeridotError {
  return new PeridotError("BROKER_BUSY", { api, error, detail: "" });
}
