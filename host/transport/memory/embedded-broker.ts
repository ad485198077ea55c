import type { Clock } from "../../clock.ts";
import { PeridotError } from "../../errors.ts";
import { decompressBatches } from "../kafka/compression/compress-batches.ts";
import type { Api } from "../kafka/protocol/api.ts";
import type { BROKER_RELEASES } from "./broker-releases.ts";
import { Cluster } from "./cluster.ts";
import { committedBatches } from "./committed-batches.ts";
import { Faults } from "./faults.ts";
import { Link } from "./link.ts";
import { type Listener, type ListenSettings, listen } from "./listen.ts";
import type { CommittedOffset, PartitionKey } from "./offsets.ts";
import type { Partition } from "./partition.ts";
import { decodeRecords, encodeRecords, type PlainRecord, type StoredRecord } from "./plain-records.ts";
import type { Call } from "./request-call.ts";
import { CODE } from "./response-codes.ts";
import { ServedConnection, type ServedConnectionSettings } from "./served-connection.ts";

const HOST = "embedded";
const FIRST_PORT = 9092;
const DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024;

/** What an embedded cluster is like. Times are milliseconds. */
export interface EmbeddedBrokerSettings {
  readonly clock: Clock;
  /** Uniform in [0, 1); what is random comes from it alone, ids of topics too: a constant will not do. */
  readonly random: () => number;
  /** Default: 1. */
  readonly brokers?: number;
  /** Whose versions and features are offered. Default: the latest. */
  readonly release?: keyof typeof BROKER_RELEASES;
  /** The finalized feature transaction.version. Default: the highest that the release has. */
  readonly transactionVersion?: number;
  /** transaction.max.timeout.ms; default 15 minutes. */
  readonly transactionTimeoutMsMax?: number;
  /** group.initial.rebalance.delay.ms; default 0. */
  readonly initialRebalanceDelayMs?: number;
  /** group.min.session.timeout.ms; default 6 s, as in Kafka. */
  readonly sessionTimeoutMsMin?: number;
  readonly sessionTimeoutMsMax?: number;
  /** How long a new topic stays absent from metadata; default 0. */
  readonly metadataDelayMs?: number;
  /** Whether the CRC of each produced batch is checked, as brokers do; default true. */
  readonly checksums?: boolean;
  /** Of each frame, each way; default: as fast as the event loop goes. */
  readonly latencyMs?: () => number;
}

/** A way to the brokers. */
export interface Network {
  /** Breaks all connections to this broker. */
  cut(node: number): void;
}

/** What an embedded cluster has done so far. */
export interface BrokerCounters {
  readonly requests: ReadonlyMap<Api, number>;
  /** Offsets in use and bytes, over all partitions. */
  readonly records: number;
  readonly bytes: number;
}

/**
 * A Kafka cluster in this process: it answers the Kafka protocol, so that the client which talks to it is the one
 * that talks to real brokers. For the quick start, tests and simulations; what it holds is gone with the process.
 */
export class EmbeddedBroker {
  readonly cluster: Cluster;
  readonly faults: Faults;
  readonly #settings: EmbeddedBrokerSettings;
  readonly #networks = new Set<Network>();
  readonly #requests = new Map<Api, number>();

