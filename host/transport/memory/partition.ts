import { ATTRIBUTE_TRANSACTIONAL, LENGTH_AT, LENGTH_OVERHEAD } from "../../../kernels/abi/record-batch-v2.ts";
import { controlBatch } from "./control-batch.ts";
import { codeOfRecords } from "./judge-records.ts";
import { Log } from "./log.ts";
import { ProducerStates } from "./producer-state.ts";
import { CODE } from "./response-codes.ts";
import { type BatchHead, faultOfBatches, NO_PRODUCER_ID, readBatchHead } from "./stored-batch.ts";

export interface AppendAnswer {
  readonly code: number;
  readonly baseOffset: number;
  /** -1 unless the topic stamps LogAppendTime. */
  readonly appendTimeMs: number;
}

export interface FetchedBytes {
  readonly records: Buffer;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly abortedTransactions: readonly { readonly producerId: bigint; readonly firstOffset: number }[];
}

/** An aborted transaction of one partition: its first record, and its marker. */
interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/** How a partition stamps and checks what it takes in; part of its topic's configuration. */
export interface AppendRules {
  readonly logAppendTime: boolean;
  readonly batchBytesMax: number;
  /** The topic is compacted: no record without key. */
  readonly keysRequired: boolean;
  /** How far a record's time may lie before the broker's and after it, in milliseconds. */
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  /** Whether the CRC of each produced batch is checked, as brokers do. */
  readonly checksums: boolean;
}

/**
 * One partition: its log, its producers, its leader. There is one copy of the log, so the high watermark is its end.
 *
 *        log start            first open         high watermark,
 *        offset               transaction        log end offset
 *   ─────────┼──────────────────────┼────────────────────┼──▶
 *            │ read_committed ends  ▲ last stable offset │
 *            │ read_uncommitted ends                     ▲
 */
