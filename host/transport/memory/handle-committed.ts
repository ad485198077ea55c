import type { ReceivedRequest, ResponseToSend } from "../kafka/protocol/api.ts";
import type { CommittedOffset, PartitionKey } from "./offsets.ts";
import type { Call } from "./request-call.ts";
import { CODE } from "./response-codes.ts";

/** OffsetCommit from this version on tells that the group is gone; older ones say ILLEGAL_GENERATION. */
const GROUP_ID_NOT_FOUND_FROM = 9;
/** OffsetCommit and OffsetFetch from this version on name topics by id. */
const TOPIC_IDS_FROM = 10;
/** OffsetFetch from this version on asks for several groups at once. */
const SEVERAL_GROUPS_FROM = 8;
/** TxnOffsetCommit from this version on understands TRANSACTION_ABORTABLE (KIP-1050). */
const ABORTABLE_FROM = 4;
/** TxnOffsetCommit from this version on adds the group to the transaction itself (KIP-890, part 2). */
const IMPLICIT_ADD_FROM = 5;

type CommitRequest = ReceivedRequest<"OffsetCommit">;
type TransactionalRequest = ReceivedRequest<"TxnOffsetCommit">;
type FetchedTopic = NonNullable<ResponseToSend<"OffsetFetch">["groups"]>[number]["topics"];
interface WantedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitionIndexes: readonly number[];
}
interface PartitionToCommit {
  readonly partitionIndex: number;
  readonly committedOffset: bigint;
  readonly committedLeaderEpoch: number;
  readonly committedMetadata: string | null;
}

/** Kafka: KafkaApis.handleOffsetCommitRequest, OffsetMetadataManager.commitOffset. */
export function handleOffsetCommit(request: CommitRequest, call: Call): ResponseToSend<"OffsetCommit"> {
  const { groupId } = request;
  const { cluster } = call;
  const groupCode = groupCodeOf(request, call);
  const topics = request.topics.map(({ name, topicId, partitions }) => {
    const topic = cluster.topic(name, topicId);
    return {
      name,
      topicId,
      partitions: partitions.map((wanted) => {
        const { partitionIndex } = wanted;
        const errorCode = groupCode === CODE.NONE ? partitionCodeOf(topic?.name, wanted, call) : groupCode;
        if (errorCode === CODE.NONE) {
          cluster.offsetsOf(groupId).commit(groupId, `${topic!.name}-${partitionIndex}`, toCommit(wanted));
        }
        return { partitionIndex, errorCode };
      }),
    };
  });
  return { topics };
}

function groupCodeOf(request: CommitRequest, call: Call): number {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generation } = request;
  const { cluster, version } = call;
  if (groupId === "") return CODE.INVALID_GROUP_ID;
  const code = cluster.coordinatorCode("group", groupId, call.node);
  if (code !== CODE.NONE) return code;
  const group = generation < 0 ? cluster.groups.getOrCreate(groupId) : cluster.groups.get(groupId);
  if (group === undefined) {
    const isTold = cluster.release.tellsMissingGroups && version >= GROUP_ID_NOT_FOUND_FROM;
    return isTold ? CODE.GROUP_ID_NOT_FOUND : CODE.ILLEGAL_GENERATION;
  }
  const verdict = group.validateCommit(memberId, groupInstanceId, generation, false);
  // A commit is a sign of life.
  if (verdict === CODE.NONE) cluster.groups.noteCommit(group, memberId);
  return verdict;
}

function partitionCodeOf(
  topic: string | undefined,
  wanted: PartitionToCommit,
  { cluster, version }: Call,
): number {
  if (topic === undefined && version >= TOPIC_IDS_FROM) return CODE.UNKNOWN_TOPIC_ID;
  if (topic === undefined || cluster.partition(topic, wanted.partitionIndex) === undefined) {
    return CODE.UNKNOWN_TOPIC_OR_PARTITION;
  }
  if (cluster.deniedTopics.has(topic)) return CODE.TOPIC_AUTHORIZATION_FAILED;
  const bytes = Buffer.byteLength(wanted.committedMetadata ?? "");
  return bytes > cluster.settings.offsetMetadataBytesMax ? CODE.OFFSET_METADATA_TOO_LARGE : CODE.NONE;
}

function toCommit(wanted: PartitionToCommit): Omit<CommittedOffset, "order"> {
  return {
    offset: wanted.committedOffset,
    leaderEpoch: wanted.committedLeaderEpoch,
    metadata: wanted.committedMetadata ?? "",
  };
}

/**
 * Kafka: GroupCoordinatorService.commitTransactionalOffsets: first the transaction, then the member, then the
 * producer's epoch in the offsets' own log.
 */
export function handleTxnOffsetCommit(
  request: TransactionalRequest,
  call: Call,
): ResponseToSend<"TxnOffsetCommit"> {
  const { groupId, producerId, producerEpoch } = request;
  const { cluster } = call;
  const requestCode = transactionalCodeOf(request, call);
  const accepted = new Map<PartitionKey, Omit<CommittedOffset, "order">>();
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((wanted) => {
      const { partitionIndex } = wanted;
      const topic = cluster.topics.has(name) ? name : undefined;
      const partitionCode = partitionCodeOf(topic, wanted, { ...call, version: 0 });
      const errorCode = requestCode === CODE.NONE ? partitionCode : requestCode;
      if (errorCode === CODE.NONE) accepted.set(`${name}-${partitionIndex}`, toCommit(wanted));
      return { partitionIndex, errorCode };
    }),
  }));
  if (accepted.size > 0) cluster.offsetsOf(groupId).addPending(producerId, producerEpoch, groupId, accepted);
  return { throttleTimeMs: 0, topics };
}

