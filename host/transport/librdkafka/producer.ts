import { assert } from "../../assert.ts";
import { PeridotError } from "../../errors.ts";
import { decodeBatch } from "../batch-codec.ts";
import type { Cluster } from "../kafka/cluster.ts";
import { requirePartitions } from "../kafka/produce-error.ts";
import { type ProducerIdentity, TransactionProtocol } from "../kafka/transaction-protocol.ts";
import type { MemberIdentity, OffsetToCommit, OutgoingBatch, Producer, ProducerSettings } from "../port.ts";
import type { Binding, NativeError, Properties } from "./binding.ts";
import { NATIVE_CODES } from "./native-codes.ts";
import { callError, deliveryError } from "./native-errors.ts";
import { NativeProducerLife } from "./native-producer.ts";

const REQUEST_BYTES_MAX = 900_000;
const TRANSACTION_TIMEOUT_MS = 10_000;
/** librdkafka's largest; the topic's own limit is the broker's to keep. */
const MESSAGE_BYTES_MAX = 1_000_000_000;
/** librdkafka's own bound on what it holds; the stream thread's is far below. */
const QUEUE_KBYTES_MAX = 2_097_151;
const QUEUE_FULL_WAIT_MS = 5;

export interface ProducerParts {
  readonly binding: Binding;
  readonly cluster: Cluster;
  /** Called with what must be closed with the transport. */
  readonly onMade: (close: () => Promise<void>) => void;
}

/**
 * A producer whose records are written by librdkafka.
 *
 *   new -init-> ready -send, sendOffsets-> open -commit, abort-> ready;  any -failure-> failed -init-> ready
 *
 * Two clients take part in one transaction, as one producer: librdkafka adds partitions, writes and ends it; our own
 * client adds the offsets, under librdkafka's producer id and epoch, since the binding would send them under the
 * generation of a consumer of librdkafka's alone, which is in no group. Both are judged by the same coordinator, which
 * knows one epoch of a transactional.id. A transaction without records is ours alone: librdkafka would not end what
 * it has not begun.
 *
 * An epoch lasts as long as a life of librdkafka's producer. Whatever could make it raise its epoch by itself ends that
 * life here: `init` makes a new one. A wrong epoch could only ever be refused.
 */
export class LibrdkafkaProducer implements Producer {
  readonly #parts: ProducerParts;
  readonly #properties: Properties;
  readonly #settings: ProducerSettings;
  readonly #protocol: TransactionProtocol;
  #state: "new" | "ready" | "open" | "ending" | "failed" = "new";
  #life: NativeProducerLife | undefined;
  #identity: ProducerIdentity | undefined;
  #failure: PeridotError | undefined;
  #isUnsettled = false;
  #isClosed = false;
  readonly #queue: OutgoingBatch[] = [];
  #queuedBytes = 0;
  /** Handed to librdkafka since the last flush that it has answered. */
  #unflushedBytes = 0;
  #handing: Promise<void> | undefined;
  /** librdkafka has begun the open transaction. */
  #hasBegun = false;
  readonly #groups = new Set<string>();
  #hasSentOffsets = false;
  readonly #endings = new Set<Promise<void>>();

  constructor(parts: ProducerParts, properties: Properties, settings: ProducerSettings) {
    this.#parts = parts;
    this.#settings = settings;
    const timeoutMs = settings.transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS;
    this.#protocol = new TransactionProtocol(parts.cluster, settings.transactionalId, timeoutMs);
    this.#properties = { ...properties, ...producerProperties(settings, parts.cluster) };
    parts.onMade(() => this.close());
  }

  get pendingBytes(): number {
    return this.#queuedBytes + this.#unflushedBytes;
  }

