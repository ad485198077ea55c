import { ATTRIBUTE_TRANSACTIONAL } from "../../../kernels/abi/record-batch-v2.ts";
import { CODE } from "./response-codes.ts";
import type { BatchHead } from "./stored-batch.ts";

/** A producer's batches which are remembered per partition, to answer a duplicate (Kafka: NUM_BATCHES_TO_RETAIN). */
const BATCHES_REMEMBERED = 5;
const SEQUENCE_MAX = 0x7fffffff;

interface RememberedBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly timestamp: number;
}

/** What one partition knows of one producer. */
export interface ProducerEntry {
  readonly producerId: bigint;
  epoch: number;
  /** Of the present epoch, oldest first. */
  batches: RememberedBatch[];
  coordinatorEpoch: number;
  lastTimestamp: number;
  /** Where its open transaction began in this partition. */
  transactionFirstOffset: number | undefined;
}

export type AppendVerdict =
  | { readonly kind: "append" }
  | { readonly kind: "duplicate"; readonly baseOffset: number; readonly timestamp: number }
  | { readonly kind: "refuse"; readonly code: number };

/**
 * The idempotent producers of one partition. Rules read from Kafka's ProducerAppendInfo.java (checkProducerEpoch,
 * checkSequence, appendDataBatch, appendEndTxnMarker) and UnifiedLog.analyzeAndValidateProducerState.
 */
export class ProducerStates {
  readonly #entries = new Map<bigint, ProducerEntry>();

  get(producerId: bigint): ProducerEntry | undefined {
    return this.#entries.get(producerId);
  }

  values(): Iterable<ProducerEntry> {
    return this.#entries.values();
  }

  /** Is a transaction of this very producer open here? Then nobody asks the coordinator again. */
  hasOpenTransaction(producerId: bigint, epoch: number): boolean {
    const entry = this.#entries.get(producerId);
    return entry?.transactionFirstOffset !== undefined && entry.epoch === epoch;
  }

  /** `bumpsEpochs`: the request is one of transaction version 2, where a new epoch begins at sequence 0. */
  judge(head: BatchHead, bumpsEpochs: boolean): AppendVerdict {
    const entry = this.#entries.get(head.producerId);
    if (entry === undefined) {
      return bumpsEpochs && head.baseSequence !== 0
        ? refuse(CODE.OUT_OF_ORDER_SEQUENCE_NUMBER)
        : { kind: "append" };
    }
    const duplicate = entry.epoch === head.producerEpoch ? duplicateOf(entry, head) : undefined;
    if (duplicate !== undefined) {
      return { kind: "duplicate", baseOffset: duplicate.baseOffset, timestamp: duplicate.timestamp };
    }
    // Since 2.7 a producer with an old epoch learns INVALID_PRODUCER_EPOCH here, and PRODUCER_FENCED only from the
    // transaction coordinator.
    if (head.producerEpoch < entry.epoch) return refuse(CODE.INVALID_PRODUCER_EPOCH);
    if (!isInSequence(entry, head)) return refuse(CODE.OUT_OF_ORDER_SEQUENCE_NUMBER);
    const isTransactional = (head.attributes & ATTRIBUTE_TRANSACTIONAL) !== 0;
    if (entry.transactionFirstOffset !== undefined && !isTransactional) return refuse(CODE.INVALID_TXN_STATE);
    return { kind: "append" };
  }

  /** A batch that was judged "append" now stands at `baseOffset`. */
  note(head: BatchHead, baseOffset: number, timestamp: number): void {
    const entry = this.#entryOf(head.producerId, head.producerEpoch);
    entry.batches.push({
      firstSequence: head.baseSequence,
      lastSequence: plusSequence(head.baseSequence, head.lastOffsetDelta),
      baseOffset,
      timestamp,
    });
    if (entry.batches.length > BATCHES_REMEMBERED) entry.batches.shift();
    entry.lastTimestamp = timestamp;
    if ((head.attributes & ATTRIBUTE_TRANSACTIONAL) !== 0) entry.transactionFirstOffset ??= baseOffset;
  }

  /** May a coordinator of `coordinatorEpoch` end this producer's transaction with `epoch`? */
  judgeMarker(producerId: bigint, epoch: number, coordinatorEpoch: number): number {
    const entry = this.#entries.get(producerId);
    if (entry === undefined) return CODE.NONE;
    if (epoch < entry.epoch) return CODE.INVALID_PRODUCER_EPOCH;
    if (coordinatorEpoch < entry.coordinatorEpoch) return CODE.TRANSACTION_COORDINATOR_FENCED;
    return CODE.NONE;
  }

  /** A marker now stands in the log. Returns where the transaction began here, if it wrote anything. */
  noteMarker(
    producerId: bigint,
    epoch: number,
    coordinatorEpoch: number,
    timestamp: number,
  ): number | undefined {
    const entry = this.#entryOf(producerId, epoch);
    const firstOffset = entry.transactionFirstOffset;
    entry.transactionFirstOffset = undefined;
    entry.coordinatorEpoch = coordinatorEpoch;
    entry.lastTimestamp = timestamp;
    return firstOffset;
  }

  /** Where the oldest open transaction began; Infinity: none is open. */
  firstOpenOffset(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { transactionFirstOffset } of this.#entries.values()) {
      if (transactionFirstOffset !== undefined && transactionFirstOffset < first)
        first = transactionFirstOffset;
    }
    return first;
  }

  /** A new epoch forgets the batches of the one before. */
  #entryOf(producerId: bigint, epoch: number): ProducerEntry {
    let entry = this.#entries.get(producerId);
    if (entry === undefined) {
      entry = {
        producerId,
        epoch,
        batches: [],
        coordinatorEpoch: -1,
        lastTimestamp: -1,
        transactionFirstOffset: undefined,
      };
      this.#entries.set(producerId, entry);
    }
    if (entry.epoch !== epoch) {
      entry.epoch = epoch;
      entry.batches = [];
    }
    return entry;
  }
}

function refuse(code: number): AppendVerdict {
  return { kind: "refuse", code };
}

function duplicateOf(entry: ProducerEntry, head: BatchHead): RememberedBatch | undefined {
  const lastSequence = plusSequence(head.baseSequence, head.lastOffsetDelta);
  return entry.batches.find(
    (batch) => batch.firstSequence === head.baseSequence && batch.lastSequence === lastSequence,
  );
}

function isInSequence(entry: ProducerEntry, head: BatchHead): boolean {
  if (head.producerEpoch !== entry.epoch) return head.baseSequence === 0;
  const last = entry.batches.at(-1)?.lastSequence ?? -1;
  return head.baseSequence === plusSequence(last, 1);
}

/** Sequences wrap from the largest int32 to 0 (Kafka: DefaultRecordBatch.incrementSequence). */
function plusSequence(sequence: number, by: number): number {
  return sequence > SEQUENCE_MAX - by ? by - (SEQUENCE_MAX - sequence) - 1 : sequence + by;
}
