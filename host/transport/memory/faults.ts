import type { Api } from "../kafka/protocol/api.ts";
import type { Cluster } from "./cluster.ts";
import type { PartitionKey } from "./offsets.ts";
import { SEATS, type SeatKind, seatIndexOf } from "./seats.ts";

/** A request as it reaches a broker. */
export interface RequestFacts {
  readonly api: Api;
  readonly version: number;
  readonly node: number;
  readonly clientId: string;
  /** The decoded body. */
  readonly request: unknown;
}

/**
 * What becomes of a request. A connection is one stream of bytes: what is delayed holds up all behind it, and after
 * a loss nothing more gets through, until the client gives the connection up.
 *
 *   deliver       as ever
 *   delay         the request, the answer or both are under way for so long
 *   loseRequest   it never arrives
 *   loseResponse  it is carried out, and nobody hears of it
 *   cut           the connection breaks, before the request is carried out or after
 *   duplicate     it is carried out twice; the second answer is given
 *   answer        the given error instead of an answer, whether the request is carried out or not
 */
export type Fault =
  | { readonly kind: "deliver" }
  | { readonly kind: "delay"; readonly requestMs: number; readonly responseMs: number }
  | { readonly kind: "loseRequest" }
  | { readonly kind: "loseResponse" }
  | { readonly kind: "cut"; readonly carriedOut: boolean }
  | { readonly kind: "duplicate" }
  | { readonly kind: "answer"; readonly code: number; readonly carriedOut: boolean };

const DELIVER: Fault = { kind: "deliver" };

/** Faults on demand, for simulations and tests. */
export class Faults {
  readonly #cluster: Cluster;
  readonly #cutConnections: (node: number) => void;
  /** Decides about each request; undefined: all are delivered. */
  onRequest: ((facts: RequestFacts) => Fault) | undefined;

  constructor(cluster: Cluster, cutConnections: (node: number) => void) {
    this.#cluster = cluster;
    this.#cutConnections = cutConnections;
  }

  decide(facts: RequestFacts): Fault {
    return this.onRequest?.(facts) ?? DELIVER;
  }

  /** How long the marker of a transaction's end is under way to each partition ("topic-0", "__consumer_offsets-7"). */
  delayMarkers(delayMs: (partition: PartitionKey) => number): void {
    this.#cluster.markerDelayMs = delayMs;
  }

  /** Another broker leads the partition from now on, under a new epoch. Default: the next one that is up. */
  moveLeader(topic: string, index: number, to?: number): void {
    const partition = this.#cluster.partition(topic, index);
    if (partition === undefined) return;
    this.#cluster.moveLeader(partition, to ?? this.#nextUp(partition.leader));
  }

  /**
   * Another broker coordinates the group or transactional.id from now on, and reads its log for `loadingMs` first.
   * With one broker it is the same one, loading anew.
   */
  moveCoordinator(
    kind: SeatKind,
    key: string,
    move: { readonly to?: number; readonly loadingMs?: number } = {},
  ): void {
    const index = seatIndexOf(key);
    const to = move.to ?? this.#nextUp(this.#cluster.seats[kind][index]!.node);
    this.#cluster.moveSeat(kind, index, to, move.loadingMs ?? 0);
  }

  /** Its connections break, and nobody can connect; others take over what it led, if there are any. */
  stopBroker(node: number, loadingMs = 0): void {
    this.#cluster.nodes[node]!.isUp = false;
    this.#cutConnections(node);
    for (const partition of this.#cluster.partitions()) {
      if (partition.leader === node) this.#cluster.moveLeader(partition, this.#nextUp(node));
    }
    this.#moveSeats(node, loadingMs);
  }

  /** It comes back as a follower; what nobody led meanwhile, it leads. */
  startBroker(node: number, loadingMs = 0): void {
    this.#cluster.nodes[node]!.isUp = true;
    for (const partition of this.#cluster.partitions()) {
      if (partition.leader === -1) this.#cluster.moveLeader(partition, node);
    }
    this.#moveSeats(-1, loadingMs);
  }

  /** Reading and writing the topic is refused with TOPIC_AUTHORIZATION_FAILED. */
  denyTopic(topic: string): void {
    this.#cluster.deniedTopics.add(topic);
  }

  allowTopic(topic: string): void {
    this.#cluster.deniedTopics.delete(topic);
  }

  /** The finalized feature transaction.version, changed while clients are connected. */
  setTransactionVersion(level: number): void {
    this.#cluster.transactionVersion = level;
    this.#cluster.featuresEpoch += 1n;
  }

  #moveSeats(from: number, loadingMs: number): void {
    for (const kind of ["group", "transaction"] as const) {
      for (let index = 0; index < SEATS; index++) {
        if (this.#cluster.seats[kind][index]!.node !== from) continue;
        this.#cluster.moveSeat(kind, index, this.#nextUp(from), loadingMs);
      }
    }
  }

  /** -1: no broker is up. */
  #nextUp(from: number): number {
    const { nodes } = this.#cluster;
    for (let step = 1; step <= nodes.length; step++) {
      const node = nodes[(from + step) % nodes.length]!;
      if (node.isUp) return node.id;
    }
    return -1;
  }
}
