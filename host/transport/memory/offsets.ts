import { CODE } from "./response-codes.ts";

export interface CommittedOffset {
  readonly offset: bigint;
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** Position in the order of all commits: the later one stands. */
  readonly order: number;
}

/** Which partition's offset: "topic-0". */
export type PartitionKey = `${string}-${number}`;

/** Where the offsets of a producer's open transaction wait for its marker. */
type PendingOffsets = Map<string, Map<PartitionKey, CommittedOffset>>;

/** What one partition of __consumer_offsets knows of a producer. */
interface OffsetsProducer {
  epoch: number;
  coordinatorEpoch: number;
  open: boolean;
}

/**
 * Committed offsets, as one partition of __consumer_offsets holds them: those that stand, and per producer those
 * whose transaction is open (Kafka: OffsetMetadataManager.java, ProducerAppendInfo.java for epochs).
 */
export class OffsetsPartition {
  readonly index: number;
  readonly #committed = new Map<string, Map<PartitionKey, CommittedOffset>>();
  readonly #pending = new Map<bigint, PendingOffsets>();
  readonly #producers = new Map<bigint, OffsetsProducer>();
  #order = 0;

  constructor(index: number) {
    this.index = index;
  }

  get(groupId: string, key: PartitionKey): CommittedOffset | undefined {
    return this.#committed.get(groupId)?.get(key);
  }

  of(groupId: string): ReadonlyMap<PartitionKey, CommittedOffset> {
    return this.#committed.get(groupId) ?? new Map();
  }

  /** Does an open transaction hold an offset of this partition? Its outcome is not known yet. */
  isUnstable(groupId: string, key: PartitionKey): boolean {
    for (const groups of this.#pending.values()) if (groups.get(groupId)?.has(key)) return true;
    return false;
  }

  pendingKeys(groupId: string): PartitionKey[] {
    return [...this.#pending.values()].flatMap((groups) => [...(groups.get(groupId)?.keys() ?? [])]);
  }

  commit(groupId: string, key: PartitionKey, offset: Omit<CommittedOffset, "order">): void {
    offsetsOf(this.#committed, groupId).set(key, { ...offset, order: this.#order++ });
  }

  hasOpenTransaction(producerId: bigint, epoch: number): boolean {
    const producer = this.#producers.get(producerId);
    return producer?.open === true && producer.epoch === epoch;
  }

  /** May this producer add offsets? Returns an error code. */
  judge(producerId: bigint, epoch: number): number {
    const producer = this.#producers.get(producerId);
    return producer !== undefined && epoch < producer.epoch ? CODE.INVALID_PRODUCER_EPOCH : CODE.NONE;
  }

  addPending(
    producerId: bigint,
    epoch: number,
    groupId: string,
    offsets: ReadonlyMap<PartitionKey, Omit<CommittedOffset, "order">>,
  ): void {
    const coordinatorEpoch = this.#producers.get(producerId)?.coordinatorEpoch ?? -1;
    this.#producers.set(producerId, { epoch, coordinatorEpoch, open: true });
    let groups = this.#pending.get(producerId);
    if (groups === undefined) this.#pending.set(producerId, (groups = new Map()));
    const pending = offsetsOf(groups, groupId);
    for (const [key, offset] of offsets) pending.set(key, { ...offset, order: this.#order++ });
  }

  /** The end of a transaction reaches this partition: its offsets stand, or are gone. Returns an error code. */
  endTransaction(producerId: bigint, epoch: number, coordinatorEpoch: number, committed: boolean): number {
    const producer = this.#producers.get(producerId);
    if (producer !== undefined && epoch < producer.epoch) return CODE.INVALID_PRODUCER_EPOCH;
    if (producer !== undefined && coordinatorEpoch < producer.coordinatorEpoch) {
      return CODE.TRANSACTION_COORDINATOR_FENCED;
    }
    this.#producers.set(producerId, { epoch, coordinatorEpoch, open: false });
    const groups = this.#pending.get(producerId);
    this.#pending.delete(producerId);
    if (committed && groups !== undefined) this.#promote(groups);
    return CODE.NONE;
  }

  deleteOffset(groupId: string, key: PartitionKey): void {
    this.#committed.get(groupId)?.delete(key);
  }

  /** Its topic was deleted: no group keeps an offset of it. */
  forgetPartition(key: PartitionKey): void {
    for (const offsets of this.#committed.values()) offsets.delete(key);
    for (const groups of this.#pending.values()) for (const offsets of groups.values()) offsets.delete(key);
  }

  deleteGroup(groupId: string): void {
    this.#committed.delete(groupId);
    for (const groups of this.#pending.values()) groups.delete(groupId);
  }

  groups(): string[] {
    return [...this.#committed.keys()];
  }

  #promote(groups: PendingOffsets): void {
    for (const [groupId, offsets] of groups) {
      const standing = offsetsOf(this.#committed, groupId);
      for (const [key, offset] of offsets) {
        // A plain commit that came after the transactional one stays.
        if ((standing.get(key)?.order ?? -1) < offset.order) standing.set(key, offset);
      }
    }
  }
}

function offsetsOf(groups: PendingOffsets, groupId: string): Map<PartitionKey, CommittedOffset> {
  let offsets = groups.get(groupId);
  if (offsets === undefined) groups.set(groupId, (offsets = new Map()));
  return offsets;
}
