import type { Clock, Timer } from "../../clock.ts";
import type { PartitionKey } from "./offsets.ts";
import type { TransactionMarker } from "./partition.ts";
import { CODE } from "./response-codes.ts";
import { type ProducerIdentity, Transaction } from "./transaction.ts";

const MARKER_RETRY_MS = 20;
const NO_IDENTITY: ProducerIdentity = { producerId: -1n, epoch: -1 };

export interface TransactionSurroundings {
  readonly clock: Clock;
  /** transaction.max.timeout.ms */
  readonly timeoutMsMax: number;
  newProducerId(): bigint;
  /** Is the server's finalized transaction.version 2 or later? */
  bumpsEpochs(): boolean;
  coordinatorEpoch(transactionalId: string): number;
  /** How long the marker to this partition is under way, in milliseconds. */
  markerDelayMs(partition: PartitionKey): number;
  /** Writes a marker; "unavailable": nobody leads the partition for now. Else an error code. */
  writeMarker(partition: PartitionKey, marker: TransactionMarker): number | "unavailable";
}

export interface IdentityAnswer extends ProducerIdentity {
  readonly code: number;
}

/** Markers of one transaction that are still to be written. */
interface Ending {
  readonly waiting: Map<PartitionKey, Timer>;
}

/**
 * The transaction coordinator: who is the living producer of a transactional.id, and how its transaction ends. Read
 * from Kafka's TransactionCoordinator.scala (handleInitProducerId, handleAddPartitionsToTransaction,
 * handleVerifyPartitionsInTransaction, endTransaction, endTransactionWithTV1, abortTimedOutTransactions),
 * TransactionMetadata and TransactionMarkerChannelManager. EndTxn answers as soon as the outcome is decided; each
 * partition gets its marker in its own time.
 */
export class TransactionCoordinator {
  readonly #surroundings: TransactionSurroundings;
  readonly #transactions = new Map<string, Transaction>();
  readonly #endings = new Map<string, Ending>();
  readonly #timeouts = new Map<string, Timer>();

  constructor(surroundings: TransactionSurroundings) {
    this.#surroundings = surroundings;
  }

  get(transactionalId: string): Transaction | undefined {
    return this.#transactions.get(transactionalId);
  }

  all(): Iterable<Transaction> {
    return this.#transactions.values();
  }

