import type { ReceivedRequest, ResponseToSend } from "../kafka/protocol/api.ts";
import { leaderCode } from "./leader-code.ts";
import type { Partition } from "./partition.ts";
import type { Call } from "./request-call.ts";
import { CODE } from "./response-codes.ts";

/** Fetch from this version on names topics by id (KIP-516). */
const TOPIC_IDS_FROM = 13;
const READ_COMMITTED = 1;

type FetchRequest = ReceivedRequest<"Fetch">;
type FetchAnswer = ResponseToSend<"Fetch">;
type PartitionRequest = FetchRequest["topics"][number]["partitions"][number];
type PartitionAnswer = FetchAnswer["responses"][number]["partitions"][number];

/** Bytes that one answer may still take. */
interface Budget {
  bytesLeft: number;
  /** The first batch of an answer comes whole, whatever its size, so that a reader always gets on. */
  wholeFirst: boolean;
}

/**
 * Kafka: KafkaApis.handleFetchRequest, ReplicaManager.fetchMessages, DelayedFetch. No session is ever made
 * (session id 0), which a client takes as leave to send whole requests.
 */
export function handleFetch(request: FetchRequest, call: Call): FetchAnswer | Promise<FetchAnswer> {
  if (request.sessionId !== 0) return { errorCode: CODE.FETCH_SESSION_ID_NOT_FOUND, responses: [] };
  const first = read(request, call);
  if (isDue(first, request)) return first;
  return waitForBytes(request, call);
}

function isDue(answer: FetchAnswer, request: FetchRequest): boolean {
  if (request.maxWaitMs <= 0 || request.topics.length === 0) return true;
  let bytes = 0;
  for (const { partitions } of answer.responses) {
    for (const { errorCode, records } of partitions) {
      if (errorCode !== CODE.NONE) return true;
      bytes += records?.length ?? 0;
    }
  }
  return bytes >= request.minBytes;
}

/** Looks again whenever one of the partitions moves, until there is enough or time is up. */
function waitForBytes(request: FetchRequest, call: Call): Promise<FetchAnswer> {
  return new Promise((resolve) => {
    const unwatch: (() => void)[] = [];
    const finish = (answer: FetchAnswer) => {
      timer.cancel();
      call.gone?.removeEventListener("abort", leave);
      for (const stop of unwatch) stop();
      resolve(answer);
    };
    const leave = () => finish({ errorCode: CODE.NONE, responses: [] });
    call.gone?.addEventListener("abort", leave);
    const timer = call.cluster.settings.clock.timer(request.maxWaitMs, () => finish(read(request, call)));
    const look = () => {
      const answer = read(request, call);
      if (isDue(answer, request)) finish(answer);
    };
    for (const { topic, topicId, partitions } of request.topics) {
      const known = call.cluster.topic(topic, topicId)?.partitions;
      for (const { partition } of partitions) {
        const watched = known?.[partition];
        if (watched !== undefined) unwatch.push(watched.watch(look));
      }
    }
  });
}

function read(request: FetchRequest, call: Call): FetchAnswer {
  const budget: Budget = { bytesLeft: request.maxBytes, wholeFirst: true };
  const responses = request.topics.map(({ topic: name, topicId, partitions }) => {
    const topic = call.cluster.topic(name, topicId);
    return {
      topic: name,
      topicId,
      partitions: partitions.map((wanted) => {
        const code = topic === undefined ? unknownTopic(call.version) : denial(topic.name, call);
        if (code !== CODE.NONE) return refused(wanted.partition, code);
        return readPartition(
          topic?.partitions[wanted.partition],
          wanted,
          request.isolationLevel,
          budget,
          call,
        );
      }),
    };
  });
  return { errorCode: CODE.NONE, sessionId: 0, responses };
}

function readPartition(
  partition: Partition | undefined,
  wanted: PartitionRequest,
  isolationLevel: number,
  budget: Budget,
  call: Call,
): PartitionAnswer {
  const code = leaderCode(partition, wanted.currentLeaderEpoch, call.node);
  if (partition === undefined || code !== CODE.NONE) return misled(partition, wanted.partition, code);
  const fromOffset = Number(wanted.fetchOffset);
  const { startOffset, endOffset } = partition.log;
  if (fromOffset < startOffset || fromOffset > endOffset) {
    return { ...refused(wanted.partition, CODE.OFFSET_OUT_OF_RANGE), abortedTransactions: null };
  }
  const bytesMax = Math.min(wanted.partitionMaxBytes, budget.bytesLeft);
  const fetched = partition.fetch(fromOffset, isolationLevel === READ_COMMITTED, bytesMax, budget.wholeFirst);
  const { records, highWatermark, lastStableOffset, abortedTransactions } = fetched;
  if (records.length > 0) budget.wholeFirst = false;
  budget.bytesLeft = Math.max(0, budget.bytesLeft - records.length);
  return {
    partitionIndex: wanted.partition,
    errorCode: CODE.NONE,
    highWatermark: BigInt(highWatermark),
    lastStableOffset: BigInt(lastStableOffset),
    logStartOffset: BigInt(startOffset),
    abortedTransactions:
      isolationLevel === READ_COMMITTED
        ? abortedTransactions.map(({ producerId, firstOffset }) => ({
            producerId,
            firstOffset: BigInt(firstOffset),
          }))
        : null,
    records,
  };
}

function unknownTopic(version: number): number {
  return version >= TOPIC_IDS_FROM ? CODE.UNKNOWN_TOPIC_ID : CODE.UNKNOWN_TOPIC_OR_PARTITION;
}

function denial(topic: string, call: Call): number {
  return call.cluster.deniedTopics.has(topic) ? CODE.TOPIC_AUTHORIZATION_FAILED : CODE.NONE;
}

/** From version 16 on the answer says who leads now (KIP-951); older versions leave that out. */
function misled(partition: Partition | undefined, index: number, code: number): PartitionAnswer {
  const answer = refused(index, code);
  if (partition === undefined) return answer;
  return {
    ...answer,
    abortedTransactions: null,
    currentLeader: { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch },
  };
}

function refused(partitionIndex: number, errorCode: number): PartitionAnswer {
  return {
    partitionIndex,
    errorCode,
    highWatermark: -1n,
    records: Buffer.alloc(0),
  };
}
