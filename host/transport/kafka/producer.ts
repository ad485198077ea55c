import { assert } from "../../assert.ts";
import { PeridotError } from "../../errors.ts";
import type {
  Compression,
  MemberIdentity,
  OffsetToCommit,
  OutgoingBatch,
  Producer,
  ProducerSettings,
} from "../port.ts";
import { BatchSender } from "./batch-sender.ts";
import type { Cluster } from "./cluster.ts";
import { compressBatch } from "./compression/compress-batches.ts";
import type { Stamp } from "./producer-queue.ts";
import { stampBatch } from "./stamp-batch.ts";
import {
  type ProducerIdentity,
  TransactionProtocol,
  type TransactionVersion,
} from "./transaction-protocol.ts";

const REQUEST_BYTES_MAX = 900_000;
const TRANSACTION_TIMEOUT_MS = 10_000;

/**
 * An idempotent producer, transactional when it has a transactional.id (KIP-98, KIP-360, KIP-890).
 *
 *   new -init-> ready -send, sendOffsets-> open -commit, abort-> ready;  any -failure-> failed -init-> ready
 *
 * What is handed to `send` while a commit is under way belongs to the next transaction.
 */
export class ClusterProducer implements Producer {
  readonly #cluster: Cluster;
  readonly #settings: ProducerSettings;
  readonly #protocol: TransactionProtocol;
  #state: "new" | "ready" | "open" | "ending" | "failed" = "new";
  #identity: ProducerIdentity | undefined;
  #version: TransactionVersion = 1;
  /** No transaction before version 2 was begun under the present epoch. */
  #isEpochFresh = false;
  #sender: BatchSender;
  /** Groups whose offsets were added to the open transaction (before version 2). */
  readonly #groups = new Set<string>();
  #hasSentOffsets = false;
  #failure: PeridotError | undefined;
  /** An init has begun and not succeeded: whether the transaction before it is open, nobody knows. */
  #isUnsettled = false;

  constructor(cluster: Cluster, settings: ProducerSettings) {
    this.#cluster = cluster;
    this.#settings = settings;
    const timeoutMs = settings.transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS;
    this.#protocol = new TransactionProtocol(cluster, settings.transactionalId, timeoutMs);
    this.#sender = this.#newSender();
  }

  get pendingBytes(): number {
    return this.#sender.pendingBytes;
  }

  async init(): Promise<void> {
    this.#sender.fail(new PeridotError("CLIENT_CLOSED", { what: "the producer's former life" }));
    this.#sender = this.#newSender();
    this.#state = "failed";
    this.#isUnsettled = true;
    await this.#orFail(() => this.#takeNewEpoch());
    this.#isUnsettled = false;
    this.#failure = undefined;
    this.#state = "ready";
    this.#beginAnew();
  }

