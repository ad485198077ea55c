import { type ClientTimeouts, DEFAULT_TIMEOUTS } from "../kafka/cluster.ts";
import { clusterTransport } from "../kafka/cluster-transport.ts";
import { Connection } from "../kafka/connection.ts";
import { parseServers } from "../kafka/kafka-transport.ts";
import type { TransportFactory } from "../port.ts";
import type { EmbeddedBroker } from "./embedded-broker.ts";
import type { Link } from "./link.ts";

/** What a simulation sets; a program that only wants a broker sets nothing. */
export interface MemoryTransportSettings {
  /** Uniform in [0, 1): spreads retries. Default: the broker's, so that a run over a seed repeats itself. */
  readonly random?: () => number;
  /** The client's network. Default: one of its own for each client. */
  readonly link?: Link;
  readonly timeouts?: Partial<ClientTimeouts>;
}

/**
 * A transport to an embedded broker: the client of kafkaTransport over channels within the process.
 *
 * @example
 *   const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
 *   broker.createTopic("in", { partitions: 6 });
 *   const app = peridot({ applicationId: "demo", transport: memoryTransport(broker) });
 */
export function memoryTransport(
  broker: EmbeddedBroker,
  settings: MemoryTransportSettings = {},
): TransportFactory {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...settings.timeouts };
  return ({ clientId, clock }) => {
    const link = settings.link ?? broker.link();
    return clusterTransport({
      bootstrapServers: parseServers(broker.bootstrapServers),
      dialer: {
        dial: async (host, port) =>
          Connection.open(await link.dial(host, port), {
            broker: `${host}:${port}`,
            clientId,
            clock,
            requestTimeoutMs: timeouts.requestMs,
            handshakeTimeoutMs: timeouts.requestMs,
            handshakeRemedy: "Is the embedded broker up?",
            authenticate: undefined,
          }),
      },
      clock,
      random: settings.random ?? broker.random,
      timeouts,
    });
  };
}
