import type { ReceivedRequest, ResponseToSend } from "../kafka/protocol/api.ts";
import { leaderCode } from "./leader-code.ts";
import type { Partition } from "./partition.ts";
import { decodeRecords } from "./plain-records.ts";
import type { Call } from "./request-call.ts";
import { CODE } from "./response-codes.ts";

const READ_COMMITTED = 1;
/** Special timestamps of ListOffsets (Kafka: ListOffsetsRequest.java). */
const LATEST = -1n;
const EARLIEST = -2n;
const MAX_TIMESTAMP = -3n;
/** DeleteRecords: up to the high watermark. */
const TO_THE_END = -1n;

type OffsetAnswer = ResponseToSend<"ListOffsets">["topics"][number]["partitions"][number];

/** Kafka: ReplicaManager.fetchOffset, Partition.fetchOffsetForTimestamp. */
export function handleListOffsets(
  request: ReceivedRequest<"ListOffsets">,
  call: Call,
): ResponseToSend<"ListOffsets"> {
  const committedOnly = request.isolationLevel === READ_COMMITTED;
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, currentLeaderEpoch, timestamp }): OffsetAnswer => {
      const partition = call.cluster.partition(name, partitionIndex);
      const code = call.cluster.deniedTopics.has(name)
        ? CODE.TOPIC_AUTHORIZATION_FAILED
        : leaderCode(partition, currentLeaderEpoch, call.node);
      if (partition === undefined || code !== CODE.NONE) return { partitionIndex, errorCode: code };
      const found = offsetAt(partition, timestamp, committedOnly);
      return {
        partitionIndex,
        errorCode: CODE.NONE,
        timestamp: BigInt(found.timestamp),
        offset: BigInt(found.offset),
        leaderEpoch: found.offset === -1 ? -1 : partition.log.epochAt(found.offset),
      };
    }),
  }));
  return { topics };
}

/** `offset` -1: there is no record as late as that. */
function offsetAt(
  partition: Partition,
  timestamp: bigint,
  committedOnly: boolean,
): { readonly offset: number; readonly timestamp: number } {
  const { log } = partition;
  const end = committedOnly ? partition.lastStableOffset : partition.highWatermark;
  if (timestamp === LATEST) return { offset: end, timestamp: -1 };
  if (timestamp === EARLIEST) return { offset: log.startOffset, timestamp: -1 };
  const wanted = timestamp === MAX_TIMESTAMP ? latestTimestamp(log.batches(end)) : Number(timestamp);
  const found = wanted === undefined ? undefined : log.batchAtTime(wanted);
  if (wanted === undefined || found === undefined || found.batch.baseOffset >= end) {
    return { offset: -1, timestamp: -1 };
  }
  const record = decodeRecords(found.bytes).find(
    (candidate) => candidate.timestamp >= wanted && candidate.offset >= BigInt(log.startOffset),
  );
  if (record !== undefined) return { offset: Number(record.offset), timestamp: record.timestamp };
  return { offset: found.batch.baseOffset, timestamp: found.batch.maxTimestamp };
}

function latestTimestamp(batches: Iterable<Buffer>): number | undefined {
  let latest: number | undefined;
  for (const batch of batches) {
    for (const { timestamp } of decodeRecords(batch)) {
      if (latest === undefined || timestamp > latest) latest = timestamp;
    }
  }
  return latest;
}

/** Kafka: ReplicaManager.deleteRecords. */
export function handleDeleteRecords(
  request: ReceivedRequest<"DeleteRecords">,
  call: Call,
): ResponseToSend<"DeleteRecords"> {
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, offset }) => {
      const partition = call.cluster.partition(name, partitionIndex);
      const refused = (errorCode: number) => ({ partitionIndex, lowWatermark: -1n, errorCode });
      if (call.cluster.deniedTopics.has(name)) return refused(CODE.TOPIC_AUTHORIZATION_FAILED);
      const code = leaderCode(partition, -1, call.node);
      if (partition === undefined || code !== CODE.NONE) return refused(code);
      const before = offset === TO_THE_END ? partition.highWatermark : Number(offset);
      if (before < 0 || before > partition.highWatermark) return refused(CODE.OFFSET_OUT_OF_RANGE);
      partition.deleteBefore(before);
      return { partitionIndex, lowWatermark: BigInt(partition.log.startOffset), errorCode: CODE.NONE };
    }),
  }));
  return { throttleTimeMs: 0, topics };
}

/** Kafka: ReplicaManager.lastOffsetForLeaderEpoch. */
export function handleOffsetForLeaderEpoch(
  request: ReceivedRequest<"OffsetForLeaderEpoch">,
  call: Call,
): ResponseToSend<"OffsetForLeaderEpoch"> {
  const topics = request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
      const partition = call.cluster.partition(topic, index);
      const code = leaderCode(partition, currentLeaderEpoch, call.node);
      if (partition === undefined || code !== CODE.NONE) return { partition: index, errorCode: code };
      const end = partition.log.endOfEpoch(leaderEpoch, partition.leaderEpoch);
      if (end === undefined) return { partition: index, errorCode: CODE.NONE };
      return {
        partition: index,
        errorCode: CODE.NONE,
        leaderEpoch: end.epoch,
        endOffset: BigInt(end.endOffset),
      };
    }),
  }));
  return { topics };
}