  initProducerId(
    transactionalId: string | null,
    timeoutMs: number,
    expected: ProducerIdentity | undefined,
  ): IdentityAnswer {
    if (transactionalId === null) {
      return { code: CODE.NONE, producerId: this.#surroundings.newProducerId(), epoch: 0 };
    }
    if (transactionalId === "") return refused(CODE.INVALID_REQUEST);
    if (timeoutMs <= 0 || timeoutMs > this.#surroundings.timeoutMsMax) {
      return refused(CODE.INVALID_TRANSACTION_TIMEOUT);
    }
    let transaction = this.#transactions.get(transactionalId);
    if (transaction === undefined) {
      transaction = new Transaction(transactionalId, this.#surroundings.newProducerId(), timeoutMs);
      this.#transactions.set(transactionalId, transaction);
    }
    return this.#initialize(transaction, timeoutMs, expected);
  }

  /** AddPartitionsToTxn, AddOffsetsToTxn, and the implicit adds of transaction version 2. Returns an error code. */
  addPartitions(
    transactionalId: string,
    producer: ProducerIdentity,
    partitions: readonly PartitionKey[],
  ): number {
    const transaction = this.#transactions.get(transactionalId);
    if (transactionalId === "") return CODE.INVALID_REQUEST;
    if (transaction === undefined || transaction.producerId !== producer.producerId) {
      return CODE.INVALID_PRODUCER_ID_MAPPING;
    }
    if (transaction.epoch !== producer.epoch) return CODE.PRODUCER_FENCED;
    if (transaction.isEnding) return CODE.CONCURRENT_TRANSACTIONS;
    if (transaction.state !== "Ongoing") this.#startTimeout(transaction);
    transaction.add(partitions, this.#surroundings.clock.now());
    return CODE.NONE;
  }

  /** Is this partition part of the producer's open transaction (KIP-890, part 1)? Returns an error code. */
  verifyPartition(transactionalId: string, producer: ProducerIdentity, partition: PartitionKey): number {
    const transaction = this.#transactions.get(transactionalId);
    if (transactionalId === "") return CODE.INVALID_REQUEST;
    if (transaction === undefined || transaction.producerId !== producer.producerId) {
      return CODE.INVALID_PRODUCER_ID_MAPPING;
    }
    if (transaction.epoch !== producer.epoch) return CODE.PRODUCER_FENCED;
    if (transaction.isEnding) return CODE.CONCURRENT_TRANSACTIONS;
    return transaction.partitions.has(partition) ? CODE.NONE : CODE.TRANSACTION_ABORTABLE;
  }

  /** EndTxn. `bumpsEpochs`: version 5 or later of it. */
  endTransaction(
    transactionalId: string,
    producer: ProducerIdentity,
    committed: boolean,
    bumpsEpochs: boolean,
  ): IdentityAnswer {
    const transaction = this.#transactions.get(transactionalId);
    if (transactionalId === "") return refused(CODE.INVALID_REQUEST);
    if (transaction === undefined) return refused(CODE.INVALID_PRODUCER_ID_MAPPING);
    const step = bumpsEpochs
      ? judgeEndBumping(transaction, producer, committed)
      : judgeEndPlain(transaction, producer, committed);
    if (step === "end") return this.#end(transaction, committed, bumpsEpochs);
    if (step !== CODE.NONE) return refused(step);
    return { code: CODE.NONE, producerId: transaction.producerId, epoch: transaction.epoch };
  }

  /** Another broker coordinates these from now on: what was under way to partitions is sent anew by that one. */
  reload(isMoved: (transactionalId: string) => boolean): void {
    for (const transaction of this.#transactions.values()) {
      if (!isMoved(transaction.transactionalId)) continue;
      this.#cancelMarkers(transaction.transactionalId);
      if (transaction.isEnding) this.#sendMarkers(transaction);
    }
  }

  #initialize(
    transaction: Transaction,
    timeoutMs: number,
    expected: ProducerIdentity | undefined,
  ): IdentityAnswer {
    if (expected !== undefined && !transaction.knows(expected)) return refused(CODE.PRODUCER_FENCED);
    if (transaction.isEnding) return refused(CODE.CONCURRENT_TRANSACTIONS);
    if (transaction.state === "Ongoing") {
      this.#fence(transaction);
      return refused(CODE.CONCURRENT_TRANSACTIONS);
    }
    if (transaction.isEpochExhausted && (expected === undefined || expected.epoch === transaction.epoch)) {
      transaction.rotate(this.#surroundings.newProducerId(), timeoutMs, expected !== undefined);
    } else if (transaction.isEpochExhausted || !transaction.raiseEpoch(expected?.epoch, timeoutMs)) {
      return refused(CODE.PRODUCER_FENCED);
    }
    return { code: CODE.NONE, producerId: transaction.producerId, epoch: transaction.epoch };
  }

  /** Aborts on behalf of the coordinator itself; the raised epoch, which nobody gets, locks the producer out. */
  #fence(transaction: Transaction): void {
    const bumpsEpochs = this.#surroundings.bumpsEpochs();
    if (!bumpsEpochs) {
      transaction.epoch += 1; // else the end itself raises it
      transaction.lastEpoch = -1;
    }
    this.#end(transaction, false, bumpsEpochs);
  }

  #end(transaction: Transaction, committed: boolean, bumpsEpochs: boolean): IdentityAnswer {
    const { clock } = this.#surroundings;
    const rotates = bumpsEpochs && transaction.isEpochExhausted;
    const nextProducerId = rotates ? this.#surroundings.newProducerId() : -1n;
    this.#timeouts.get(transaction.transactionalId)?.cancel();
    this.#timeouts.delete(transaction.transactionalId);
    transaction.prepare(committed, bumpsEpochs, nextProducerId, clock.now());
    const identity = transaction.identityAfterEnd;
    this.#sendMarkers(transaction);
    return { code: CODE.NONE, ...identity };
  }

  #startTimeout(transaction: Transaction): void {
    const { transactionalId } = transaction;
    this.#timeouts.get(transactionalId)?.cancel();
    const timer = this.#surroundings.clock.timer(transaction.timeoutMs, () => {
      this.#timeouts.delete(transactionalId);
      if (transaction.state === "Ongoing") this.#fence(transaction);
    });
    this.#timeouts.set(transactionalId, timer);
  }

  #sendMarkers(transaction: Transaction): void {
    const ending: Ending = { waiting: new Map() };
    this.#endings.set(transaction.transactionalId, ending);
    const marker: TransactionMarker = {
      producerId: transaction.producerId,
      producerEpoch: transaction.epoch,
      coordinatorEpoch: this.#surroundings.coordinatorEpoch(transaction.transactionalId),
      committed: transaction.state === "PrepareCommit",
    };
    for (const partition of transaction.partitions) {
      this.#sendMarker(transaction, ending, partition, marker, this.#surroundings.markerDelayMs(partition));
    }
    this.#completeOnceWritten(transaction, ending);
  }

  #sendMarker(
    transaction: Transaction,
    ending: Ending,
    partition: PartitionKey,
    marker: TransactionMarker,
    delayMs: number,
  ): void {
    const timer = this.#surroundings.clock.timer(delayMs, () => {
      const outcome = this.#surroundings.writeMarker(partition, marker);
      if (outcome === "unavailable") {
        this.#sendMarker(transaction, ending, partition, marker, MARKER_RETRY_MS);
        return;
      }
      // An error code means that a later epoch has been there already: nothing is left to do.
      ending.waiting.delete(partition);
      this.#completeOnceWritten(transaction, ending);
    });
    ending.waiting.set(partition, timer);
  }

  #completeOnceWritten(transaction: Transaction, ending: Ending): void {
    if (ending.waiting.size > 0) return;
    this.#endings.delete(transaction.transactionalId);
    transaction.complete();
  }

  #cancelMarkers(transactionalId: string): void {
    for (const timer of this.#endings.get(transactionalId)?.waiting.values() ?? []) timer.cancel();
    this.#endings.delete(transactionalId);
  }
}