  send(batch: OutgoingBatch): void {
    assert(this.#state !== "new", "init() comes before send()");
    if (this.#failure !== undefined) {
      batch.release?.();
      return;
    }
    if (this.#state === "ready") this.#begin();
    this.#sender.add(batch);
  }

  async flush(): Promise<void> {
    await this.#sender.settled();
    this.#check();
  }

  async sendOffsets(offsets: readonly OffsetToCommit[], member: MemberIdentity): Promise<void> {
    assert(this.#settings.transactionalId !== undefined, "sendOffsets() needs a transactional.id");
    assert(this.#state !== "new" && this.#state !== "ending", "sendOffsets() belongs into a transaction");
    this.#check();
    if (offsets.length === 0) return;
    if (this.#state === "ready") this.#begin();
    this.#hasSentOffsets = true;
    await this.#orFail(async () => {
      const identity = this.#identity!;
      if (this.#version === 1 && !this.#groups.has(member.groupId)) {
        await this.#protocol.addOffsets(identity, member.groupId);
        this.#groups.add(member.groupId);
      }
      await this.#protocol.commitOffsets(this.#version, identity, offsets, member);
    });
  }

  async commit(): Promise<void> {
    this.#check();
    if (this.#state === "ready" || this.#settings.transactionalId === undefined) return;
    assert(this.#state === "open", "commit() needs an open transaction");
    assert(this.#sender.isIdle, "flush() comes before commit()");
    await this.#end(true);
  }

  async abort(): Promise<void> {
    const failure = this.#failure ?? this.#sender.failure;
    // Of a member that is fenced the producer is still good: its transaction must not hold up who follows it.
    const mayAbort =
      failure === undefined || failure.kind === "abortable" || failure.code === "INSTANCE_FENCED";
    if (failure !== undefined && (this.#isUnsettled || !mayAbort)) throw failure;
    await this.#sender.drain();
    if (this.#settings.transactionalId === undefined) {
      if (this.#sender.failure !== undefined || this.#sender.hasGap) await this.init();
      return;
    }
    if (this.#state === "ready" || this.#state === "new") return;
    const hasGap = this.#sender.hasGap || this.#sender.failure !== undefined;
    // The broker may still get what we have given up. A marker of the same epoch would let it in, for the next
    // commit to make it visible: below version 2 the marker of a new epoch comes by InitProducerId alone.
    if (this.#version === 1 && hasGap) return this.init();
    const isKnown = this.#sender.hasSent || this.#hasSentOffsets;
    this.#failure = undefined;
    this.#state = "ready";
    if (this.#sender.failure !== undefined) this.#sender = this.#newSender();
    if (isKnown) await this.#end(false);
  }

  async close(): Promise<void> {
    this.#sender.fail(new PeridotError("CLIENT_CLOSED", { what: "the producer" }));
    this.#failure ??= new PeridotError("CLIENT_CLOSED", { what: "the producer" });
    this.#state = "failed";
  }

  async #end(committed: boolean): Promise<void> {
    this.#state = "ending";
    this.#sender.hold();
    await this.#orFail(async () => {
      this.#identity = await this.#protocol.endTransaction(this.#version, this.#identity!, committed);
      if (this.#version === 1 && this.#protocol.version() === 2) await this.#takeNewEpoch();
      this.#state = "ready";
      this.#sender.hasGap = false;
    });
    this.#beginAnew();
  }

  /** Hands over what came in while the last transaction ended. */
  #beginAnew(): void {
    if (!this.#sender.isIdle) this.#begin();
  }

  async #takeNewEpoch(): Promise<void> {
    this.#identity = await this.#protocol.initProducer();
    this.#isEpochFresh = true;
  }

  /**
   * Version 2 begins with a new epoch (Kafka: TransactionManager.clientSideEpochBumpRequired): the last transaction's
   * marker, which may still be under way, would end what is written under the same epoch.
   */
  #begin(): void {
    this.#version = this.#isEpochFresh ? this.#protocol.version() : 1;
    this.#isEpochFresh = this.#version === 2;
    this.#hasSentOffsets = false;
    this.#state = "open";
    this.#groups.clear();
    const version = this.#settings.transactionalId === undefined ? undefined : this.#version;
    this.#sender.begin({ identity: this.#identity!, version });
  }

  async #orFail(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#failure ??= error as PeridotError;
      this.#state = "failed";
      throw error;
    }
  }

  #check(): void {
    const failure = this.#failure ?? this.#sender.failure;
    if (failure === undefined) return;
    this.#failure = failure;
    this.#state = "failed";
    throw failure;
  }

  #newSender(): BatchSender {
    const { transactionalId, requestBytesMax } = this.#settings;
    return new BatchSender({
      cluster: this.#cluster,
      transactionalId,
      requestBytesMax: requestBytesMax ?? REQUEST_BYTES_MAX,
      requestTimeoutMs:
        transactionalId === undefined ? this.#cluster.timeouts.requestMs : this.#protocol.requestTimeoutMs,
      stamp: stampFor(transactionalId !== undefined, this.#settings.compression ?? "none"),
      admit: (partitions) => this.#protocol.addPartitions(this.#identity!, partitions),
    });
  }
}

function stampFor(transactional: boolean, compression: Compression): Stamp {
  return (bytes, { producerId, producerEpoch }, baseSequence) => {
    stampBatch(bytes, { producerId, epoch: producerEpoch, baseSequence, transactional });
    return compression === "none" ? bytes : compressBatch(bytes, compression);
  };
}
