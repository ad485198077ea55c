import type { ReceivedRequest, ResponseToSend } from "../kafka/protocol/api.ts";
import type { PartitionKey } from "./offsets.ts";
import type { Call } from "./request-call.ts";
import { CODE } from "./response-codes.ts";

/** From these versions on a fenced producer hears PRODUCER_FENCED; before, INVALID_PRODUCER_EPOCH (KIP-588). */
const FENCED_FROM = { InitProducerId: 4, AddPartitionsToTxn: 2, AddOffsetsToTxn: 2, EndTxn: 2 } as const;
/** AddPartitionsToTxn from this version on is for brokers among themselves. */
const BATCHED_ADD_FROM = 4;
/** EndTxn from this version on raises the epoch (KIP-890, part 2). */
const EPOCH_BUMP_FROM = 5;

/** Kafka: TransactionCoordinator.handleInitProducerId. */
export function handleInitProducerId(
  request: ReceivedRequest<"InitProducerId">,
  call: Call,
): ResponseToSend<"InitProducerId"> {
  const { transactionalId, transactionTimeoutMs, producerId, producerEpoch } = request;
  const seat = transactionalId === null ? CODE.NONE : coordinatorCode(transactionalId, call);
  if (seat !== CODE.NONE) return { errorCode: seat, producerId: -1n, producerEpoch: -1 };
  if ((producerId === -1n) !== (producerEpoch === -1)) {
    return { errorCode: CODE.INVALID_REQUEST, producerId: -1n, producerEpoch: -1 };
  }
  const expected = producerId === -1n ? undefined : { producerId, epoch: producerEpoch };
  const answer = call.cluster.transactions.initProducerId(transactionalId, transactionTimeoutMs, expected);
  return {
    errorCode: asOldClientsKnowIt(answer.code, "InitProducerId", call.version),
    producerId: answer.producerId,
    producerEpoch: answer.epoch,
  };
}

/** Kafka: KafkaApis.handleAddPartitionsToTxnRequest. If one topic is refused, none is added. */
export function handleAddPartitionsToTxn(
  request: ReceivedRequest<"AddPartitionsToTxn">,
  call: Call,
): ResponseToSend<"AddPartitionsToTxn"> {
  if (call.version >= BATCHED_ADD_FROM) {
    return { throttleTimeMs: 0, errorCode: CODE.CLUSTER_AUTHORIZATION_FAILED, resultsByTransaction: [] };
  }
  const topics = request.v3AndBelowTopics;
  const flawOf = (name: string, index: number) => {
    if (call.cluster.deniedTopics.has(name)) return CODE.TOPIC_AUTHORIZATION_FAILED;
    return call.cluster.partition(name, index) === undefined ? CODE.UNKNOWN_TOPIC_OR_PARTITION : CODE.NONE;
  };
  const isFlawed = topics.some(({ name, partitions }) =>
    partitions.some((index) => flawOf(name, index) !== CODE.NONE),
  );
  const code = isFlawed ? CODE.OPERATION_NOT_ATTEMPTED : addPartitions(request, call);
  const resultsByTopicV3AndBelow = topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((index) => ({
      partitionIndex: index,
      partitionErrorCode: flawOf(name, index) === CODE.NONE ? code : flawOf(name, index),
    })),
  }));
  return { throttleTimeMs: 0, resultsByTopicV3AndBelow };
}

function addPartitions(request: ReceivedRequest<"AddPartitionsToTxn">, call: Call): number {
  const { v3AndBelowTransactionalId: transactionalId, v3AndBelowTopics: topics } = request;
  const seat = coordinatorCode(transactionalId, call);
  if (seat !== CODE.NONE) return seat;
  const keys = topics.flatMap(({ name, partitions }) =>
    partitions.map((index): PartitionKey => `${name}-${index}`),
  );
  const producer = { producerId: request.v3AndBelowProducerId, epoch: request.v3AndBelowProducerEpoch };
  const code = call.cluster.transactions.addPartitions(transactionalId, producer, keys);
  return asOldClientsKnowIt(code, "AddPartitionsToTxn", call.version);
}

export function handleAddOffsetsToTxn(
  request: ReceivedRequest<"AddOffsetsToTxn">,
  call: Call,
): ResponseToSend<"AddOffsetsToTxn"> {
  const { transactionalId, groupId, producerId, producerEpoch } = request;
  const seat = coordinatorCode(transactionalId, call);
  if (seat !== CODE.NONE) return { throttleTimeMs: 0, errorCode: seat };
  const key = call.cluster.offsetsKeyOf(groupId);
  const producer = { producerId, epoch: producerEpoch };
  const code = call.cluster.transactions.addPartitions(transactionalId, producer, [key]);
  return { throttleTimeMs: 0, errorCode: asOldClientsKnowIt(code, "AddOffsetsToTxn", call.version) };
}

/** Kafka: KafkaApis.handleEndTxnRequest. */
export function handleEndTxn(request: ReceivedRequest<"EndTxn">, call: Call): ResponseToSend<"EndTxn"> {
  const { transactionalId, producerId, producerEpoch, committed } = request;
  const bumpsEpochs = call.version >= EPOCH_BUMP_FROM;
  const seat = coordinatorCode(transactionalId, call);
  if (seat !== CODE.NONE) return { throttleTimeMs: 0, errorCode: seat };
  const producer = { producerId, epoch: producerEpoch };
  const answer = call.cluster.transactions.endTransaction(transactionalId, producer, committed, bumpsEpochs);
  const errorCode = asOldClientsKnowIt(answer.code, "EndTxn", call.version);
  if (!bumpsEpochs) return { throttleTimeMs: 0, errorCode };
  return { throttleTimeMs: 0, errorCode, producerId: answer.producerId, producerEpoch: answer.epoch };
}

function coordinatorCode(transactionalId: string, { cluster, node }: Call): number {
  return cluster.coordinatorCode("transaction", transactionalId, node);
}

function asOldClientsKnowIt(code: number, api: keyof typeof FENCED_FROM, version: number): number {
  return code === CODE.PRODUCER_FENCED && version < FENCED_FROM[api] ? CODE.INVALID_PRODUCER_EPOCH : code;
}
