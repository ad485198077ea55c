import type { ConnectionOptions } from "node:tls";
import { PeridotError } from "../../errors.ts";
import type { TransportFactory } from "../port.ts";
import type { BrokerAddress } from "./broker-connections.ts";
import { type ClientTimeouts, type ClusterSettings, DEFAULT_TIMEOUTS } from "./cluster.ts";
import { clusterTransport } from "./cluster-transport.ts";
import type { SaslSettings } from "./sasl/authentication.ts";
import { tcpDialer } from "./tcp-dialer.ts";

/** How to reach a Kafka cluster. Times are milliseconds. */
export interface KafkaSettings {
  /** "host:port", several of them in a list or with commas between; tried in order. IPv6: "[::1]:9092". */
  readonly bootstrapServers: string | readonly string[];
  /** true: TLS with the machine's certificate authorities; an object goes to node:tls as it is. */
  readonly tls?: boolean | ConnectionOptions | undefined;
  readonly sasl?: SaslSettings | undefined;
  /** Until a connection is open; default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Until the first broker must have been reached; default 15,000. */
  readonly bootstrapTimeoutMs?: number | undefined;
  /** Until a broker must have answered one request; default 30,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** How long a call is repeated while brokers are away; default 60,000. */
  readonly retryTimeoutMs?: number | undefined;
  /** Until what is written must be acknowledged; default 120,000. */
  readonly deliveryTimeoutMs?: number | undefined;
  /** Age at which metadata is read anew; default 300,000. */
  readonly metadataMaxAgeMs?: number | undefined;
}

/**
 * A transport over TCP: what `bootstrapServers` and the options beside it make.
 *
 * @throws CONFIG_INVALID
 *
 * @example
 *   const app = peridot({ applicationId: "demo", transport: kafkaTransport({ bootstrapServers: "localhost:9092" }) });
 */
export function kafkaTransport(settings: KafkaSettings): TransportFactory {
  const ofCluster = clusterSettings(settings);
  return (client) => clusterTransport(ofCluster(client));
}

/** How one client reaches that cluster. Errors: CONFIG_INVALID, at once. */
export function clusterSettings(
  settings: KafkaSettings,
): (client: Parameters<TransportFactory>[0]) => ClusterSettings {
  const bootstrapServers = parseServers(settings.bootstrapServers);
  const timeouts = timeoutsOf(settings);
  const { tls, sasl, connectTimeoutMs } = settings;
  return ({ clientId, clock }) => ({
    bootstrapServers,
    dialer: tcpDialer({
      clientId,
      clock,
      tls,
      sasl,
      connectTimeoutMs,
      requestTimeoutMs: timeouts.requestMs,
    }),
    clock,
    random: Math.random,
    timeouts,
  });
}

/** Errors: CONFIG_INVALID. */
export function parseServers(servers: string | readonly string[]): BrokerAddress[] {
  const list = (typeof servers === "string" ? [servers] : servers)
    .flatMap((each) => each.split(","))
    .map((each) => each.trim())
    .filter((each) => each !== "");
  if (list.length === 0) throw invalid("bootstrapServers", "is empty", 'Give at least one "host:port"');
  return list.map(parseServer);
}

function parseServer(server: string): BrokerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]/]+)):(\d+)$/.exec(server);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535)
    throw invalid("bootstrapServers", `has "${server}"`, 'Write "host:port", such as localhost:9092');
  return { host: match[1] ?? match[2]!, port };
}

function timeoutsOf(settings: KafkaSettings): ClientTimeouts {
  const chosen = {
    requestMs: positive("requestTimeoutMs", settings.requestTimeoutMs),
    bootstrapMs: positive("bootstrapTimeoutMs", settings.bootstrapTimeoutMs),
    retryMs: positive("retryTimeoutMs", settings.retryTimeoutMs),
    deliveryMs: positive("deliveryTimeoutMs", settings.deliveryTimeoutMs),
    metadataMs: positive("metadataMaxAgeMs", settings.metadataMaxAgeMs),
  };
  const given = Object.entries(chosen).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_TIMEOUTS, ...Object.fromEntries(given) };
}

function positive(option: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value > 0)) return value;
  throw invalid(option, `is ${value}`, "Give a whole number of milliseconds above 0");
}

function invalid(option: string, problem: string, remedy: string): PeridotError {
  return new PeridotError("CONFIG_INVALID", { option, problem, remedy });
}
