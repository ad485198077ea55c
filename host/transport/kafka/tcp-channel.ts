import { isIP, type OnReadOpts, connect as openTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as openTls } from "node:tls";
import type { Clock } from "../../clock.ts";
import { PeridotError } from "../../errors.ts";
import type { Channel, ChannelListener } from "./channel.ts";
import { connectionLost, connectTimeout, foreignAnswer, tlsFailed, unreachable } from "./connect-error.ts";
import { FrameReader, type FrameSink } from "./frame-reader.ts";
import type { ResponseBuffers } from "./response-buffers.ts";

/** Frames below this are joined into one piece: a copy costs less than another entry in writev. */
const JOIN_BYTES_MAX = 4096;
const KEEP_ALIVE_MS = 30_000;

export interface TcpSettings {
  readonly host: string;
  readonly port: number;
  /** undefined: without TLS. */
  readonly tls: ConnectionOptions | undefined;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly buffers: ResponseBuffers;
  /** Ends the attempt. */
  readonly closing?: AbortSignal | undefined;
}

/** Opens a socket, with TLS if wanted. Errors: BROKER_UNREACHABLE, HANDSHAKE_FAILED (both retriable), TLS_REFUSED. */
export function openTcpChannel(settings: TcpSettings): Promise<Channel> {
  const { host, port, tls, clock, connectTimeoutMs, closing } = settings;
  const broker = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const channel = new TcpChannel(settings);
    const { socket } = channel;
    let reached = false;
    const fail = (error: PeridotError) => {
      timer.cancel();
      closing?.removeEventListener("abort", abandon);
      channel.close();
      reject(error);
    };
    const failed = (error: Error) => fail(reached ? tlsFailed(broker, error) : unreachable(broker, error));
    const timer = clock.timer(connectTimeoutMs, () =>
      fail(reached ? tlsTimeout(broker, connectTimeoutMs) : connectTimeout(broker, connectTimeoutMs)),
    );
    const abandon = () => fail(new PeridotError("CLIENT_CLOSED", { what: "a connection" }));
    if (closing?.aborted) return abandon();
    closing?.addEventListener("abort", abandon);
    socket.once("error", failed);
    socket.once("connect", () => {
      reached = true;
    });
    socket.once(tls === undefined ? "connect" : "secureConnect", () => {
      timer.cancel();
      closing?.removeEventListener("abort", abandon);
      socket.off("error", failed);
      channel.watch();
      resolve(channel);
    });
  });
}

function tlsTimeout(broker: string, timeoutMs: number): PeridotError {
  const problem = `the TLS handshake was not finished within ${timeoutMs} ms`;
  const remedy = "Check that this port is a TLS listener; for one without TLS, leave tls out";
  return new PeridotError("HANDSHAKE_FAILED", { broker, problem, remedy });
}

/** Frames over one socket. Answers are read straight into their own buffers; requests go out by writev. */
class TcpChannel implements Channel, FrameSink {
  readonly socket: Socket;
  readonly #broker: string;
  #listener: ChannelListener | undefined;
  /** Why the channel ended: told to the listener once there is one. */
  #end: PeridotError | undefined;
  #closed = false;

  constructor({ host, port, tls, buffers }: TcpSettings) {
    this.#broker = `${host}:${port}`;
    const reader = new FrameReader(buffers, this);
    const onread: OnReadOpts = {
      buffer: () => reader.target(),
      callback: (bytes) => {
        reader.filled(bytes);
        return true;
      },
    };
    const name = isIP(host) === 0 ? { servername: host } : {};
    // tls.connect takes `onread`; its type does not say so.
    const tlsOptions: ConnectionOptions & { onread: OnReadOpts } = { ...name, ...tls, host, port, onread };
    this.socket = tls === undefined ? openTcp({ host, port, onread, noDelay: true }) : openTls(tlsOptions);
    this.socket.setNoDelay(true);
    this.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }

  /** From the moment the socket is open, its end is the channel's. */
  watch(): void {
    this.socket.on("error", (error) => this.#finish(connectionLost(this.#broker, error)));
    this.socket.on("close", () => this.#finish(connectionLost(this.#broker, undefined)));
  }

  start(listener: ChannelListener): void {
    this.#listener = listener;
    const end = this.#end;
    if (end !== undefined) queueMicrotask(() => this.#tell(end));
  }

  write(frame: readonly Buffer[]): void {
    if (this.#end !== undefined || this.#closed) return;
    let bytes = 0;
    for (const piece of frame) bytes += piece.length;
    const size = Buffer.allocUnsafe(4);
    size.writeInt32BE(bytes);
    if (bytes <= JOIN_BYTES_MAX) {
      this.socket.write(Buffer.concat([size, ...frame], size.length + bytes));
      return;
    }
    this.socket.cork();
    this.socket.write(size);
    for (const piece of frame) this.socket.write(piece);
    this.socket.uncork();
  }

  close(): void {
    this.#closed = true;
    // A destroyed socket may still raise the error that was under way; nobody listens for it any more.
    this.socket.on("error", () => {});
    this.socket.destroy();
  }

  onFrame(frame: Buffer, release: () => void): void {
    if (this.#listener === undefined) this.onForeign(frame);
    else if (!this.#closed) this.#listener.onFrame(frame, release);
  }

  onForeign(start: Buffer): void {
    this.#finish(foreignAnswer(this.#broker, start));
  }

  #finish(reason: PeridotError): void {
    if (this.#end !== undefined || this.#closed) return;
    this.#end = reason;
    this.socket.destroy();
    if (this.#listener !== undefined) this.#tell(reason);
  }

  #tell(reason: PeridotError): void {
    if (!this.#closed) this.#listener?.onClose(reason);
  }
}
