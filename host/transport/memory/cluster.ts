import type { Clock } from "../../clock.ts";
import { BROKER_RELEASES, type BrokerRelease } from "./broker-releases.ts";
import { GroupCoordinator } from "./group-coordinator.ts";
import { OffsetsPartition, type PartitionKey } from "./offsets.ts";
import type { Partition, TransactionMarker } from "./partition.ts";
import { CODE } from "./response-codes.ts";
import { makeSeats, SEATS, type Seat, type SeatKind, seatIndexOf } from "./seats.ts";
import { Topic } from "./topic.ts";
import { TransactionCoordinator } from "./transaction-coordinator.ts";

const FIRST_PRODUCER_ID = 1000n;
export const OFFSETS_TOPIC = "__consumer_offsets";

export interface ClusterSettings {
  readonly clock: Clock;
  /** Uniform in [0, 1); ids are made of it. */
  readonly random: () => number;
  readonly brokers: number;
  readonly release: keyof typeof BROKER_RELEASES;
  /** Default: the highest that the release has. */
  readonly transactionVersion: number | undefined;
  readonly transactionTimeoutMsMax: number;
  readonly initialRebalanceDelayMs: number;
  readonly sessionTimeoutMsMin: number;
  readonly sessionTimeoutMsMax: number;
  /** How long a new topic is absent from metadata. */
  readonly metadataDelayMs: number;
  readonly checksums: boolean;
  readonly offsetMetadataBytesMax: number;
}

export interface Node {
  readonly id: number;
  isUp: boolean;
}

/**
 * What all brokers of the embedded cluster share: topics, coordinators, who leads what. The brokers themselves are
 * only ways to ask: each request arrives at a node, which answers for what it leads.
 */
export class Cluster {
  readonly settings: ClusterSettings;
  readonly clusterId: string;
  readonly nodes: Node[];
  readonly topics = new Map<string, Topic>();
  readonly topicsById = new Map<string, Topic>();
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly offsets = Array.from({ length: SEATS }, (_, index) => new OffsetsPartition(index));
  readonly seats: Readonly<Record<SeatKind, Seat[]>>;
  /** The finalized feature transaction.version; may change while clients are connected. */
  transactionVersion: number;
  /** Rises with each change of a finalized feature. */
  featuresEpoch = 1n;
  /** Topics that nobody may read or write. */
  readonly deniedTopics = new Set<string>();
  /** How long the marker of a transaction's end is under way to a partition. */
  markerDelayMs: (partition: PartitionKey) => number = () => 0;
  #producerId = FIRST_PRODUCER_ID;
  #memberIds = 0;

  constructor(settings: ClusterSettings) {
    this.settings = settings;
    this.transactionVersion = settings.transactionVersion ?? this.release.transactionVersionMax;
    this.nodes = Array.from({ length: settings.brokers }, (_, id) => ({ id, isUp: true }));
    this.seats = { group: makeSeats(settings.brokers), transaction: makeSeats(settings.brokers) };
    this.clusterId = this.newUuid();
    this.groups = new GroupCoordinator({
      ...settings,
      newMemberId: (prefix) => `${prefix}-${this.#memberIds++}-${this.newUuid()}`,
    });
    this.transactions = new TransactionCoordinator({
      clock: settings.clock,
      timeoutMsMax: settings.transactionTimeoutMsMax,
      newProducerId: () => this.newProducerId(),
      bumpsEpochs: () => this.transactionVersion >= 2,
      coordinatorEpoch: (transactionalId) => this.seatOf("transaction", transactionalId).epoch,
      markerDelayMs: (partition) => this.markerDelayMs(partition),
      writeMarker: (partition, marker) => this.#writeMarker(partition, marker),
    });
  }

  get release(): BrokerRelease {
    return BROKER_RELEASES[this.settings.release];
  }

  get nowMs(): number {
    return this.settings.clock.now();
  }

