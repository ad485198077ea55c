import type { Timer } from "../../../host/clock.ts";
import { PeridotError } from "../../../host/errors.ts";
import type { Channel, ChannelListener } from "../../../host/transport/kafka/channel.ts";
import {
  type Api,
  type ReceivedRequest,
  type ResponseToSend,
  supportedVersions,
} from "../../../host/transport/kafka/protocol/api.ts";
import { decodeRequest, encodeResponse } from "../../../host/transport/kafka/protocol/codec.ts";
import { API_KEYS } from "../../../host/transport/kafka/protocol/generated/tables.ts";
import {
  decodeRequestHeader,
  encodeResponseHeader,
  type RequestHead,
} from "../../../host/transport/kafka/protocol/headers.ts";

/** What reached the broker. */
export interface Arrived {
  readonly head: RequestHead;
  readonly body: ReceivedRequest<Api>;
}

/** Every request that we speak, in the versions that we speak. */
export function allApiKeys(): { apiKey: number; minVersion: number; maxVersion: number }[] {
  return Object.entries(API_KEYS).map(([api, apiKey]) => {
    const { min, max } = supportedVersions(api as Api);
    return { apiKey, minVersion: min, maxVersion: max };
  });
}

/** A channel whose other end is the test: it sees what arrives and answers when it wants to. */
export class ScriptedBroker implements Channel {
  readonly arrived: Arrived[] = [];
  closed = false;
  /** Called for each request, after it was added to `arrived`. */
  onRequest: (arrived: Arrived) => void = () => {};
  #listener: ChannelListener | undefined;

  start(listener: ChannelListener): void {
    this.#listener = listener;
  }

  write(pieces: readonly Buffer[]): void {
    const frame = Buffer.concat(pieces);
    const head = decodeRequestHeader(frame);
    const arrived = { head, body: decodeRequest(head.api, head.version, frame, head.bodyAt) };
    this.arrived.push(arrived);
    queueMicrotask(() => this.onRequest(arrived));
  }

  close(): void {
    this.closed = true;
  }

  answer<A extends Api>(head: RequestHead, api: A, body: ResponseToSend<A>, version = head.version): void {
    const pieces = [
      ...encodeResponseHeader(api, version, head.correlationId),
      ...encodeResponse(api, version, body),
    ];
    this.deliver(Buffer.concat(pieces));
  }

  answerVersions(head: RequestHead, more: Partial<ResponseToSend<"ApiVersions">> = {}): void {
    this.answer(head, "ApiVersions", { errorCode: 0, apiKeys: allApiKeys(), throttleTimeMs: 0, ...more });
  }

  deliver(frame: Buffer): void {
    this.#listener!.onFrame(frame, () => {});
  }

  lose(problem: string): void {
    this.#listener!.onClose(new PeridotError("CONNECTION_LOST", { broker: "b:1", problem }));
  }
}

/** A clock that stands still until the test moves it. */
export class SteppedClock {
  #now = 0;
  #timers: { at: number; fire: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  get timers(): number {
    return this.#timers.length;
  }

  timer(delayMs: number, fire: () => void): Timer {
    const timer = { at: this.#now + delayMs, fire };
    this.#timers.push(timer);
    return { cancel: () => (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }

  /** Fires what falls due on the way, in order, and lets promises settle after each. */
  async advance(byMs: number): Promise<void> {
    const end = this.#now + byMs;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = next.at;
      next.fire();
      await settled();
    }
    this.#now = end;
  }
}

/** Every promise that can settle by now has. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