  constructor(settings: EmbeddedBrokerSettings) {
    this.#settings = settings;
    const release = settings.release ?? "4.3";
    this.cluster = new Cluster({
      clock: settings.clock,
      random: settings.random,
      brokers: settings.brokers ?? 1,
      release,
      transactionVersion: settings.transactionVersion,
      transactionTimeoutMsMax: settings.transactionTimeoutMsMax ?? 900_000,
      initialRebalanceDelayMs: settings.initialRebalanceDelayMs ?? 0,
      sessionTimeoutMsMin: settings.sessionTimeoutMsMin ?? 6_000,
      sessionTimeoutMsMax: settings.sessionTimeoutMsMax ?? 1_800_000,
      metadataDelayMs: settings.metadataDelayMs ?? 0,
      checksums: settings.checksums ?? true,
      offsetMetadataBytesMax: 4096,
    });
    this.faults = new Faults(this.cluster, (node) => {
      for (const network of this.#networks) network.cut(node);
    });
  }

  /** "host:port" of each broker, with commas between, for clients that come by a link. */
  get bootstrapServers(): string {
    return this.cluster.nodes.map(({ id }) => `${HOST}:${FIRST_PORT + id}`).join(",");
  }

  get random(): () => number {
    return this.#settings.random;
  }

  /** The network of one more client. */
  link(): Link {
    const link = new Link({
      clock: this.#settings.clock,
      latencyMs: this.#settings.latencyMs,
      nodeAt: (host, port) => {
        const node = this.cluster.nodes[port - FIRST_PORT];
        return host === HOST && node?.isUp ? node.id : undefined;
      },
      serve: (node, ends) => this.serve({ node, addressOf: embeddedAddress }, ends),
    });
    this.attach(link);
    return link;
  }

  /** Opens the brokers to any Kafka client on this machine, over TCP. Errors: those of node:net. */
  listen(settings: ListenSettings = {}): Promise<Listener> {
    return listen(this, settings);
  }

  /** Another way to reach the brokers: it hears of it when one goes down. @returns what ends that. */
  attach(network: Network): () => void {
    this.#networks.add(network);
    return () => this.#networks.delete(network);
  }

  /** The broker's end of a new connection to one node. */
  serve(
    call: Pick<Call, "node" | "addressOf" | "authenticate">,
    ends: Pick<ServedConnectionSettings, "send" | "cut">,
  ): ServedConnection {
    return new ServedConnection({
      ...ends,
      call: { ...call, cluster: this.cluster },
      faults: this.faults,
      clock: this.#settings.clock,
      count: (api) => this.#requests.set(api, (this.#requests.get(api) ?? 0) + 1),
    });
  }

  get counters(): BrokerCounters {
    let records = 0;
    let bytes = 0;
    for (const { log } of this.cluster.partitions()) {
      records += log.endOffset - log.startOffset;
      bytes += log.bytes;
    }
    return { requests: new Map(this.#requests), records, bytes };
  }

  /** Errors: EMBEDDED_TOPIC when it exists. */
  createTopic(
    topic: string,
    options: { readonly partitions?: number; readonly configs?: Readonly<Record<string, string>> } = {},
  ): void {
    if (this.cluster.topics.has(topic))
      throw new PeridotError("EMBEDDED_TOPIC", { topic, problem: "it exists already" });
    this.cluster.createTopic(topic, options.partitions ?? 1, new Map(Object.entries(options.configs ?? {})));
  }

  /** Records from nowhere, as one batch. Errors: EMBEDDED_TOPIC. @returns the first record's offset. */
  append(topic: string, partition: number, records: readonly PlainRecord[]): bigint {
    return this.appendBatches(topic, partition, encodeRecords(records, this.cluster.nowMs));
  }

  /** Finished record batches, one behind the other. Errors: EMBEDDED_TOPIC. @returns the first record's offset. */
  appendBatches(topic: string, partition: number, batches: Buffer): bigint {
    const target = this.#partition(topic, partition);
    const { rules } = this.cluster.topics.get(topic)!;
    const { code, baseOffset } = target.append(batches, this.cluster.nowMs, rules, false);
    if (code === CODE.NONE) return BigInt(baseOffset);
    throw new PeridotError("EMBEDDED_TOPIC", {
      topic,
      problem: `partition ${partition} refuses the batch: ${code}`,
    });
  }

  /** All records of a topic, by partition, in order of offsets; control records never, aborted ones if wished. */
  read(
    topic: string,
    options: { readonly isolation?: "read_committed" | "read_uncommitted" } = {},
  ): StoredRecord[][] {
    const partitions = this.cluster.topics.get(topic)?.partitions ?? [];
    const committedOnly = options.isolation !== "read_uncommitted";
    return partitions.map((partition) =>
      [...committedBatches(partition, committedOnly)]
        .flatMap((batch) => decodeRecords(decompressBatches(batch, DECOMPRESSED_BYTES_MAX)))
        .filter(({ offset }) => offset >= BigInt(partition.log.startOffset)),
    );
  }

  /** The offsets that stand for a group, by "topic-partition". */
  committedOffsets(groupId: string): ReadonlyMap<PartitionKey, CommittedOffset> {
    return this.cluster.offsetsOf(groupId).of(groupId);
  }

  #partition(topic: string, index: number): Partition {
    const partition = this.cluster.partition(topic, index);
    if (partition !== undefined) return partition;
    throw new PeridotError("EMBEDDED_TOPIC", {
      topic,
      problem: `there is no partition ${index}. Create the topic first`,
    });
  }
}

function embeddedAddress(node: number) {
  return { host: HOST, port: FIRST_PORT + node };
}