export class Partition {
  readonly topic: string;
  readonly index: number;
  readonly log = new Log();
  readonly producers = new ProducerStates();
  /** Node id of the leader; -1: nobody leads. */
  leader: number;
  leaderEpoch = 0;
  readonly #aborted: AbortedTransaction[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(topic: string, index: number, leader: number) {
    this.topic = topic;
    this.index = index;
    this.leader = leader;
  }

  get highWatermark(): number {
    return this.log.endOffset;
  }

  get lastStableOffset(): number {
    return Math.min(this.highWatermark, this.producers.firstOpenOffset());
  }

  /** Calls `changed` after each append and each move of leader or offsets, until the returned function is called. */
  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  notify(): void {
    for (const changed of [...this.#watchers]) changed();
  }

  /**
   * All batches of one produce request, or none (Kafka: UnifiedLog.append). `bumpsEpochs`: the request is one of
   * transaction version 2.
   */
  append(records: Buffer, nowMs: number, rules: AppendRules, bumpsEpochs: boolean): AppendAnswer {
    const fault = faultOfBatches(records, rules.checksums);
    if (fault === "corrupt") return refused(CODE.CORRUPT_MESSAGE);
    if (fault === "invalid") return refused(CODE.INVALID_RECORD);
    const heads = headsOf(records);
    if (heads.some((head) => head.bytes > rules.batchBytesMax)) return refused(CODE.MESSAGE_TOO_LARGE);
    for (const { at, bytes } of heads) {
      const code = codeOfRecords(records.subarray(at, at + bytes), nowMs, rules);
      if (code !== CODE.NONE) return refused(code);
    }
    const known = this.#answerWithoutAppend(heads, bumpsEpochs, rules.logAppendTime);
    if (known !== undefined) return known;

    const baseOffset = this.log.endOffset;
    for (const head of heads) {
      const bytes = records.subarray(head.at, head.at + head.bytes);
      const stored = this.log.append(bytes, this.leaderEpoch, rules.logAppendTime ? nowMs : undefined);
      if (head.producerId !== NO_PRODUCER_ID)
        this.producers.note(head, stored.baseOffset, stored.maxTimestamp);
    }
    this.notify();
    return { code: CODE.NONE, baseOffset, appendTimeMs: rules.logAppendTime ? nowMs : -1 };
  }

  /** The end of a transaction, written by its coordinator (WriteTxnMarkers). Returns an error code. */
  appendMarker(marker: TransactionMarker, nowMs: number): number {
    const { producerId, producerEpoch, coordinatorEpoch, committed } = marker;
    const code = this.producers.judgeMarker(producerId, producerEpoch, coordinatorEpoch);
    if (code !== CODE.NONE) return code;
    const { baseOffset } = this.log.append(controlBatch(marker, nowMs), this.leaderEpoch);
    const firstOffset = this.producers.noteMarker(producerId, producerEpoch, coordinatorEpoch, nowMs);
    // A marker without data changes nothing that a reader sees.
    if (firstOffset !== undefined && !committed) {
      this.#aborted.push({ producerId, firstOffset, lastOffset: baseOffset });
    }
    this.notify();
    return CODE.NONE;
  }

  /** The caller has checked that `fromOffset` lies in the log. */
  fetch(fromOffset: number, committedOnly: boolean, bytesMax: number, wholeFirst: boolean): FetchedBytes {
    const lastStableOffset = this.lastStableOffset;
    const end = committedOnly ? lastStableOffset : this.highWatermark;
    const records = this.log.read(fromOffset, end, bytesMax, wholeFirst);
    return {
      records,
      highWatermark: this.highWatermark,
      lastStableOffset,
      abortedTransactions: committedOnly ? this.#abortedBetween(fromOffset, end) : [],
    };
  }

  /** Was the transaction aborted in which this producer wrote the record at `offset`? */
  isAborted(producerId: bigint, offset: number): boolean {
    return this.#aborted.some(
      (aborted) =>
        aborted.producerId === producerId && offset >= aborted.firstOffset && offset <= aborted.lastOffset,
    );
  }

  /** DeleteRecords. */
  deleteBefore(offset: number): void {
    this.log.deleteBefore(offset);
    this.notify();
  }

  /**
   * In the order in which they were aborted, not in the order of their first offsets, and some may lie beyond the
   * bytes of the answer: as a broker has them in its index (Kafka: TransactionIndex.collectAbortedTxns).
   */
  #abortedBetween(fromOffset: number, endOffset: number) {
    return this.#aborted.filter(
      ({ firstOffset, lastOffset }) => lastOffset >= fromOffset && firstOffset < endOffset,
    );
  }

  /** A refusal, or the first answer over again for a duplicate; undefined: the batches are to be appended. */
  #answerWithoutAppend(
    heads: readonly BatchHead[],
    bumpsEpochs: boolean,
    logAppendTime: boolean,
  ): AppendAnswer | undefined {
    for (const head of heads) {
      const isTransactional = (head.attributes & ATTRIBUTE_TRANSACTIONAL) !== 0;
      if (head.producerId === NO_PRODUCER_ID) {
        if (isTransactional) return refused(CODE.INVALID_RECORD);
        continue;
      }
      // Kafka: ProduceRequest.validateRecords: a producer with an id sends one batch a partition.
      if (heads.length > 1 || head.baseSequence < 0) return refused(CODE.INVALID_RECORD);
      const verdict = this.producers.judge(head, bumpsEpochs && isTransactional);
      if (verdict.kind === "refuse") return refused(verdict.code);
      if (verdict.kind === "duplicate") {
        const appendTimeMs = logAppendTime ? verdict.timestamp : -1;
        return { code: CODE.NONE, baseOffset: verdict.baseOffset, appendTimeMs };
      }
    }
    return undefined;
  }
}

export interface TransactionMarker {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly committed: boolean;
}

function refused(code: number): AppendAnswer {
  return { code, baseOffset: -1, appendTimeMs: -1 };
}

function headsOf(records: Buffer): BatchHead[] {
  const heads: BatchHead[] = [];
  let at = 0;
  while (at < records.length) {
    heads.push(readBatchHead(records, at));
    at += LENGTH_OVERHEAD + records.readInt32BE(at + LENGTH_AT);
  }
  return heads;
}
