import { PeridotError } from "../../errors.ts";
import type { MemberIdentity, OffsetToCommit, TopicPartition } from "../port.ts";
import { detailOf, errorOfAnswer } from "./answer-errors.ts";
import type { BackoffBounds } from "./backoff.ts";
import type { Cluster, CoordinatorKind } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { decideAnswer } from "./decide-answer.ts";
import { decideTransaction, type TransactionApi, type TransactionFailure } from "./decide-transaction.ts";
import { byTopic } from "./partitions.ts";
import { codeOf, kafkaErrorName } from "./protocol/error-codes.ts";

/** Who writes: the broker knows one epoch of each producer id as the present one. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/**
 * Transactions before and from `transaction.version` 2 on (KIP-890): in the first, partitions and offsets are added
 * by requests of their own and sequences run on; in the second they are added by Produce and TxnOffsetCommit
 * themselves, and each EndTxn raises the epoch.
 */
export type TransactionVersion = 1 | 2;

/** A transaction that has just ended holds up the next one for a few milliseconds (CONCURRENT_TRANSACTIONS). */
const TRANSACTION_BACKOFF: BackoffBounds = { leastMs: 2, mostMs: 250 };
const FEATURES_AGE_MS = 30_000;
const OPERATION_NOT_ATTEMPTED = codeOf("OPERATION_NOT_ATTEMPTED");

interface Exchange {
  readonly api: TransactionApi;
  readonly coordinator: CoordinatorKind;
  readonly key: string;
  /** One attempt. Returns the answer's error code. */
  readonly ask: (connection: Connection) => Promise<number>;
  /** false: a lost answer leaves the outcome unknown. */
  readonly repeatable: boolean;
  readonly member?: MemberIdentity;
}

/** The requests of one transactional.id (or of an idempotent producer without), each repeated while that is safe. */
export class TransactionProtocol {
  readonly #cluster: Cluster;
  readonly #transactionalId: string | undefined;
  readonly #timeoutMs: number;
  /** A lost answer is found out while there is time for a second attempt within the transaction. */
  readonly requestTimeoutMs: number;
  #coordinator: Connection | undefined;
  #featuresReadAt = Number.NEGATIVE_INFINITY;

  constructor(cluster: Cluster, transactionalId: string | undefined, timeoutMs: number) {
    this.#cluster = cluster;
    this.#transactionalId = transactionalId;
    this.#timeoutMs = timeoutMs;
    this.requestTimeoutMs = Math.min(cluster.timeouts.requestMs, Math.ceil(timeoutMs / 2));
  }

  /** As the cluster has it now, or half a minute ago at most. */
  version(): TransactionVersion {
    const now = this.#cluster.clock.now();
    const features = this.#coordinator?.finalizedFeatures;
    if (now - this.#featuresReadAt > FEATURES_AGE_MS && this.#coordinator?.isOpen) {
      this.#featuresReadAt = now;
      // A refresh that fails ends the connection; the next request makes another one.
      this.#coordinator.refreshVersions().catch(() => {});
    }
    return (features?.get("transaction.version") ?? 0) >= 2 ? 2 : 1;
  }

