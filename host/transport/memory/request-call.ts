import type { Api, ReceivedRequest, ResponseToSend } from "../kafka/protocol/api.ts";
import type { Cluster } from "./cluster.ts";

/** How a request came in. */
export interface Call {
  readonly cluster: Cluster;
  /** The broker that was asked. */
  readonly node: number;
  readonly version: number;
  readonly clientId: string;
  /** Where the asker reaches a broker: in the same process, or over TCP. */
  readonly addressOf: (node: number) => { readonly host: string; readonly port: number };
  /** Session of this connection with SASL; undefined where none is asked for. */
  readonly authenticate?: SaslExchange | undefined;
  /** Aborted when the client has gone: nobody waits for the answer any more. */
  readonly gone?: AbortSignal;
}

export interface SaslExchange {
  /** Has the client proved who it is? */
  readonly isDone: boolean;
  /** Then the connection ends behind the answer. */
  readonly hasFailed: boolean;
  handshake(mechanism: string): ResponseToSend<"SaslHandshake">;
  step(authBytes: Buffer): ResponseToSend<"SaslAuthenticate">;
}

/** undefined: no answer is sent (Produce with acks=0). */
export type Handler<A extends Api> = (
  request: ReceivedRequest<A>,
  call: Call,
) => ResponseToSend<A> | undefined | Promise<ResponseToSend<A> | undefined>;