/** What follows from an EndTxn: an error code (0: it is done already), or "end": do it now. */
type EndStep = number | "end";

/** EndTxn of transaction version 2 (Kafka: endTransaction). A retry is known by the epoch before the last. */
function judgeEndBumping(transaction: Transaction, producer: ProducerIdentity, committed: boolean): EndStep {
  const { state, producerId, epoch, previousProducerId } = transaction;
  const isOverflowRetry =
    previousProducerId === producer.producerId && producer.epoch === 32_766 && epoch === 0;
  const isRetry = epoch === producer.epoch + 1 || isOverflowRetry;
  if (producerId !== producer.producerId && !isOverflowRetry) return CODE.INVALID_PRODUCER_ID_MAPPING;
  const isPresent = producer.epoch === epoch;
  switch (state) {
    case "Empty":
      if (!isPresent) return CODE.PRODUCER_FENCED;
      return committed ? CODE.INVALID_TXN_STATE : "end";
    case "Ongoing":
      return isPresent ? "end" : CODE.PRODUCER_FENCED;
    case "PrepareCommit":
    case "PrepareAbort":
      if (epoch !== producer.epoch + 1) return CODE.PRODUCER_FENCED;
      return committed === (state === "PrepareCommit")
        ? CODE.CONCURRENT_TRANSACTIONS
        : CODE.INVALID_TXN_STATE;
    case "CompleteCommit":
    case "CompleteAbort":
      if (!isRetry && !isPresent) return CODE.PRODUCER_FENCED;
      if (isRetry) return committed === (state === "CompleteCommit") ? CODE.NONE : CODE.INVALID_TXN_STATE;
      return committed ? CODE.INVALID_TXN_STATE : "end";
  }
}

/** EndTxn below version 5 (Kafka: endTransactionWithTV1). */
function judgeEndPlain(transaction: Transaction, producer: ProducerIdentity, committed: boolean): EndStep {
  if (transaction.producerId !== producer.producerId) return CODE.INVALID_PRODUCER_ID_MAPPING;
  if (transaction.epoch !== producer.epoch) return CODE.PRODUCER_FENCED;
  switch (transaction.state) {
    case "Ongoing":
      return "end";
    case "Empty":
      return CODE.INVALID_TXN_STATE;
    case "PrepareCommit":
      return committed ? CODE.CONCURRENT_TRANSACTIONS : CODE.INVALID_TXN_STATE;
    case "PrepareAbort":
      return committed ? CODE.INVALID_TXN_STATE : CODE.CONCURRENT_TRANSACTIONS;
    case "CompleteCommit":
      return committed ? CODE.NONE : CODE.INVALID_TXN_STATE;
    case "CompleteAbort":
      return committed ? CODE.INVALID_TXN_STATE : CODE.NONE;
  }
}

function refused(code: number): IdentityAnswer {
  return { code, ...NO_IDENTITY };
}
