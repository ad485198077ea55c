import type { ConnectionOptions } from "node:tls";
import type { Clock } from "../../clock.ts";
import type { Dialer } from "./channel.ts";
import { Connection, type ConnectionSettings } from "./connection.ts";
import { ResponseBuffers } from "./response-buffers.ts";
import { authentication, type SaslSettings } from "./sasl/authentication.ts";
import { openTcpChannel } from "./tcp-channel.ts";

export const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

export interface TcpDialerSettings {
  readonly clientId: string;
  readonly clock: Clock;
  /** true: the machine's certificate authorities; an object goes to node:tls as it is (ca, cert, key, servername, …). */
  readonly tls?: boolean | ConnectionOptions | undefined;
  readonly sasl?: SaslSettings | undefined;
  /** Until the socket is open, TLS included; and for each request of the handshake after it. */
  readonly connectTimeoutMs?: number | undefined;
  readonly requestTimeoutMs?: number | undefined;
}

/** Connects to brokers over TCP. Its connections share one pool of buffers for large answers. */
export function tcpDialer(settings: TcpDialerSettings): Dialer<Connection> {
  const { clientId, clock, sasl } = settings;
  const tls = settings.tls === true ? {} : settings.tls === false ? undefined : settings.tls;
  const connectTimeoutMs = settings.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const requestTimeoutMs = settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const buffers = new ResponseBuffers();
  const handshakeRemedy =
    tls === undefined
      ? "Check that this port is a Kafka listener; when it uses TLS, set tls"
      : "Check that this port is a Kafka listener";
  return {
    async dial(host, port, closing) {
      const broker = `${host}:${port}`;
      const channel = await openTcpChannel({ host, port, tls, connectTimeoutMs, clock, buffers, closing });
      const connection: ConnectionSettings = {
        broker,
        clientId,
        clock,
        closing,
        requestTimeoutMs,
        handshakeTimeoutMs: connectTimeoutMs,
        handshakeRemedy,
        authenticate:
          sasl === undefined
            ? undefined
            : authentication(sasl, { broker, clock, timeoutMs: connectTimeoutMs }),
      };
      return Connection.open(channel, connection);
    },
  };
}
