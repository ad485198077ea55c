import type { Clock, Timer } from "../../clock.ts";
import { PeridotError } from "../../errors.ts";
import { decodeApiVersions, negotiate, type Offer } from "./api-versions.ts";
import type { Channel, ChannelListener } from "./channel.ts";
import {
  type Api,
  type RequestOf,
  type ResponseOf,
  supportedVersions,
  type VersionRange,
} from "./protocol/api.ts";
import { decodeResponse, encodeRequest } from "./protocol/codec.ts";
import { encodeRequestHeader, readCorrelationId, responseBodyAt } from "./protocol/headers.ts";

const REQUESTS_MAX = 1000;
/** Part of a SASL session after which we authenticate anew (KIP-368: between 0.85 and 0.95). */
const SESSION_PART = 0.85;
const TIMER_MS_MAX = 0x7fff_ffff;

export interface ConnectionSettings {
  /** "host:port", for messages. */
  readonly broker: string;
  readonly clientId: string;
  readonly clock: Clock;
  readonly requestTimeoutMs: number;
  readonly authenticate?: Authenticate | undefined;
  /** For ApiVersions and SASL; `requestTimeoutMs` otherwise. */
  readonly handshakeTimeoutMs?: number;
  /** What to check when the broker does not answer our first requests. */
  readonly handshakeRemedy?: string;
  /** Ends the handshake. */
  readonly closing?: AbortSignal | undefined;
}

/**
 * Proves who we are, by SaslHandshake and SaslAuthenticate. Runs at the start and again before the session ends.
 * @returns how long the session lasts, in milliseconds; 0: without end. Errors: AUTHENTICATION_FAILED.
 */
export type Authenticate = (ask: Ask) => Promise<number>;
export type Ask = <A extends Api>(api: A, body: RequestOf<A>) => Promise<ResponseOf<A>>;

export interface RequestOptions {
  /** From the call to the answer; the connection's `requestTimeoutMs` otherwise. */
  readonly timeoutMs?: number;
  readonly minVersion?: number;
  readonly maxVersion?: number;
}

export interface Answer<A extends Api> {
  readonly version: number;
  /** Its byte fields are views of the frame. */
  readonly response: ResponseOf<A>;
  /** Gives the frame's bytes back to be overwritten. Optional, and worth it for large answers. */
  release(): void;
}

interface Request {
  readonly api: Api;
  readonly version: number;
  readonly body: RequestOf<Api>;
  readonly timer: Timer;
  resolve(answer: Answer<Api>): void;
  reject(error: PeridotError): void;
}

/**
 * One connection to one broker: requests are sent in the order of the calls, several may be in flight.
 *
 *   opening -ApiVersions, SASL-> open <-throttled (KIP-219), SASL anew (KIP-368)-> held;  any -> closed
 *
 * While it is held, requests wait. Errors of a request: REQUEST_NOT_SENT (retriable), REQUEST_UNANSWERED (unknown:
 * for a request that only reads, as good as retriable), BROKER_TOO_OLD, and the fatal error that ended the channel.
 */
export class Connection {
  readonly broker: string;
  readonly #channel: Channel;
  readonly #settings: ConnectionSettings;
  /** Resolves with the reason once the connection has ended, also by `close`. */
  readonly ended: Promise<PeridotError>;
  #tellEnd!: (reason: PeridotError) => void;
  /** In flight, by correlation id. */
  readonly #sent = new Map<number, Request>();
  #held: Request[] = [];
  #offer: Offer = { versions: new Map(), finalizedFeatures: new Map() };
  #correlationId = 0;
  #answers = 0;
  #throttle: Timer | undefined;
  #session: Timer | undefined;
  #authenticating = false;
  #end: PeridotError | undefined;

  /** Errors: those of the channel; HANDSHAKE_FAILED, BROKER_TOO_OLD, AUTHENTICATION_FAILED. The channel is then closed. */
  static async open(channel: Channel, settings: ConnectionSettings): Promise<Connection> {
    const connection = new Connection(channel, settings);
    const abandon = () => connection.close();
    if (settings.closing?.aborted) abandon();
    settings.closing?.addEventListener("abort", abandon);
    try {
      await connection.refreshVersions();
      await connection.#authenticate();
      return connection;
    } catch (error) {
      const end = connection.#end;
      connection.close();
      throw end?.kind === "retriable" ? connection.#handshakeFailed(end) : error;
    } finally {
      settings.closing?.removeEventListener("abort", abandon);
    }
  }