  async initProducer(): Promise<ProducerIdentity> {
    let identity: ProducerIdentity | undefined;
    const ask = async (connection: Connection) => {
      const answer = await connection.request(
        "InitProducerId",
        { transactionalId: this.#transactionalId ?? null, transactionTimeoutMs: this.#timeoutMs },
        { maxVersion: 5, timeoutMs: this.requestTimeoutMs },
      );
      identity = { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
      return answer.errorCode;
    };
    await this.#exchange({ ...this.#own("InitProducerId"), ask, repeatable: true });
    return identity!;
  }

  /** Before version 2: before the first batch of a partition. */
  async addPartitions(identity: ProducerIdentity, partitions: readonly TopicPartition[]): Promise<void> {
    const ask = async (connection: Connection) => {
      const answer = await connection.request(
        "AddPartitionsToTxn",
        {
          v3AndBelowTransactionalId: this.#transactionalId!,
          v3AndBelowProducerId: identity.producerId,
          v3AndBelowProducerEpoch: identity.producerEpoch,
          v3AndBelowTopics: byTopic(partitions).map(([name, share]) => ({
            name,
            partitions: share.map((each) => each.partition),
          })),
        },
        { maxVersion: 3, timeoutMs: this.requestTimeoutMs },
      );
      const results = answer.resultsByTopicV3AndBelow.flatMap((topic) => topic.resultsByPartition);
      return worstOf(results.map((result) => result.partitionErrorCode));
    };
    await this.#exchange({ ...this.#own("AddPartitionsToTxn"), ask, repeatable: true });
  }

  /** Before version 2: before the first TxnOffsetCommit of a group. */
  async addOffsets(identity: ProducerIdentity, groupId: string): Promise<void> {
    const ask = async (connection: Connection) => {
      const body = { transactionalId: this.#transactionalId!, ...identity, groupId };
      const answer = await connection.request("AddOffsetsToTxn", body, { timeoutMs: this.requestTimeoutMs });
      return answer.errorCode;
    };
    await this.#exchange({ ...this.#own("AddOffsetsToTxn"), ask, repeatable: true });
  }

  async commitOffsets(
    version: TransactionVersion,
    identity: ProducerIdentity,
    offsets: readonly OffsetToCommit[],
    member: MemberIdentity,
  ): Promise<void> {
    const ask = async (connection: Connection) => {
      const answer = await connection.request(
        "TxnOffsetCommit",
        {
          transactionalId: this.#transactionalId!,
          groupId: member.groupId,
          ...identity,
          generationId: member.generation,
          memberId: member.memberId,
          groupInstanceId: member.instanceId ?? null,
          topics: byTopic(offsets).map(([name, share]) => ({
            name,
            partitions: share.map(({ partition, offset, metadata }) => ({
              partitionIndex: partition,
              committedOffset: offset,
              committedMetadata: metadata,
            })),
          })),
        },
        { timeoutMs: this.requestTimeoutMs, ...(version === 2 ? { minVersion: 5 } : { maxVersion: 4 }) },
      );
      return worstOf(answer.topics.flatMap((topic) => topic.partitions.map((each) => each.errorCode)));
    };
    const key = member.groupId;
    await this.#exchange({
      api: "TxnOffsetCommit",
      coordinator: "group",
      key,
      ask,
      repeatable: false,
      member,
    });
  }

  /** @returns who the producer is from now on: version 2 raises the epoch, and may change the id. */
  async endTransaction(
    version: TransactionVersion,
    identity: ProducerIdentity,
    committed: boolean,
  ): Promise<ProducerIdentity> {
    let next = identity;
    const ask = async (connection: Connection) => {
      const answer = await connection.request(
        "EndTxn",
        { transactionalId: this.#transactionalId!, ...identity, committed },
        { timeoutMs: this.requestTimeoutMs, ...(version === 2 ? { minVersion: 5 } : { maxVersion: 4 }) },
      );
      if (version === 2 && answer.errorCode === 0)
        next = { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
      return answer.errorCode;
    };
    await this.#exchange({ ...this.#own("EndTxn"), ask, repeatable: false });
    return next;
  }

  #own(api: TransactionApi) {
    return { api, coordinator: "transaction", key: this.#transactionalId ?? "" } as const;
  }

  async #exchange(exchange: Exchange): Promise<void> {
    const { api, key, repeatable } = exchange;
    let doubtful = false;
    const attempt = async () => {
      const connection = await this.#connect(exchange);
      const errorCode = await exchange.ask(connection);
      const decision = decideTransaction({ api, errorCode, doubtful });
      if (decision.act === "proceed") return;
      if (decision.act === "fail") throw this.#errorOf(decision.as, errorCode, exchange);
      doubtful ||= decision.doubtful;
      if (decision.find) this.#cluster.forgetCoordinator(exchange.coordinator, key);
      const detail = "";
      throw new PeridotError("BROKER_BUSY", { api, error: kafkaErrorName(errorCode), detail });
    };
    const options = { retryUnanswered: repeatable, backoff: TRANSACTION_BACKOFF };
    try {
      await this.#cluster.retry(`${api} for ${key || "an idempotent producer"}`, attempt, options);
    } catch (error) {
      throw this.#unlessDoubtful(error as PeridotError, exchange, doubtful);
    }
  }

  async #connect({ coordinator, key }: Exchange): Promise<Connection> {
    // Without transactional.id any broker gives out producer ids.
    if (this.#transactionalId === undefined) return this.#cluster.connectToAny();
    const nodeId = await this.#cluster.coordinatorOf(coordinator, key);
    try {
      const connection = await this.#cluster.connectTo(nodeId, "transaction");
      if (coordinator === "transaction") this.#coordinator = connection;
      return connection;
    } catch (error) {
      this.#cluster.forgetCoordinator(coordinator, key);
      throw error;
    }
  }

  #unlessDoubtful(error: PeridotError, { api, repeatable }: Exchange, doubtful: boolean): PeridotError {
    const isLost = error.code === "REQUEST_UNANSWERED" && !repeatable;
    const isOpen = error.code === "RETRIES_EXHAUSTED" && api === "EndTxn" && doubtful;
    if (!isLost && !isOpen) return error;
    const problem = error.message;
    return new PeridotError(
      "TRANSACTION_OUTCOME_UNKNOWN",
      { api, transactionalId: this.#transactionalId, problem },
      error,
    );
  }

  #errorOf(failure: TransactionFailure, code: number, { api, key, member }: Exchange): PeridotError {
    const error = kafkaErrorName(code);
    const transactionalId = this.#transactionalId;
    if (failure === "ACCESS_DENIED" || failure === "BROKER_REFUSED")
      return errorOfAnswer(decideAnswer(code), {
        api,
        code,
        what: `${api === "TxnOffsetCommit" ? "group" : "transactional.id"} ${key}`,
        message: null,
      });
    if (failure === "CONFIG_INVALID")
      return new PeridotError("CONFIG_INVALID", {
        option: "transactionTimeoutMs",
        problem: `is ${this.#timeoutMs}, more than the brokers allow`,
        remedy: "Lower it, or raise transaction.max.timeout.ms of the brokers",
      });
    return new PeridotError(failure, {
      transactionalId,
      api,
      error,
      detail: detailOf(null),
      problem: `the coordinator answered ${error}`,
      ...member,
    });
  }
}

/** One code for an answer about many partitions: the first that says something of its own. */
function worstOf(codes: readonly number[]): number {
  const failed = codes.filter((code) => code !== 0);
  return failed.find((code) => code !== OPERATION_NOT_ATTEMPTED) ?? failed[0] ?? 0;
}
