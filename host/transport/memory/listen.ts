import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { FrameReader } from "../kafka/frame-reader.ts";
import { ResponseBuffers } from "../kafka/response-buffers.ts";
import type { EmbeddedBroker } from "./embedded-broker.ts";
import { type SaslListenerSettings, SaslSession } from "./sasl-exchange.ts";

const HOST = "127.0.0.1";
const SIZE_BYTES = 4;

/** How the embedded brokers are reached from outside of this process. */
export interface ListenSettings {
  /** Of the first broker, the others follow; default: free ports. */
  readonly port?: number;
  /** key and cert at least; undefined: without TLS. */
  readonly tls?: TlsOptions;
  readonly sasl?: SaslListenerSettings;
}

/** Open ports of an embedded cluster, one for each broker, on 127.0.0.1. */
export interface Listener {
  readonly bootstrapServers: string;
  /** Ends the connections too. */
  close(): Promise<void>;
}

/** Opens the embedded brokers to any Kafka client on this machine. Errors: those of node:net. */
export async function listen(broker: EmbeddedBroker, settings: ListenSettings = {}): Promise<Listener> {
  const { nodes } = broker.cluster;
  const ports: number[] = [];
  const sockets = new Map<Socket, number>();
  const addressOf = (node: number) => ({ host: HOST, port: ports[node]! });
  const servers = nodes.map(({ id }) => {
    const accept = (socket: Socket) => {
      if (!nodes[id]!.isUp) {
        socket.destroy();
        return;
      }
      sockets.set(socket, id);
      socket.once("close", () => sockets.delete(socket));
      serveSocket(broker, settings, id, addressOf, socket);
    };
    return settings.tls === undefined ? createServer(accept) : createTlsServer(settings.tls, accept);
  });
  const detach = broker.attach({
    cut: (node) => {
      for (const [socket, id] of [...sockets]) if (id === node) socket.destroy();
    },
  });
  for (const [id, server] of servers.entries()) {
    ports[id] = await portOf(server, settings.port === undefined ? 0 : settings.port + id);
  }
  return {
    bootstrapServers: ports.map((port) => `${HOST}:${port}`).join(","),
    async close() {
      detach();
      for (const socket of sockets.keys()) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function portOf(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => resolve((server.address() as AddressInfo).port));
  });
}

function serveSocket(
  broker: EmbeddedBroker,
  { sasl }: ListenSettings,
  node: number,
  addressOf: (node: number) => { readonly host: string; readonly port: number },
  socket: Socket,
): void {
  const { clock } = broker.cluster.settings;
  const authenticate =
    sasl === undefined ? undefined : new SaslSession(sasl, clock, () => broker.cluster.newUuid());
  const served = broker.serve(
    { node, addressOf, authenticate },
    { send: (pieces) => sendFrame(socket, pieces), cut: () => socket.end() },
  );
  const reader = new FrameReader(new ResponseBuffers(), {
    onFrame: (frame, release) => served.receive(frame, release),
    onForeign: () => socket.destroy(),
  });
  socket.setNoDelay();
  socket.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.copy(reader.target(), 0, at);
      reader.filled(taken);
      at += taken;
    }
  });
  // What went wrong with a client's socket is the client's affair; "close" follows.
  socket.on("error", () => socket.destroy());
  socket.once("close", () => served.end());
}

function sendFrame(socket: Socket, pieces: readonly Buffer[]): void {
  const size = Buffer.alloc(SIZE_BYTES);
  size.writeInt32BE(pieces.reduce((bytes, piece) => bytes + piece.length, 0));
  socket.cork();
  socket.write(size);
  for (const piece of pieces) socket.write(piece);
  socket.uncork();
}
