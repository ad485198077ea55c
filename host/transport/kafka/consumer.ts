import { PeridotError } from "../../errors.ts";
import type { AssignedPartition, Consumer, ConsumerSettings, FetchedRecords } from "../port.ts";
import { errorOfAnswer } from "./answer-errors.ts";
import { backoffMs, RETRY_BACKOFF } from "./backoff.ts";
import type { Cluster } from "./cluster.ts";
import type { Answer } from "./connection.ts";
import { ConsumedPartition } from "./consumed-partition.ts";
import { decideAnswer } from "./decide-answer.ts";
import { decideFetch, type FetchFailure } from "./decide-fetch.ts";
import { FetchBuffer, SharedRelease } from "./fetch-buffer.ts";
import { fetchRequest } from "./fetch-request.ts";
import { listOffsets } from "./list-offsets.ts";
import { partitionKey } from "./partitions.ts";
import type { ResponseOf } from "./protocol/api.ts";
import { codeOf, kafkaErrorName } from "./protocol/error-codes.ts";
import { usableRecords } from "./usable-records.ts";

const FETCH_BYTES_MAX = 4 << 20;
const PARTITION_BYTES_MAX = 1 << 20;
const BUFFERED_BYTES_MAX = 8 << 20;
const POLL_BYTES_MAX = 4 << 20;
/** How long a broker holds a fetch that finds nothing. */
const FETCH_WAIT_MS = 500;
/** Fetch 12 (Kafka 2.7) is the first that tells where logs diverge. */
const FETCH_VERSION_MIN = 12;
const NETWORK_EXCEPTION = codeOf("NETWORK_EXCEPTION");

type PartitionShare = ResponseOf<"Fetch">["responses"][number]["partitions"][number];

/**
 * Fetches from each leader with one request in flight: the next one is sent as soon as an answer has moved the
 * positions, while its records wait to be processed. While too much is held unreleased, only those partitions are asked for
 * of which nothing is held: some task may be waiting for them.
 *
 *   partition: unplaced -ListOffsets-> idle -sent-> fetching -answered-> idle;  any -error-> resting -> idle
 */