  private constructor(channel: Channel, settings: ConnectionSettings) {
    this.broker = settings.broker;
    this.#channel = channel;
    this.#settings = settings;
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
    const listener: ChannelListener = {
      onFrame: (frame, release) => this.#receive(frame, release),
      onClose: (reason) => this.#finish(this.#isShunned(reason) ? this.#shunned(reason) : reason),
    };
    channel.start(listener);
  }

  /** What both sides speak, by request. A request that is absent cannot be made of this broker. */
  get versions(): ReadonlyMap<Api, VersionRange> {
    return this.#offer.versions;
  }

  /** The cluster's finalized features (KIP-584), such as `transaction.version`, as of the last `refreshVersions`. */
  get finalizedFeatures(): ReadonlyMap<string, number> {
    return this.#offer.finalizedFeatures;
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Asks for versions and features anew: features can change while a connection lasts. */
  async refreshVersions(): Promise<void> {
    const ask = (version: number, body: RequestOf<"ApiVersions">) =>
      this.#askNow("ApiVersions", version, body);
    this.#offer = await negotiate(this.broker, ask);
  }

  /** The highest version within `bounds` that both sides speak. Errors: BROKER_TOO_OLD. */
  versionOf(api: Api, bounds: { readonly minVersion?: number; readonly maxVersion?: number } = {}): number {
    const ours = supportedVersions(api);
    const least = Math.max(ours.min, bounds.minVersion ?? 0);
    const most = Math.min(ours.max, bounds.maxVersion ?? ours.max);
    const offered = this.#offer.versions.get(api);
    const version = Math.min(most, offered?.max ?? -1);
    if (offered !== undefined && version >= Math.max(least, offered.min)) return version;
    throw new PeridotError("BROKER_TOO_OLD", {
      broker: this.broker,
      api,
      offered: offered === undefined ? "none that we know" : `${offered.min} to ${offered.max}`,
      needed: `${least} to ${most}`,
    });
  }

  /** Sends a request in the highest common version and waits for its answer. */
  async request<A extends Api>(
    api: A,
    body: RequestOf<A>,
    options: RequestOptions = {},
  ): Promise<ResponseOf<A>> {
    const answer = await this.exchange(api, body, options);
    return answer.response;
  }

  /** The same, for a caller that wants the version or gives the answer's bytes back. */
  exchange<A extends Api>(api: A, body: RequestOf<A>, options: RequestOptions = {}): Promise<Answer<A>> {
    return new Promise((resolve, reject) => {
      const version = this.versionOf(api, options);
      const timeoutMs = options.timeoutMs ?? this.#settings.requestTimeoutMs;
      const request = this.#requestOf(api, version, body, timeoutMs, resolve, reject);
      if (this.#end !== undefined) this.#refuse(request, this.#end.message);
      else if (this.#sent.size + this.#held.length >= REQUESTS_MAX)
        this.#refuse(request, `${REQUESTS_MAX} requests are under way already`);
      else if (this.#isHeld) this.#held.push(request);
      else this.#send(request);
    });
  }

  /** Fails what is in flight. Harmless when called again. */
  close(): void {
    this.#finish(
      new PeridotError("CONNECTION_LOST", { broker: this.broker, problem: "it was closed by us" }),
    );
  }

  /** For what stands above the queue: ApiVersions and SASL. */
  #askNow<A extends Api>(api: A, version: number, body: RequestOf<A>): Promise<ResponseOf<A>> {
    return new Promise((resolve, reject) => {
      const take = (answer: Answer<A>) => resolve(answer.response);
      const timeoutMs = this.#settings.handshakeTimeoutMs ?? this.#settings.requestTimeoutMs;
      const request = this.#requestOf(api, version, body, timeoutMs, take, reject);
      if (this.#end !== undefined) this.#refuse(request, this.#end.message);
      else this.#send(request);
    });
  }

  #requestOf<A extends Api>(
    api: A,
    version: number,
    body: RequestOf<A>,
    timeoutMs: number,
    resolve: (answer: Answer<A>) => void,
    reject: (error: PeridotError) => void,
  ): Request {
    const timer = this.#settings.clock.timer(timeoutMs, () => this.#expire(request, timeoutMs));
    const request = { api, version, body, timer, resolve: resolve as Request["resolve"], reject };
    return request;
  }

  #send(request: Request): void {
    const { api, version, body } = request;
    const correlationId = (this.#correlationId = (this.#correlationId + 1) & 0x7fff_ffff);
    try {
      const head = encodeRequestHeader({ api, version, correlationId, clientId: this.#settings.clientId });
      const frame = [...head, ...encodeRequest(api, version, body)];
      this.#sent.set(correlationId, request);
      this.#channel.write(frame);
    } catch (error) {
      this.#sent.delete(correlationId);
      request.timer.cancel();
      request.reject(error as PeridotError);
    }
  }

  #receive(frame: Buffer, release: () => void): void {
    if (this.#end !== undefined) return;
    try {
      const correlationId = readCorrelationId(frame);
      const request = this.#sent.get(correlationId);
      if (request === undefined) throw this.#unasked(correlationId);
      const { api, version } = request;
      const response =
        api === "ApiVersions"
          ? decodeApiVersions(version, frame)
          : decodeResponse(api, version, frame, responseBodyAt(api, version, frame));
      this.#sent.delete(correlationId);
      this.#answers++;
      request.timer.cancel();
      if ("throttleTimeMs" in response && response.throttleTimeMs > 0) this.#hold(response.throttleTimeMs);
      request.resolve({ version, response, release });
    } catch (error) {
      this.#finish(error as PeridotError);
    }
  }

  #handshakeFailed(end: PeridotError): PeridotError {
    return new PeridotError(
      "HANDSHAKE_FAILED",
      {
        broker: this.broker,
        problem: `it did not answer our first requests: ${end.facts.problem}`,
        remedy: this.#settings.handshakeRemedy ?? "Check that it is a Kafka broker, and alive",
      },
      end,
    );
  }

  /** A listener with SASL answers ApiVersions to anybody, and drops who then goes on without SASL. */
  #isShunned(reason: PeridotError): boolean {
    return (
      reason.code === "CONNECTION_LOST" && this.#settings.authenticate === undefined && this.#answers === 1
    );
  }

  #shunned(reason: PeridotError): PeridotError {
    const hint = "Nothing but the versions was answered on it: if the listener needs SASL, set sasl";
    const problem = `${reason.facts.problem}. ${hint}`;
    return new PeridotError("CONNECTION_LOST", { broker: this.broker, problem }, reason);
  }

  #unasked(correlationId: number): PeridotError {
    return new PeridotError("NOT_A_BROKER", {
      broker: this.broker,
      problem: `it answered request ${correlationId}, which was not made`,
      remedy: "Check the host and port in bootstrapServers",
    });
  }

