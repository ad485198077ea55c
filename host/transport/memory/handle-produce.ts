import {
  ATTRIBUTE_TRANSACTIONAL,
  ATTRIBUTES_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORDS_AT,
} from "../../../kernels/abi/record-batch-v2.ts";
import type { ReceivedRequest, ResponseToSend } from "../kafka/protocol/api.ts";
import type { Partition } from "./partition.ts";
import type { Call } from "./request-call.ts";
import { CODE } from "./response-codes.ts";
import type { Topic } from "./topic.ts";

/** Produce from this version on adds its partitions to the transaction itself (KIP-890, part 2). */
const IMPLICIT_ADD_FROM = 12;
/** Produce from this version on understands TRANSACTION_ABORTABLE (KIP-1050). */
const ABORTABLE_FROM = 11;
/** Produce from this version on names topics by id (KIP-516). */
const TOPIC_IDS_FROM = 13;

type PartitionAnswer = ResponseToSend<"Produce">["responses"][number]["partitionResponses"][number];

/** Kafka: KafkaApis.handleProduceRequest, ReplicaManager.handleProduceAppend. */
export function handleProduce(
  request: ReceivedRequest<"Produce">,
  call: Call,
): ResponseToSend<"Produce"> | undefined {
  const { acks, transactionalId, topicData } = request;
  const responses = topicData.map(({ name, topicId, partitionData }) => {
    const topic = call.cluster.topic(name, topicId);
    const partitionResponses = partitionData.map(({ index, records }) =>
      acks < -1 || acks > 1
        ? refused(index, CODE.INVALID_REQUIRED_ACKS)
        : produce(topic, index, records ?? Buffer.alloc(0), transactionalId, call),
    );
    return { name, topicId, partitionResponses };
  });
  return acks === 0 ? undefined : { responses };
}

function produce(
  topic: Topic | undefined,
  index: number,
  records: Buffer,
  transactionalId: string | null,
  call: Call,
): PartitionAnswer {
  const { cluster, version, node } = call;
  const partition = topic?.partitions[index];
  if (topic !== undefined && cluster.deniedTopics.has(topic.name))
    return refused(index, CODE.TOPIC_AUTHORIZATION_FAILED);
  if (topic === undefined && version >= TOPIC_IDS_FROM) return refused(index, CODE.UNKNOWN_TOPIC_ID);
  if (topic === undefined || partition === undefined) return refused(index, CODE.UNKNOWN_TOPIC_OR_PARTITION);
  if (partition.leader !== node) {
    const currentLeader = { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch };
    return { ...refused(index, CODE.NOT_LEADER_OR_FOLLOWER), currentLeader };
  }
  const admission = admissionOf(partition, records, transactionalId, call);
  if (admission !== CODE.NONE) return refused(index, admission);
  const bumpsEpochs = version >= IMPLICIT_ADD_FROM;
  const { code, baseOffset, appendTimeMs } = partition.append(
    records,
    cluster.nowMs,
    topic.rules,
    bumpsEpochs,
  );
  return {
    index,
    errorCode: code,
    baseOffset: BigInt(baseOffset),
    logAppendTimeMs: BigInt(appendTimeMs),
    logStartOffset: code === CODE.NONE ? BigInt(partition.log.startOffset) : -1n,
  };
}

/** May these records join a transaction in this partition? Returns an error code, as the producer is to see it. */
function admissionOf(
  partition: Partition,
  records: Buffer,
  transactionalId: string | null,
  call: Call,
): number {
  if (records.length < RECORDS_AT) return CODE.NONE; // too short to be a batch: the log refuses it
  if ((records.readInt16BE(ATTRIBUTES_AT) & ATTRIBUTE_TRANSACTIONAL) === 0) return CODE.NONE;
  if (transactionalId === null) return CODE.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  const producer = {
    producerId: records.readBigInt64BE(PRODUCER_ID_AT),
    epoch: records.readInt16BE(PRODUCER_EPOCH_AT),
  };
  if (partition.producers.hasOpenTransaction(producer.producerId, producer.epoch)) return CODE.NONE;
  const { transactions, release } = call.cluster;
  const key = `${partition.topic}-${partition.index}` as const;
  if (call.version >= IMPLICIT_ADD_FROM) {
    return asProduceError(transactions.addPartitions(transactionalId, producer, [key]), call.version);
  }
  if (!release.verifiesTransactions) return CODE.NONE;
  return asProduceError(transactions.verifyPartition(transactionalId, producer, key), call.version);
}

/**
 * What the coordinator said, as producers understand it (Kafka: AddPartitionsToTxnManager,
 * ReplicaManager.handleProduceAppend).
 */
function asProduceError(code: number, version: number): number {
  if (code === CODE.PRODUCER_FENCED) return CODE.INVALID_PRODUCER_EPOCH;
  if (code === CODE.TRANSACTION_ABORTABLE && version < ABORTABLE_FROM) return CODE.INVALID_TXN_STATE;
  if (code === CODE.CONCURRENT_TRANSACTIONS && version < IMPLICIT_ADD_FROM) return CODE.NOT_ENOUGH_REPLICAS;
  return code;
}

function refused(index: number, errorCode: number): PartitionAnswer {
  return { index, errorCode, baseOffset: -1n };
}