export class ClusterConsumer implements Consumer {
  readonly #cluster: Cluster;
  readonly #settings: Required<ConsumerSettings>;
  readonly #buffer: FetchBuffer;
  readonly #busyLeaders = new Set<number>();
  #partitions = new Map<string, ConsumedPartition>();
  #rotation = 0;
  #failure: PeridotError | undefined;
  #waiter: (() => void) | undefined;
  #isPlacing = false;
  #isFindingLeaders = false;
  #restingUntil = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(cluster: Cluster, settings: ConsumerSettings) {
    this.#cluster = cluster;
    this.#settings = {
      ...settings,
      fetchBytesMax: settings.fetchBytesMax ?? FETCH_BYTES_MAX,
      partitionBytesMax: settings.partitionBytesMax ?? PARTITION_BYTES_MAX,
      bufferedBytesMax: settings.bufferedBytesMax ?? BUFFERED_BYTES_MAX,
      tellsEnds: settings.tellsEnds ?? false,
    };
    this.#buffer = new FetchBuffer(() => this.#pump());
  }

  assign(partitions: readonly AssignedPartition[]): void {
    const before = this.#partitions;
    this.#partitions = new Map();
    for (const assigned of partitions) {
      const key = partitionKey(assigned);
      const known = assigned.offset === undefined ? before.get(key) : undefined;
      known?.assignedAgain();
      this.#partitions.set(key, known ?? new ConsumedPartition(assigned, assigned.offset));
    }
    this.#buffer.drop((fetched) => {
      const key = partitionKey(fetched);
      return before.get(key) === undefined || before.get(key) !== this.#partitions.get(key);
    });
    this.#failure = undefined;
    this.#pump();
  }

  async poll(waitMs: number): Promise<readonly FetchedRecords[]> {
    if (this.#buffer.isEmpty && this.#failure === undefined && !this.#closed) await this.#wait(waitMs);
    if (!this.#buffer.isEmpty) return this.#buffer.take(POLL_BYTES_MAX);
    if (this.#failure !== undefined) throw this.#failure;
    return [];
  }

  wake(): void {
    this.#waiter?.();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#partitions.clear();
    this.#buffer.drop(() => true);
    this.wake();
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiter = undefined;
        timer.cancel();
        resolve();
      };
      const timer = this.#cluster.clock.timer(waitMs, done);
      this.#waiter = done;
    });
  }

  /** Sends what can be sent now. Called whenever something has changed. */
  #pump(): void {
    if (this.#closed || this.#failure !== undefined || this.#cluster.isClosed) return;
    const isFull = this.#buffer.heldBytes > this.#settings.bufferedBytesMax;
    const wanted = [...this.#partitions.values()].filter((each) => !isFull || each.isStarved);
    if (wanted.length === 0) return;
    this.#cluster.refreshByAge();
    const now = this.#cluster.clock.now();
    const idle = wanted.filter((each) => !each.isFetching);
    const ready = idle.filter((each) => this.#isReady(each, now));
    for (const [nodeId, share] of Map.groupBy(ready, (each) => this.#leaderOf(each)))
      if (nodeId !== undefined && !this.#busyLeaders.has(nodeId)) this.#fetch(nodeId, this.#rotated(share));
    if (ready.some((each) => this.#leaderOf(each) === undefined)) this.#findLeaders();
    if (idle.some((each) => each.position === undefined && each.restsUntil <= now)) this.#place();
  }

  #isReady(partition: ConsumedPartition, now: number): boolean {
    if (partition.restsUntil > now) {
      this.#pumpAt(partition.restsUntil, now);
      return false;
    }
    return partition.position !== undefined;
  }

  #pumpAt(time: number, now: number): void {
    if (time >= this.#restingUntil) return;
    this.#restingUntil = time;
    this.#cluster.timer(time - now, () => {
      if (this.#restingUntil === time) this.#restingUntil = Number.POSITIVE_INFINITY;
      this.#pump();
    });
  }

  #leaderOf({ topic, partition }: ConsumedPartition): number | undefined {
    return this.#cluster.metadata.leaderOf(topic, partition)?.nodeId;
  }

  /** A broker fills its answer in the order of the request: each partition is first in its turn. */
  #rotated(partitions: ConsumedPartition[]): ConsumedPartition[] {
    const first = this.#rotation++ % partitions.length;
    return [...partitions.slice(first), ...partitions.slice(0, first)];
  }

  async #fetch(nodeId: number, partitions: ConsumedPartition[]): Promise<void> {
    this.#busyLeaders.add(nodeId);
    for (const partition of partitions) partition.isFetching = true;
    try {
      const answer = await this.#exchange(nodeId, partitions);
      for (const partition of partitions) partition.isFetching = false;
      this.#takeAnswer(answer, partitions);
    } catch (error) {
      for (const partition of partitions) partition.isFetching = false;
      this.#afterFailedFetch(error as PeridotError, partitions);
    }
    this.#busyLeaders.delete(nodeId);
    this.#pump();
  }

  async #exchange(nodeId: number, partitions: ConsumedPartition[]): Promise<Answer<"Fetch">> {
    const connection = await this.#cluster.connectTo(nodeId, "fetch");
    const minVersion = FETCH_VERSION_MIN;
    const needsNames = partitions.some((each) => !this.#hasTopicId(each));
    const version = connection.versionOf(
      "Fetch",
      needsNames ? { minVersion, maxVersion: 12 } : { minVersion },
    );
    const body = fetchRequest(
      version,
      partitions.map((partition) => this.#aimOf(partition)),
      {
        waitMs: FETCH_WAIT_MS,
        bytesMax: this.#settings.fetchBytesMax,
        partitionBytesMax: this.#settings.partitionBytesMax,
        isolation: this.#settings.isolation,
      },
    );
    const timeoutMs = FETCH_WAIT_MS + this.#cluster.timeouts.requestMs;
    return connection.exchange("Fetch", body, { timeoutMs, minVersion: version, maxVersion: version });
  }

  #hasTopicId({ topic }: ConsumedPartition): boolean {
    return /[^0]/.test(this.#cluster.metadata.topic(topic)?.topicId ?? "");
  }

  #aimOf(partition: ConsumedPartition) {
    const { metadata } = this.#cluster;
    const topicId = metadata.topic(partition.topic)!.topicId;
    const leaderEpoch = metadata.leaderOf(partition.topic, partition.partition)?.epoch ?? -1;
    return partition.aim(topicId, leaderEpoch);
  }

  #takeAnswer(answer: Answer<"Fetch">, partitions: readonly ConsumedPartition[]): void {
    const { response } = answer;
    const frame = new SharedRelease(answer.release);
    if (response.errorCode !== 0)
      for (const partition of partitions) this.#afterError(partition, response.errorCode, undefined);
    for (const told of response.responses) {
      const topic = told.topic !== "" ? told.topic : this.#cluster.metadata.topicNameOf(told.topicId);
      for (const share of told.partitions) {
        const key = partitionKey({ topic: topic ?? "", partition: share.partitionIndex });
        const partition = this.#partitions.get(key);
        // Assigned anew, or given up, while the fetch was under way: those records are nobody's.
        if (partition !== undefined && partitions.includes(partition))
          this.#takeShare(partition, share, frame);
      }
    }
    frame.done();
    if (!this.#buffer.isEmpty) this.wake();
  }

  #takeShare(partition: ConsumedPartition, share: PartitionShare, frame: SharedRelease): void {
    const { topic } = partition;
    const { leaderId, leaderEpoch } = share.currentLeader;
    this.#cluster.metadata.noteLeader(topic, partition.partition, { nodeId: leaderId, epoch: leaderEpoch });
    if (share.errorCode !== 0 || share.divergingEpoch.endOffset >= 0n)
      this.#afterError(partition, share.errorCode, share.divergingEpoch.endOffset);
    else this.#takeRecords(partition, share, frame);
  }

  #takeRecords(partition: ConsumedPartition, share: PartitionShare, frame: SharedRelease): void {
    partition.succeeded();
    const aborted = this.#settings.isolation === "read_committed" ? share.abortedTransactions : null;
    const endOffset =
      this.#settings.isolation === "read_committed" ? share.lastStableOffset : share.highWatermark;
    const isFirst = partition.end === undefined;
    partition.end = endOffset;
    const usable = usableRecords(share.records, aborted);
    const { topic, partition: number } = partition;
    const fromOffset = partition.position!;
    if (usable === undefined || usable.nextOffset <= fromOffset) {
      if (!isFirst || !this.#settings.tellsEnds || fromOffset < endOffset) return;
      const nothing = { records: Buffer.alloc(0), fromOffset, nextOffset: fromOffset, endOffset };
      this.#buffer.put({ topic, partition: number, ...nothing }, () => {});
      return;
    }
    const { records, nextOffset, leaderEpoch, isOwnCopy } = usable;
    partition.moveTo(nextOffset, leaderEpoch);
    partition.heldBytes += records.length;
    const giveBack = isOwnCopy ? () => {} : frame.share();
    this.#buffer.put({ topic, partition: number, records, fromOffset, nextOffset, endOffset }, () => {
      partition.heldBytes -= records.length;
      giveBack();
    });
  }

  #afterFailedFetch(error: PeridotError, partitions: readonly ConsumedPartition[]): void {
    if (this.#closed || this.#cluster.isClosed) return;
    if (error.kind !== "retriable" && error.code !== "REQUEST_UNANSWERED") {
      this.#fail(error);
      return;
    }
    for (const partition of partitions) {
      partition.problem = error.message;
      this.#afterError(partition, NETWORK_EXCEPTION, undefined);
    }
  }

  #afterError(partition: ConsumedPartition, errorCode: number, endOffset: bigint | undefined): void {
    const now = this.#cluster.clock.now();
    partition.failed(now);
    const decision = decideFetch({
      errorCode,
      diverges: endOffset !== undefined && endOffset >= 0n,
      offsetReset: this.#settings.offsetReset,
      failingForMs: now - partition.failingSince!,
      failingMsMax: this.#cluster.timeouts.retryMs,
    });
    switch (decision.act) {
      case "truncate":
        partition.moveTo(endOffset!, -1);
        return;
      case "reset":
        partition.position = undefined;
        return;
      case "retry":
        if (errorCode !== NETWORK_EXCEPTION) partition.problem = kafkaErrorName(errorCode);
        partition.restsUntil = now + backoffMs(partition.failures, RETRY_BACKOFF, this.#cluster.random);
        this.#cluster.refresh().catch(() => {});
        return;
      case "fail":
        this.#fail(this.#errorOf(decision.as, partition, errorCode, endOffset));
        return;
      case "take":
        return;
    }
  }

  #errorOf(
    failure: FetchFailure,
    { topic, partition, position, problem }: ConsumedPartition,
    code: number,
    endOffset: bigint | undefined,
  ): PeridotError {
    const what = `${topic}-${partition}`;
    if (failure === "ACCESS_DENIED" || failure === "BROKER_REFUSED")
      return errorOfAnswer(decideAnswer(code), { api: "Fetch", code, what, message: null });
    if (failure === "TOPIC_MISSING") return new PeridotError("TOPIC_MISSING", { topics: topic });
    const withinMs = this.#cluster.timeouts.retryMs;
    return new PeridotError(failure, { topic, partition, offset: position, endOffset, withinMs, problem });
  }

  /** Gives a position to those without one. One request at a time. */
  async #place(): Promise<void> {
    if (this.#isPlacing) return;
    this.#isPlacing = true;
    const unplaced = [...this.#partitions.values()].filter((each) => each.position === undefined);
    try {
      if (this.#settings.offsetReset === "none") {
        const { topic, partition } = unplaced[0]!;
        throw new PeridotError("OFFSET_OUT_OF_RANGE", { topic, partition, offset: "committed yet" });
      }
      const latest = this.#settings.isolation === "read_committed" ? "latestCommitted" : "latest";
      const at = this.#settings.offsetReset === "earliest" ? "earliest" : latest;
      const located = await listOffsets(this.#cluster, unplaced, at);
      for (const [index, { offset }] of located.entries()) unplaced[index]!.moveTo(offset, -1);
    } catch (error) {
      this.#fail(error as PeridotError);
    }
    this.#isPlacing = false;
    this.#pump();
  }

  async #findLeaders(): Promise<void> {
    if (this.#isFindingLeaders) return;
    this.#isFindingLeaders = true;
    const now = this.#cluster.clock.now();
    const lost = [...this.#partitions.values()].filter((each) => this.#leaderOf(each) === undefined);
    try {
      for (const topic of new Set(lost.map((each) => each.topic))) await this.#cluster.requireTopic(topic);
      if (lost.some((each) => this.#leaderOf(each) === undefined)) await this.#cluster.refresh();
    } catch (error) {
      const { kind } = error as PeridotError;
      if (kind === "fatal") this.#fail(error as PeridotError);
    }
    for (const each of lost)
      if (this.#leaderOf(each) === undefined && now >= each.restsUntil) {
        each.problem ??= "it has no leader";
        this.#afterError(each, codeOf("LEADER_NOT_AVAILABLE"), undefined);
      }
    this.#isFindingLeaders = false;
    this.#pump();
  }

  #fail(error: PeridotError): void {
    if (this.#closed || this.#cluster.isClosed) return;
    this.#failure ??= error;
    this.wake();
  }
}