  /** A broker that throttles us has answered already; it reads our next request only after this time (KIP-219). */
  #hold(throttleTimeMs: number): void {
    this.#throttle?.cancel();
    this.#throttle = this.#settings.clock.timer(throttleTimeMs, () => {
      this.#throttle = undefined;
      this.#sendHeld();
    });
  }

  get #isHeld(): boolean {
    return this.#throttle !== undefined || this.#authenticating;
  }

  #sendHeld(): void {
    if (this.#isHeld || this.#end !== undefined) return;
    const requests = this.#held;
    this.#held = [];
    for (const request of requests) this.#send(request);
  }

  async #authenticate(): Promise<void> {
    const { authenticate, clock } = this.#settings;
    if (authenticate === undefined) return;
    this.#authenticating = true;
    const lifetimeMs = await authenticate((api, body) => this.#askNow(api, this.versionOf(api), body));
    this.#authenticating = false;
    if (this.#end !== undefined) return;
    if (lifetimeMs > 0) {
      const delayMs = Math.min(Math.floor(lifetimeMs * SESSION_PART), TIMER_MS_MAX);
      this.#session = clock.timer(delayMs, () => this.#authenticateAnew());
    }
    this.#sendHeld();
  }

  #authenticateAnew(): void {
    this.#authenticate().catch((error: PeridotError) => this.#finish(error));
  }

  #expire(request: Request, timeoutMs: number): void {
    const problem = `no answer within ${timeoutMs} ms`;
    if (this.#held.includes(request)) {
      this.#held = this.#held.filter((held) => held !== request);
      this.#refuse(
        request,
        `the connection was held back for ${timeoutMs} ms (throttled, or authenticating anew)`,
      );
    } else this.#finish(new PeridotError("CONNECTION_LOST", { broker: this.broker, problem }));
  }

  #refuse(request: Request, problem: string): void {
    request.timer.cancel();
    request.reject(new PeridotError("REQUEST_NOT_SENT", { api: request.api, broker: this.broker, problem }));
  }

  #finish(reason: PeridotError): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.#throttle?.cancel();
    this.#session?.cancel();
    this.#channel.close();
    for (const request of this.#held) this.#refuse(request, reason.message);
    for (const request of this.#sent.values()) {
      request.timer.cancel();
      request.reject(reason.kind === "fatal" ? reason : this.#unanswered(request.api, reason));
    }
    this.#held = [];
    this.#sent.clear();
    this.#tellEnd(reason);
  }

  #unanswered(api: Api, reason: PeridotError): PeridotError {
    return new PeridotError(
      "REQUEST_UNANSWERED",
      { api, broker: this.broker, problem: reason.message },
      reason,
    );
  }
}