function transactionalCodeOf(request: TransactionalRequest, call: Call): number {
  const { groupId, memberId, groupInstanceId, generationId, producerId, producerEpoch } = request;
  const { cluster } = call;
  if (groupId === "") return CODE.INVALID_GROUP_ID;
  const seat = cluster.coordinatorCode("group", groupId, call.node);
  if (seat !== CODE.NONE) return seat;
  const admission = admissionOf(request, call);
  if (admission !== CODE.NONE) return admission;
  const group = generationId < 0 ? cluster.groups.getOrCreate(groupId) : cluster.groups.get(groupId);
  if (group === undefined) return CODE.ILLEGAL_GENERATION;
  const member = group.validateCommit(memberId, groupInstanceId, generationId, true);
  if (member !== CODE.NONE) return member;
  return cluster.offsetsOf(groupId).judge(producerId, producerEpoch);
}

function admissionOf(request: TransactionalRequest, call: Call): number {
  const { transactionalId, groupId, producerId, producerEpoch } = request;
  const { cluster, version } = call;
  if (cluster.offsetsOf(groupId).hasOpenTransaction(producerId, producerEpoch)) return CODE.NONE;
  const producer = { producerId, epoch: producerEpoch };
  const key = cluster.offsetsKeyOf(groupId);
  let code: number = CODE.NONE;
  if (version >= IMPLICIT_ADD_FROM)
    code = cluster.transactions.addPartitions(transactionalId, producer, [key]);
  else if (cluster.release.verifiesTransactions) {
    code = cluster.transactions.verifyPartition(transactionalId, producer, key);
  }
  if (code === CODE.PRODUCER_FENCED) return CODE.INVALID_PRODUCER_EPOCH;
  if (version >= IMPLICIT_ADD_FROM) return code;
  if (code === CODE.TRANSACTION_ABORTABLE && version < ABORTABLE_FROM) return CODE.INVALID_TXN_STATE;
  return code === CODE.CONCURRENT_TRANSACTIONS ? CODE.COORDINATOR_LOAD_IN_PROGRESS : code;
}

/** Kafka: OffsetMetadataManager.fetchOffsets, fetchAllOffsets. */
export function handleOffsetFetch(
  request: ReceivedRequest<"OffsetFetch">,
  call: Call,
): ResponseToSend<"OffsetFetch"> {
  if (call.version >= SEVERAL_GROUPS_FROM) {
    const groups = request.groups.map(({ groupId, topics }) => {
      const errorCode = call.cluster.coordinatorCode("group", groupId, call.node);
      if (errorCode !== CODE.NONE) return { groupId, topics: [], errorCode };
      return { groupId, topics: fetchOffsets(groupId, topics, request.requireStable, call), errorCode };
    });
    return { groups };
  }
  const { groupId, topics } = request;
  const errorCode = call.cluster.coordinatorCode("group", groupId, call.node);
  if (errorCode !== CODE.NONE) return { topics: [], errorCode };
  const wanted = topics?.map((topic) => ({ ...topic, topicId: "" })) ?? null;
  const found = fetchOffsets(groupId, wanted, request.requireStable, call) ?? [];
  return { topics: found.map(({ name = "", partitions = [] }) => ({ name, partitions })), errorCode };
}

/** `wanted` null: every partition that has an offset. */
function fetchOffsets(
  groupId: string,
  wanted: readonly WantedTopic[] | null,
  requireStable: boolean,
  call: Call,
): FetchedTopic {
  const offsets = call.cluster.offsetsOf(groupId);
  return (wanted ?? allTopics(groupId, call)).map(({ name: asked, topicId, partitionIndexes }) => {
    const name = asked === "" ? call.cluster.topic("", topicId)?.name : asked;
    return {
      name: asked,
      topicId,
      partitions: partitionIndexes.map((partitionIndex) => {
        const key: PartitionKey = `${name ?? ""}-${partitionIndex}`;
        const isUnstable = requireStable && offsets.isUnstable(groupId, key);
        const known = isUnstable ? undefined : offsets.get(groupId, key);
        let errorCode = isUnstable ? CODE.UNSTABLE_OFFSET_COMMIT : CODE.NONE;
        if (name === undefined) errorCode = CODE.UNKNOWN_TOPIC_ID;
        return {
          partitionIndex,
          committedOffset: known?.offset ?? -1n,
          committedLeaderEpoch: known?.leaderEpoch ?? -1,
          metadata: known?.metadata ?? "",
          errorCode,
        };
      }),
    };
  });
}

function allTopics(groupId: string, call: Call): WantedTopic[] {
  const offsets = call.cluster.offsetsOf(groupId);
  const byTopic = new Map<string, number[]>();
  for (const key of new Set([...offsets.of(groupId).keys(), ...offsets.pendingKeys(groupId)])) {
    const dash = key.lastIndexOf("-");
    const name = key.slice(0, dash);
    byTopic.set(name, [...(byTopic.get(name) ?? []), Number(key.slice(dash + 1))]);
  }
  const named = call.version < TOPIC_IDS_FROM;
  return [...byTopic].map(([name, partitionIndexes]) => ({
    name: named ? name : "",
    topicId: call.cluster.topics.get(name)?.id ?? "0".repeat(32),
    partitionIndexes,
  }));
}