  async init(): Promise<void> {
    this.#state = "failed";
    this.#isUnsettled = true;
    this.#dropQueue();
    this.#endLife();
    await this.#orFail(() => this.#beginLife());
    this.#isUnsettled = false;
    this.#failure = undefined;
    this.#forgetTransaction();
    this.#state = "ready";
    if (this.#queue.length > 0) this.#open();
  }

  send(batch: OutgoingBatch): void {
    assert(this.#state !== "new", "init() comes before send()");
    if (this.#failure !== undefined) {
      batch.release?.();
      return;
    }
    this.#queue.push(batch);
    this.#queuedBytes += batch.bytes.length;
    if (this.#state === "ready") this.#open();
    else if (this.#state === "open") this.#hand();
  }

  async flush(): Promise<void> {
    await this.#handed();
    this.#check();
    if (this.#unflushedBytes === 0) return;
    await this.#orFail(() => this.#flushLife());
  }

  async sendOffsets(offsets: readonly OffsetToCommit[], member: MemberIdentity): Promise<void> {
    assert(this.#settings.transactionalId !== undefined, "sendOffsets() needs a transactional.id");
    assert(this.#state !== "new" && this.#state !== "ending", "sendOffsets() belongs into a transaction");
    this.#check();
    if (offsets.length === 0) return;
    if (this.#state === "ready") this.#state = "open";
    this.#hasSentOffsets = true;
    await this.#orFail(async () => {
      const identity = this.#identity!;
      if (!this.#groups.has(member.groupId)) {
        await this.#protocol.addOffsets(identity, member.groupId);
        this.#groups.add(member.groupId);
      }
      await this.#protocol.commitOffsets(1, identity, offsets, member);
    });
  }

  async commit(): Promise<void> {
    this.#check();
    if (this.#state === "ready" || this.#settings.transactionalId === undefined) return;
    assert(this.#state === "open", "commit() needs an open transaction");
    assert(this.pendingBytes === 0, "flush() comes before commit()");
    this.#state = "ending";
    await this.#orFail(async () => {
      if (this.#hasBegun) await this.#called("commit", (withinMs) => this.#life!.commit(withinMs));
      else await this.#protocol.endTransaction(1, this.#identity!, true);
    });
    this.#ended();
  }

  async abort(): Promise<void> {
    const failure = this.#failure;
    const mayAbort =
      failure === undefined || failure.kind === "abortable" || failure.code === "INSTANCE_FENCED";
    if (failure !== undefined && (this.#isUnsettled || !mayAbort)) throw failure;
    this.#dropQueue();
    await this.#handed();
    if (this.#settings.transactionalId === undefined) return this.#settleWithoutTransaction();
    if (this.#state === "ready" || this.#state === "new") return;
    // What is not acknowledged may be stored late, and the next commit under this epoch would make it visible.
    if (this.#unflushedBytes > 0 || this.#life?.failure !== undefined) return this.init();
    this.#failure = undefined;
    this.#state = "ending";
    await this.#orFail(async () => {
      if (this.#hasBegun) await this.#called("abort", (withinMs) => this.#life!.abort(withinMs));
      else if (this.#hasSentOffsets) await this.#protocol.endTransaction(1, this.#identity!, false);
    });
    this.#ended();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#failure ??= new PeridotError("CLIENT_CLOSED", { what: "the producer" });
    this.#state = "failed";
    this.#dropQueue();
    this.#endLife();
    await Promise.all([...this.#endings]);
  }

  // ---- lives of librdkafka's producer

  async #beginLife(): Promise<void> {
    if (this.#isClosed) throw new PeridotError("CLIENT_CLOSED", { what: "the producer" });
    const { cluster, binding } = this.#parts;
    const { transactionalId } = this.#settings;
    // Brokers that cannot be reached, and refused passwords, have names of their own in our client.
    await cluster.retry("reaching the brokers", async () => {
      if (transactionalId === undefined) await cluster.connectToAny();
      else await cluster.coordinatorOf("transaction", transactionalId);
    });
    await this.#called("init", async (withinMs) => {
      const life = await NativeProducerLife.connect(binding, cluster.clock, this.#properties);
      this.#life = life;
      if (this.#isClosed) this.#endLife();
      if (transactionalId !== undefined) this.#identity = await life.init(withinMs);
    });
  }

  #endLife(): void {
    const life = this.#life;
    this.#life = undefined;
    if (life === undefined) return;
    const ending = life.close().finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
  }

  /** A call of librdkafka's, its failure in our words. */
  async #called(
    call: "init" | "begin" | "commit" | "abort",
    act: (withinMs: number) => Promise<void>,
  ): Promise<void> {
    const withinMs = this.#parts.cluster.timeouts.retryMs;
    try {
      await act(withinMs);
    } catch (error) {
      if (error instanceof PeridotError) throw error;
      throw callError(call, error as NativeError, { ...this.#settings, withinMs });
    }
  }

  // ---- records on their way

  #open(): void {
    this.#state = "open";
    this.#hand();
  }

  /** Hands what is queued to librdkafka, one batch after the other. */
  #hand(): void {
    if (this.#handing !== undefined) return;
    const life = this.#life!;
    this.#handing = this.#handAll(life)
      .catch((error) => {
        if (life === this.#life) this.#fail(error as PeridotError);
      })
      .finally(() => {
        this.#handing = undefined;
        if (this.#state === "open" && this.#queue.length > 0) this.#hand();
      });
  }

  /** Resolves when nothing is being handed over. */
  async #handed(): Promise<void> {
    while (this.#handing !== undefined) await this.#handing;
  }

  async #handAll(life: NativeProducerLife): Promise<void> {
    for (let batch = this.#queue[0]; batch !== undefined; batch = this.#queue[0]) {
      const { topic } = batch;
      const { leaders } = await this.#parts.cluster.requireTopic(topic);
      requirePartitions([batch], topic, leaders.length);
      if (life !== this.#life || this.#queue[0] !== batch) return; // dropped meanwhile
      if (this.#settings.transactionalId !== undefined && !this.#hasBegun) {
        await this.#called("begin", () => life.begin());
        if (life !== this.#life) return;
        this.#hasBegun = true;
        if (this.#queue[0] !== batch) continue;
      }
      this.#queue.shift();
      this.#queuedBytes -= batch.bytes.length;
      this.#unflushedBytes += batch.bytes.length;
      await this.#produceAll(life, batch);
      if (life !== this.#life) return;
    }
  }

  async #produceAll(life: NativeProducerLife, { topic, partition, bytes, release }: OutgoingBatch) {
    try {
      const records = decodeBatch(bytes);
      assert(records.length > 0, "a batch has records");
      for (const record of records) {
        requireWritable(topic, partition, record);
        let code = life.produce(topic, partition, record);
        while (code === NATIVE_CODES.QUEUE_FULL && life === this.#life) {
          await this.#parts.cluster.pause(QUEUE_FULL_WAIT_MS);
          code = life.produce(topic, partition, record);
        }
        if (code !== 0) {
          const size = record.value?.length ?? 0;
          throw await this.#deliveryError(life, { topic, partition, code, message: "", bytes: size });
        }
      }
    } finally {
      release?.();
    }
  }

  async #flushLife(): Promise<void> {
    const life = this.#life!;
    const { deliveryMs } = this.#parts.cluster.timeouts;
    const flushed = this.#unflushedBytes;
    const late = await life.flush(deliveryMs).catch((error) => error as NativeError);
    const failure = life.failure;
    if (failure !== undefined) throw await this.#deliveryError(life, failure);
    if (late !== undefined)
      throw new PeridotError("TRANSACTION_OUTCOME_UNKNOWN", {
        api: "Produce",
        transactionalId: this.#settings.transactionalId,
        problem: late.message,
      });
    this.#unflushedBytes -= flushed;
  }

  /** Of records that were swept away with a failed transaction, that transaction's error: begin() tells it. */
  async #deliveryError(life: NativeProducerLife, failure: NonNullable<NativeProducerLife["failure"]>) {
    const facts = { ...this.#settings, withinMs: this.#parts.cluster.timeouts.deliveryMs };
    const error = deliveryError(failure, facts);
    if (error !== undefined) return error;
    const cause = await life.begin().then(
      () => ({ code: failure.code, message: failure.message }),
      (told) => told as NativeError,
    );
    return callError("begin", cause, facts);
  }

  #dropQueue(): void {
    for (const { release } of this.#queue.splice(0)) release?.();
    this.#queuedBytes = 0;
  }

  // ---- ends

  async #settleWithoutTransaction(): Promise<void> {
    if (this.#failure !== undefined || this.#life?.failure !== undefined) return this.init();
    await this.flush();
    this.#state = "ready";
  }

  #ended(): void {
    this.#forgetTransaction();
    this.#state = "ready";
    if (this.#queue.length > 0) this.#open(); // what came in while the transaction ended
  }

  #forgetTransaction(): void {
    this.#unflushedBytes = 0;
    this.#hasBegun = false;
    this.#hasSentOffsets = false;
    this.#groups.clear();
  }

  async #orFail(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#fail(error as PeridotError);
      throw error;
    }
  }

  #fail(error: PeridotError): void {
    this.#failure ??= error;
    this.#state = "failed";
    this.#dropQueue();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function producerProperties(settings: ProducerSettings, { timeouts }: Cluster): Properties {
  const { transactionalId, transactionTimeoutMs = TRANSACTION_TIMEOUT_MS } = settings;
  const transactional = transactionalId !== undefined;
  return {
    ...(transactional
      ? { "transactional.id": transactionalId, "transaction.timeout.ms": transactionTimeoutMs }
      : {}),
    "enable.idempotence": true,
    "message.timeout.ms": transactional
      ? Math.min(timeouts.deliveryMs, transactionTimeoutMs)
      : timeouts.deliveryMs,
    "compression.type": settings.compression ?? "none",
    "batch.size": settings.requestBytesMax ?? REQUEST_BYTES_MAX,
    "message.max.bytes": MESSAGE_BYTES_MAX,
    "queue.buffering.max.messages": 0,
    "queue.buffering.max.kbytes": QUEUE_KBYTES_MAX,
  };
}

/** Errors: BATCH_REFUSED, for what librdkafka would write as something else. */
function requireWritable(
  topic: string,
  partition: number,
  { timestamp, headers }: ReturnType<typeof decodeBatch>[number],
): void {
  const refuse = (error: string, remedy: string) =>
    new PeridotError("BATCH_REFUSED", { topic, partition, error, detail: "", remedy });
  const remedy = "Give it another one, or write without librdkafka";
  // To librdkafka, no timestamp: it would write the present time.
  if (timestamp === 0) throw refuse("librdkafka cannot write the timestamp 0 (1970-01-01T00:00:00Z)", remedy);
  if (!Number.isSafeInteger(timestamp)) throw refuse(`the timestamp ${timestamp} is beyond 2^53`, remedy);
  const zero = headers.find(({ key }) => key.includes("\0"));
  if (zero !== undefined)
    throw refuse(
      `librdkafka cannot write the header key ${JSON.stringify(zero.key)}, which has a zero byte`,
      remedy,
    );
}
