import type { Api, ReceivedRequest, ResponseToSend } from "../kafka/protocol/api.ts";
import { failedJoin, failedSync } from "./group-member.ts";
import { CODE } from "./response-codes.ts";

type Answers = {
  readonly [A in Api]?: (request: ReceivedRequest<A>, code: number, version: number) => ResponseToSend<A>;
};

/** How each request is answered when every part of it fails for one reason (Kafka: …Request.getErrorResponse). */
const ANSWERS: Answers = {
  Produce: (request, code) => ({
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode: code, baseOffset: -1n })),
    })),
  }),
  Fetch: (request, code) => ({
    responses: request.topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) => ({
        partitionIndex: partition,
        errorCode: code,
        highWatermark: -1n,
        records: Buffer.alloc(0),
      })),
    })),
  }),
  ListOffsets: (request, code) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
    })),
  }),
  DeleteRecords: (request, code) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        lowWatermark: -1n,
        errorCode: code,
      })),
    })),
  }),
  OffsetForLeaderEpoch: (request, code) => ({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode: code })),
    })),
  }),
  OffsetCommit: (request, code) => ({
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
    })),
  }),
  TxnOffsetCommit: (request, code) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
    })),
  }),
  OffsetFetch: (request, code, version) =>
    version >= 8
      ? { groups: request.groups.map(({ groupId }) => ({ groupId, topics: [], errorCode: code })) }
      : { topics: [], errorCode: code },
  AddPartitionsToTxn: (request, code) => ({
    throttleTimeMs: 0,
    resultsByTopicV3AndBelow: request.v3AndBelowTopics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: code })),
    })),
  }),
  FindCoordinator: (request, code, version) =>
    version >= 4
      ? { coordinators: request.coordinatorKeys.map((key) => ({ ...nowhere(code), key })) }
      : nowhere(code),
  Metadata: (request, code) => ({
    brokers: [],
    topics: (request.topics ?? []).map(({ name }) => ({ errorCode: code, name: name ?? "", partitions: [] })),
  }),
  CreateTopics: (request, code) => ({
    topics: request.topics.map(({ name }) => ({ name, errorCode: code })),
  }),
  JoinGroup: (request, code) => failedJoin(code, request.memberId),
  SyncGroup: (_request, code) => failedSync(code),
  Heartbeat: (_request, code) => ({ errorCode: code }),
  LeaveGroup: (_request, code) => ({ errorCode: code, members: [] }),
  InitProducerId: (_request, code) => ({ errorCode: code, producerId: -1n, producerEpoch: -1 }),
  AddOffsetsToTxn: (_request, code) => ({ throttleTimeMs: 0, errorCode: code }),
  EndTxn: (_request, code) => ({ throttleTimeMs: 0, errorCode: code }),
};

/** undefined: this request has no such answer. */
export function errorAnswer<A extends Api>(
  api: A,
  version: number,
  request: ReceivedRequest<A>,
  code: number,
): ResponseToSend<A> | undefined {
  const answer = ANSWERS[api] as ((...facts: unknown[]) => ResponseToSend<A>) | undefined;
  return answer?.(request, code, version);
}

function nowhere(code: number) {
  return {
    nodeId: -1,
    host: "",
    port: -1,
    errorCode: code === CODE.NONE ? CODE.COORDINATOR_NOT_AVAILABLE : code,
  };
}
