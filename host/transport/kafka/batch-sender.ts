import type { PeridotError } from "../../errors.ts";
import type { OutgoingBatch } from "../port.ts";
import { type BackoffBounds, backoffMs } from "./backoff.ts";
import { Changes } from "./changes.ts";
import type { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { decideProduce, type ProduceFailure } from "./decide-produce.ts";
import { partitionKey } from "./partitions.ts";
import { produceError, requirePartitions } from "./produce-error.ts";
import { produceRequest } from "./produce-request.ts";
import { ProducerQueue, type QueuedBatch } from "./producer-queue.ts";
import type { ResponseOf } from "./protocol/api.ts";
import { codeOf, kafkaErrorName } from "./protocol/error-codes.ts";
import type { SenderSettings, SenderTerm } from "./sender-settings.ts";

/** A broker remembers the last five batches of a producer in each partition: more must not be in flight. */
const REQUESTS_IN_FLIGHT_MAX = 5;
const RETRY: BackoffBounds = { leastMs: 3, mostMs: 500 };
const NETWORK_EXCEPTION = codeOf("NETWORK_EXCEPTION");
const LEADER_NOT_AVAILABLE = codeOf("LEADER_NOT_AVAILABLE");

interface Sent {
  readonly queue: ProducerQueue;
  readonly queued: QueuedBatch;
}

type PartitionAnswer = ResponseOf<"Produce">["responses"][number]["partitionResponses"][number];

/**
 * Sends batches to their partitions' leaders: one batch a partition and up to `requestBytesMax` a request, up to
 * five requests in flight a broker. It stops at the first failure and drops the rest.
 */
export class BatchSender {
  readonly #settings: SenderSettings;
  readonly #cluster: Cluster;
  readonly #queues = new Map<string, ProducerQueue>();
  readonly #requestsInFlight = new Map<number, number>();
  readonly #connecting = new Set<number>();
  readonly #changes = new Changes();
  #term: SenderTerm | undefined;
  #failure: PeridotError | undefined;
  #pendingBytes = 0;
  #pendingBatches = 0;
  #rotation = 0;
  #wakesAt = Number.POSITIVE_INFINITY;
  #isScheduled = false;
  #isFindingLeaders = false;
  #isHeld = true;
  /** A stamped batch was dropped: the sequence of its partition has a gap. */
  hasGap = false;
  /** Something of this term went out: the broker may have the transaction open. */
  hasSent = false;

  constructor(settings: SenderSettings) {
    this.#settings = settings;
    this.#cluster = settings.cluster;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get failure(): PeridotError | undefined {
    return this.#failure;
  }

  get isIdle(): boolean {
    return this.#pendingBatches === 0;
  }

  /** Until the first term, and during `hold`, batches are only collected. */
  begin(term: SenderTerm): void {
    const before = this.#term?.identity;
    const { producerId, producerEpoch } = term.identity;
    const restart = before?.producerId !== producerId || before.producerEpoch !== producerEpoch;
    for (const queue of this.#queues.values()) queue.beginTransaction(restart);
    this.#term = term;
    this.hasSent = false;
    this.#isHeld = false;
    this.#schedule();
  }

  hold(): void {
    this.#isHeld = true;
  }

  add(batch: OutgoingBatch): void {
    if (this.#failure !== undefined) {
      batch.release?.();
      return;
    }
    const key = partitionKey(batch);
    let queue = this.#queues.get(key);
    if (queue === undefined) this.#queues.set(key, (queue = new ProducerQueue(batch)));
    queue.add(batch, this.#cluster.clock.now() + this.#cluster.timeouts.deliveryMs);
    this.#pendingBytes += batch.bytes.length;
    this.#pendingBatches++;
    this.#schedule();
  }

  /** Resolves when nothing is pending any more, or something has failed. */
  async settled(): Promise<void> {
    while (this.#pendingBatches > 0 && this.#failure === undefined) await this.#changes.next();
  }

  /** Drops what is not in flight; resolves when that, and any partition's being added, is answered or lost. */
  async drain(): Promise<void> {
    this.#dropWaiting();
    while (this.#pendingBatches > 0 || this.#isAdmitting) {
      await this.#changes.next();
      this.#dropWaiting();
    }
  }

  /** Drops everything that waits; what is in flight is dropped when it is answered. */
  fail(error: PeridotError): void {
    this.#failure ??= error;
    this.#dropWaiting();
    this.#changes.notify();
  }

  /** What one turn hands over goes into one round of requests. */
  #schedule(): void {
    if (this.#isScheduled || this.#isHeld) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#isHeld || this.#failure !== undefined || this.#cluster.isClosed) return;
    const now = this.#cluster.clock.now();
    const ready: ProducerQueue[] = [];
    for (const queue of this.#queues.values()) {
      if (queue.waiting.length === 0) continue;
      if (this.#isLate(queue, now)) return;
      if (queue.restsUntil > now) this.#wakeAt(queue.restsUntil, now);
      else ready.push(queue);
    }
    const admitted = this.#term!.version === 1 ? this.#admitted(ready) : ready;
    for (const [nodeId, queues] of Map.groupBy(admitted, (queue) => this.#leaderOf(queue)))
      if (nodeId === undefined) this.#findLeaders(queues);
      else this.#sendTo(nodeId, queues, now);
  }

  #isLate(queue: ProducerQueue, now: number): boolean {
    const first = queue.waiting[0]!;
    if (now < first.deadline) return false;
    this.fail(this.#errorOf("DELIVERY_TIMED_OUT", { queue, queued: first }, undefined));
    return true;
  }

  #wakeAt(time: number, now: number): void {
    if (time >= this.#wakesAt) return;
    this.#wakesAt = time;
    this.#cluster.timer(time - now, () => {
      if (this.#wakesAt === time) this.#wakesAt = Number.POSITIVE_INFINITY;
      this.#pump();
    });
  }

  #leaderOf({ topic, partition }: ProducerQueue): number | undefined {
    return this.#cluster.metadata.leaderOf(topic, partition)?.nodeId;
  }

  #sendTo(nodeId: number, queues: readonly ProducerQueue[], now: number): void {
    const connection = this.#cluster.openConnection(nodeId, "produce");
    if (connection === undefined) {
      this.#connect(nodeId, queues);
      return;
    }
    while ((this.#requestsInFlight.get(nodeId) ?? 0) < REQUESTS_IN_FLIGHT_MAX) {
      const sent = this.#gather(queues, now);
      if (sent.length === 0) return;
      this.#send(nodeId, connection, sent);
    }
  }

  async #connect(nodeId: number, queues: readonly ProducerQueue[]): Promise<void> {
    if (this.#connecting.has(nodeId)) return;
    this.#connecting.add(nodeId);
    try {
      await this.#cluster.connectTo(nodeId, "produce");
    } catch (error) {
      this.#afterFailedConnect(error as PeridotError, queues);
    }
    this.#connecting.delete(nodeId);
    this.#pump();
  }

  #afterFailedConnect(error: PeridotError, queues: readonly ProducerQueue[]): void {
    if (error.kind === "fatal") {
      this.fail(error);
      return;
    }
    for (const queue of queues) this.#rest(queue, error.message);
    this.#cluster.refresh().catch(() => {});
  }

  #rest(queue: ProducerQueue, problem: string): void {
    queue.failures++;
    queue.restsUntil = this.#cluster.clock.now() + backoffMs(queue.failures, RETRY, this.#cluster.random);
    if (queue.waiting[0] !== undefined) queue.waiting[0].problem = problem;
  }

  #gather(queues: readonly ProducerQueue[], now: number): Sent[] {
    const sent: Sent[] = [];
    const first = this.#rotation++ % queues.length;
    let bytes = 0;
    for (let index = 0; index < queues.length; index++) {
      const queue = queues[(first + index) % queues.length]!;
      if (!queue.maySend(now)) continue;
      const size = queue.waiting[0]!.wire?.length ?? queue.waiting[0]!.batch.bytes.length;
      if (sent.length > 0 && bytes + size > this.#settings.requestBytesMax) continue;
      bytes += size;
      sent.push({ queue, queued: queue.take(this.#term!.identity, this.#settings.stamp) });
    }
    return sent;
  }

  #send(nodeId: number, connection: Connection, sent: readonly Sent[]): void {
    this.hasSent = true;
    this.#requestsInFlight.set(nodeId, (this.#requestsInFlight.get(nodeId) ?? 0) + 1);
    const { transactionalId, requestTimeoutMs: timeoutMs } = this.#settings;
    const batches = sent.map(({ queue: { topic, partition }, queued }) => ({
      topic,
      partition,
      bytes: queued.wire!,
    }));
    const body = produceRequest(batches, { transactionalId, timeoutMs });
    const versions = this.#term!.version === 2 ? { minVersion: 12, maxVersion: 12 } : { maxVersion: 11 };
    connection.request("Produce", body, { timeoutMs, ...versions }).then(
      (answer) => this.#answered(nodeId, sent, answer),
      (error: PeridotError) => this.#unanswered(nodeId, sent, error),
    );
  }

  #answered(nodeId: number, sent: readonly Sent[], answer: ResponseOf<"Produce">): void {
    const told = new Map<string, PartitionAnswer>();
    for (const { name: topic, partitionResponses } of answer.responses)
      for (const each of partitionResponses) told.set(partitionKey({ topic, partition: each.index }), each);
    for (const { nodeId: id, host, port } of answer.nodeEndpoints)
      this.#cluster.metadata.noteBroker(id, { host, port });
    for (const each of sent) this.#settle(each, told.get(partitionKey(each.queue)));
    this.#finish(nodeId);
  }

  #unanswered(nodeId: number, sent: readonly Sent[], error: PeridotError): void {
    const isLost = error.code === "REQUEST_UNANSWERED" || error.kind === "retriable";
    for (const each of sent)
      if (isLost && this.#failure === undefined)
        this.#retryOrFail(each, NETWORK_EXCEPTION, undefined, error.message);
      else this.#forget(each);
    if (!isLost) this.fail(error);
    this.#finish(nodeId);
  }

  #finish(nodeId: number): void {
    this.#requestsInFlight.set(nodeId, this.#requestsInFlight.get(nodeId)! - 1);
    this.#changes.notify();
    this.#pump();
  }

  #settle(sent: Sent, answer: PartitionAnswer | undefined): void {
    if (answer !== undefined) {
      const { leaderId, leaderEpoch } = answer.currentLeader;
      const { topic, partition } = sent.queue;
      this.#cluster.metadata.noteLeader(topic, partition, { nodeId: leaderId, epoch: leaderEpoch });
    }
    this.#retryOrFail(sent, answer?.errorCode ?? NETWORK_EXCEPTION, answer, undefined);
  }

  #retryOrFail(
    sent: Sent,
    errorCode: number,
    answer: PartitionAnswer | undefined,
    problem: string | undefined,
  ): void {
    const { queue, queued } = sent;
    const now = this.#cluster.clock.now();
    const { deadline } = queued;
    const decision = decideProduce({ errorCode, isNext: queue.isNext(queued), now, deadline });
    switch (decision.act) {
      case "acknowledge":
        queue.acknowledge(queued);
        queued.batch.stored?.(knownOffset(answer));
        this.#release(queued);
        return;
      case "retry":
        queued.problem = problem ?? kafkaErrorName(errorCode);
        queue.putBack(queued, now + backoffMs(queue.failures + 1, RETRY, this.#cluster.random));
        if (decision.refresh) this.#cluster.refresh().catch(() => {});
        if (this.#failure !== undefined) this.#dropWaiting();
        return;
      case "fail":
        queued.problem = problem ?? kafkaErrorName(errorCode);
        this.#forget(sent);
        this.fail(this.#errorOf(decision.as, sent, { errorCode, message: answer?.errorMessage }));
        return;
    }
  }

  /** Before version 2 a partition is added by a request of its own; one such request is under way at a time. */
  #admitted(queues: readonly ProducerQueue[]): ProducerQueue[] {
    const unknown = queues.filter((queue) => queue.admission === "none");
    if (unknown.length > 0 && !this.#isAdmitting) this.#admit(unknown);
    return queues.filter((queue) => queue.admission === "open");
  }

  get #isAdmitting(): boolean {
    return [...this.#queues.values()].some((queue) => queue.admission === "asking");
  }

  async #admit(queues: readonly ProducerQueue[]): Promise<void> {
    for (const queue of queues) queue.admission = "asking";
    this.hasSent = true;
    try {
      await this.#settings.admit(queues);
      for (const queue of queues) queue.admission = "open";
    } catch (error) {
      for (const queue of queues) queue.admission = "none";
      this.fail(error as PeridotError);
    }
    this.#changes.notify();
    this.#pump();
  }

  async #findLeaders(queues: readonly ProducerQueue[]): Promise<void> {
    if (this.#isFindingLeaders) return;
    this.#isFindingLeaders = true;
    try {
      for (const topic of new Set(queues.map((queue) => queue.topic))) {
        const known = await this.#cluster.requireTopic(topic);
        requirePartitions(queues, topic, known.leaders.length);
      }
      if (queues.some((queue) => this.#leaderOf(queue) === undefined)) await this.#cluster.refresh();
    } catch (error) {
      if ((error as PeridotError).kind === "fatal") this.fail(error as PeridotError);
    }
    for (const queue of queues)
      if (this.#leaderOf(queue) === undefined) this.#rest(queue, kafkaErrorName(LEADER_NOT_AVAILABLE));
    this.#isFindingLeaders = false;
    this.#pump();
  }

  #dropWaiting(): void {
    for (const queue of this.#queues.values()) {
      for (const queued of queue.waiting.splice(0)) {
        this.hasGap ||= queued.wire !== undefined;
        this.#release(queued);
      }
    }
  }

  #forget({ queue, queued }: Sent): void {
    queue.drop(queued);
    this.hasGap = true;
    this.#release(queued);
  }

  #release({ batch }: QueuedBatch): void {
    this.#pendingBytes -= batch.bytes.length;
    this.#pendingBatches--;
    batch.release?.();
  }

  #errorOf(
    failure: ProduceFailure,
    { queue, queued }: Sent,
    answer: { readonly errorCode: number; readonly message: string | null | undefined } | undefined,
  ): PeridotError {
    return produceError(failure, {
      topic: queue.topic,
      partition: queue.partition,
      transactionalId: this.#settings.transactionalId,
      bytes: queued.wire?.length,
      withinMs: this.#cluster.timeouts.deliveryMs,
      problem: queued.problem,
      errorCode: answer?.errorCode,
      message: answer?.message,
    });
  }
}

/** A broker that had the batch already may not tell where. */
function knownOffset(answer: PartitionAnswer | undefined): bigint | undefined {
  return answer === undefined || answer.baseOffset < 0n ? undefined : answer.baseOffset;
}