  newProducerId(): bigint {
    return this.#producerId++;
  }

  newUuid(): string {
    let digits = "";
    while (digits.length < 32) digits += Math.floor(this.settings.random() * 16).toString(16);
    return digits;
  }

  // ---- topics

  createTopic(name: string, partitions: number, configs: ReadonlyMap<string, string> = new Map()): Topic {
    const { metadataDelayMs, checksums } = this.settings;
    const topic = new Topic(name, this.newUuid(), configs, this.nowMs + metadataDelayMs, checksums);
    this.growTopic(topic, partitions);
    this.topics.set(name, topic);
    this.topicsById.set(topic.id, topic);
    return topic;
  }

  /** Leaders are spread over the brokers that are up. */
  growTopic(topic: Topic, partitions: number): void {
    const up = this.nodes.filter((node) => node.isUp);
    topic.grow(partitions, (index) => up[index % up.length]?.id ?? -1);
  }

  deleteTopic(topic: Topic): void {
    this.topics.delete(topic.name);
    this.topicsById.delete(topic.id);
    for (const partition of topic.partitions) {
      partition.leader = -1;
      partition.notify();
    }
  }

  /** By name, or by id where the request's version has ids: then `name` is empty. */
  topic(name: string, topicId: string): Topic | undefined {
    return name === "" ? this.topicsById.get(topicId) : this.topics.get(name);
  }

  partition(name: string, index: number): Partition | undefined {
    return this.topics.get(name)?.partitions[index];
  }

  *partitions(): Generator<Partition> {
    for (const topic of this.topics.values()) yield* topic.partitions;
  }

  // ---- leaders and coordinators

  moveLeader(partition: Partition, node: number): void {
    partition.leader = node;
    partition.leaderEpoch += 1;
    partition.notify();
  }

  seatOf(kind: SeatKind, key: string): Seat {
    return this.seats[kind][seatIndexOf(key)]!;
  }

  /** May `node` answer as the coordinator of `key`? Returns an error code. */
  coordinatorCode(kind: SeatKind, key: string, node: number): number {
    const seat = this.seatOf(kind, key);
    if (seat.node !== node) return CODE.NOT_COORDINATOR;
    return this.nowMs < seat.loadingUntilMs ? CODE.COORDINATOR_LOAD_IN_PROGRESS : CODE.NONE;
  }

  moveSeat(kind: SeatKind, index: number, node: number, loadingMs: number): void {
    const seat = this.seats[kind][index]!;
    seat.node = node;
    seat.epoch += 1;
    seat.loadingUntilMs = this.nowMs + loadingMs;
    const isMoved = (key: string) => seatIndexOf(key) === index;
    if (kind === "group") this.groups.reload(isMoved);
    else this.transactions.reload(isMoved);
  }

  offsetsOf(groupId: string): OffsetsPartition {
    return this.offsets[seatIndexOf(groupId)]!;
  }

  /** The name under which a group's offsets take part in transactions. */
  offsetsKeyOf(groupId: string): PartitionKey {
    return `${OFFSETS_TOPIC}-${seatIndexOf(groupId)}`;
  }

  #writeMarker(key: PartitionKey, marker: TransactionMarker): number | "unavailable" {
    const dash = key.lastIndexOf("-");
    const topic = key.slice(0, dash);
    const index = Number(key.slice(dash + 1));
    if (topic === OFFSETS_TOPIC) {
      if (this.seats.group[index]!.node === -1) return "unavailable";
      const { producerId, producerEpoch, coordinatorEpoch, committed } = marker;
      return this.offsets[index]!.endTransaction(producerId, producerEpoch, coordinatorEpoch, committed);
    }
    const partition = this.partition(topic, index);
    if (partition === undefined) return CODE.UNKNOWN_TOPIC_OR_PARTITION; // deleted meanwhile
    return partition.leader === -1 ? "unavailable" : partition.appendMarker(marker, this.nowMs);
  }
}
