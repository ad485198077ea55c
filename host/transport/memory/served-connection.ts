import type { Clock } from "../../clock.ts";
import { type Api, apiOfKey, type ReceivedRequest, type ResponseToSend } from "../kafka/protocol/api.ts";
import { decodeRequest, encodeResponse } from "../kafka/protocol/codec.ts";
import { decodeRequestHeader, encodeResponseHeader, type RequestHead } from "../kafka/protocol/headers.ts";
import { errorAnswer } from "./error-answer.ts";
import type { Fault, Faults } from "./faults.ts";
import { HANDLERS, type HandledApi } from "./handlers.ts";
import type { Call, Handler } from "./request-call.ts";
import { CODE } from "./response-codes.ts";

/** Before SASL has succeeded nothing else is answered. */
const BEFORE_SASL: ReadonlySet<Api> = new Set(["ApiVersions", "SaslHandshake", "SaslAuthenticate"]);
const API_VERSIONS_KEY = 18;
const nothing = () => {};

interface Arrived {
  readonly frame: Buffer;
  readonly release: () => void;
}

export interface ServedConnectionSettings {
  readonly call: Omit<Call, "version" | "clientId">;
  readonly faults: Faults;
  readonly clock: Clock;
  /** Called with each answer, header first. */
  readonly send: (frame: Buffer[]) => void;
  /** The broker ends the connection. Called once. */
  readonly cut: (why: string) => void;
  readonly count: (api: Api) => void;
}

/**
 * The broker's end of a connection. As in Kafka (SocketServer mutes a channel until its request is answered), requests
 * are carried out one after the other: a fetch that waits for records holds up all behind it.
 */
export class ServedConnection {
  readonly #settings: ServedConnectionSettings;
  readonly #waiting: Arrived[] = [];
  #busy = false;
  readonly #gone = new AbortController();
  #ended = false;
  /** After a lost request or answer nothing gets through any more. */
  #silent = false;

  constructor(settings: ServedConnectionSettings) {
    this.#settings = settings;
  }

  /** One frame, whose bytes are the connection's own, unless it calls `release`. */
  receive(frame: Buffer, release: () => void = nothing): void {
    if (this.#ended || this.#silent) return;
    this.#waiting.push({ frame, release });
    if (!this.#busy) void this.#serveAll();
  }

  /** The client has gone. */
  end(): void {
    this.#ended = true;
    this.#gone.abort();
    this.#waiting.length = 0;
  }

  cut(why: string): void {
    if (this.#ended) return;
    this.end();
    this.#settings.cut(why);
  }

  async #serveAll(): Promise<void> {
    this.#busy = true;
    for (;;) {
      const arrived = this.#waiting.shift();
      if (arrived === undefined || this.#ended || this.#silent) break;
      try {
        await this.#serve(arrived);
      } catch (error) {
        // Kafka closes the connection on what it cannot read; a defect of ours must not pass for silence either.
        this.cut(`the embedded broker cannot serve a request: ${(error as Error).message}`);
      }
    }
    this.#busy = false;
  }

  async #serve({ frame, release }: Arrived): Promise<void> {
    const api = apiOfKey(frame.readInt16BE(0));
    const version = frame.readInt16BE(2);
    const { cluster, node, authenticate } = this.#settings.call;
    const range = api === undefined ? undefined : cluster.release.versions[api];
    if (frame.readInt16BE(0) === API_VERSIONS_KEY && version > (range?.max ?? 0)) {
      this.#refuseApiVersions(frame.readInt32BE(4));
      return;
    }
    if (api === undefined || range === undefined || version < range.min || version > range.max) {
      this.cut(`${api ?? `request ${frame.readInt16BE(0)}`} version ${version} is not known to this broker`);
      return;
    }
    if (authenticate !== undefined && !authenticate.isDone && !BEFORE_SASL.has(api)) {
      this.cut(`${api} before authentication`);
      return;
    }
    const head = decodeRequestHeader(frame);
    const request = decodeRequest(api, version, frame, head.bodyAt);
    this.#settings.count(api);
    const facts = { api, version, node, clientId: head.clientId ?? "", request };
    await this.#carryOut(head, request, this.#settings.faults.decide(facts));
    if (authenticate?.hasFailed) this.cut("authentication failed");
    // The log has its own copy of what was produced; other handlers may keep views of their request.
    if (api === "Produce") release();
  }

  async #carryOut(head: RequestHead, request: ReceivedRequest<Api>, fault: Fault): Promise<void> {
    switch (fault.kind) {
      case "deliver":
        return this.#answer(head, await this.#handle(head, request));
      case "delay":
        await this.#pause(fault.requestMs);
        if (this.#ended) return;
        return this.#answer(head, await this.#handle(head, request), fault.responseMs);
      case "loseRequest":
        this.#silent = true;
        return;
      case "loseResponse":
        this.#silent = true;
        await this.#handle(head, request);
        return;
      case "cut":
        if (fault.carriedOut) await this.#handle(head, request);
        return this.cut("a fault on demand");
      case "duplicate":
        await this.#handle(head, request);
        return this.#answer(head, await this.#handle(head, request));
      case "answer":
        if (fault.carriedOut) await this.#handle(head, request);
        return this.#answer(head, errorAnswer(head.api, head.version, request, fault.code));
    }
  }

  #handle(head: RequestHead, request: ReceivedRequest<Api>) {
    const { version, clientId } = head;
    const call = { ...this.#settings.call, version, clientId: clientId ?? "", gone: this.#gone.signal };
    const handler = HANDLERS[head.api as HandledApi] as Handler<Api>;
    return handler(request, call);
  }

  async #answer(head: RequestHead, response: ResponseToSend<Api> | undefined, afterMs = 0): Promise<void> {
    if (afterMs > 0) await this.#pause(afterMs);
    if (this.#ended || this.#silent || response === undefined) return;
    const { api, version, correlationId } = head;
    this.#settings.send([
      ...encodeResponseHeader(api, version, correlationId),
      ...encodeResponse(api, version, response),
    ]);
  }

  /** A version that we do not know is answered in version 0, with the versions that we know (KIP-511). */
  #refuseApiVersions(correlationId: number): void {
    const { min, max } = this.#settings.call.cluster.release.versions.ApiVersions!;
    this.#settings.send([
      ...encodeResponseHeader("ApiVersions", 0, correlationId),
      ...encodeResponse("ApiVersions", 0, {
        errorCode: CODE.UNSUPPORTED_VERSION,
        apiKeys: [{ apiKey: API_VERSIONS_KEY, minVersion: min, maxVersion: max }],
      }),
    ]);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#settings.clock.timer(ms, resolve);
    });
  }
}
