import type { PartitionKey } from "./offsets.ts";

/** The coordinator never hands out 32767, so that it can always fence once more. */
const EPOCH_LAST = 32_766;
const EPOCH_MAX = 32_767;

/**
 *            InitProducerId          first partition            EndTxn, time-out, fence
 *   (new) ─────────────────▶ Empty ──────────────────▶ Ongoing ────────────────────────▶ PrepareCommit
 *                              ▲                          ▲                              PrepareAbort
 *                              │ InitProducerId           │ first partition                  │ all markers
 *                              └──────────────────────────┴── CompleteCommit, CompleteAbort ◀┘ are written
 */
export type TransactionState =
  | "Empty"
  | "Ongoing"
  | "PrepareCommit"
  | "PrepareAbort"
  | "CompleteCommit"
  | "CompleteAbort";

export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly epoch: number;
}

/**
 * What the coordinator keeps of one transactional.id (Kafka: TransactionMetadata). The methods are its transitions;
 * who may ask for them is the coordinator's affair.
 */
export class Transaction {
  readonly transactionalId: string;
  producerId: bigint;
  previousProducerId = -1n;
  /** Taken by a producer whose epochs ran out, once the markers are written. */
  nextProducerId = -1n;
  epoch = -1;
  lastEpoch = -1;
  timeoutMs: number;
  state: TransactionState = "Empty";
  readonly partitions = new Set<PartitionKey>();
  startedMs = -1;
  /** Was the last EndTxn one of transaction version 2, which raises the epoch? */
  bumpsEpochs = false;

  constructor(transactionalId: string, producerId: bigint, timeoutMs: number) {
    this.transactionalId = transactionalId;
    this.producerId = producerId;
    this.timeoutMs = timeoutMs;
  }

  get isEpochExhausted(): boolean {
    return this.epoch >= EPOCH_LAST;
  }

  get isEnding(): boolean {
    return this.state === "PrepareCommit" || this.state === "PrepareAbort";
  }

  /**
   * May a producer that says who it believes to be go on here (KIP-360)? Its epoch is judged by `raiseEpoch`
   * (Kafka: TransactionCoordinator.prepareInitProducerIdTransit).
   */
  knows(expected: ProducerIdentity): boolean {
    return (
      this.epoch === -1 ||
      expected.producerId === this.producerId ||
      (expected.producerId === this.previousProducerId && expected.epoch >= EPOCH_LAST)
    );
  }

  /** false: the producer is fenced. A retry of the request before gets its epoch again, without a raise. */
  raiseEpoch(expectedEpoch: number | undefined, timeoutMs: number): boolean {
    if (expectedEpoch === undefined) {
      this.lastEpoch = -1;
      this.epoch += 1;
    } else if (this.epoch === -1 || expectedEpoch === this.epoch) {
      this.lastEpoch = this.epoch;
      this.epoch += 1;
    } else if (expectedEpoch !== this.lastEpoch) {
      return false;
    }
    this.#reset(this.producerId, timeoutMs);
    return true;
  }

  /** A new producer id, from epoch 0 on. */
  rotate(producerId: bigint, timeoutMs: number, keepLastEpoch: boolean): void {
    this.lastEpoch = keepLastEpoch ? this.epoch : -1;
    this.epoch = 0;
    this.#reset(producerId, timeoutMs);
  }

  add(partitions: Iterable<PartitionKey>, nowMs: number): void {
    if (this.state !== "Ongoing") this.startedMs = nowMs;
    this.state = "Ongoing";
    for (const partition of partitions) this.partitions.add(partition);
  }

  /** The outcome is decided from here on. `nextProducerId`: for a producer whose epochs have run out. */
  prepare(committed: boolean, bumpsEpochs: boolean, nextProducerId: bigint, nowMs: number): void {
    if (this.state !== "Ongoing") this.startedMs = nowMs;
    this.state = committed ? "PrepareCommit" : "PrepareAbort";
    this.bumpsEpochs = bumpsEpochs;
    if (!bumpsEpochs) return;
    this.lastEpoch = this.epoch;
    this.epoch = Math.min(this.epoch + 1, EPOCH_MAX);
    this.nextProducerId = nextProducerId;
  }

  /** Whom the client goes on as after its EndTxn. */
  get identityAfterEnd(): ProducerIdentity {
    if (this.nextProducerId !== -1n) return { producerId: this.nextProducerId, epoch: 0 };
    return { producerId: this.producerId, epoch: this.epoch };
  }

  /** All markers are written. */
  complete(): void {
    this.state = this.state === "PrepareCommit" ? "CompleteCommit" : "CompleteAbort";
    this.partitions.clear();
    if (!this.bumpsEpochs) return;
    const { producerId, epoch } = this.identityAfterEnd;
    this.previousProducerId = this.producerId;
    this.producerId = producerId;
    this.epoch = epoch;
    this.nextProducerId = -1n;
  }

  #reset(producerId: bigint, timeoutMs: number): void {
    this.previousProducerId = this.producerId;
    this.producerId = producerId;
    this.timeoutMs = timeoutMs;
    this.state = "Empty";
    this.partitions.clear();
    this.startedMs = -1;
  }
}
