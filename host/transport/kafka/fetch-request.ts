import type { RequestOf } from "./protocol/api.ts";

export interface FetchAim {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: bigint;
  /** -1: not known; else the broker refuses us when it has another one (KIP-320). */
  readonly leaderEpoch: number;
  /** Epoch of the batch before `offset`; -1: not known. The broker then says where its log diverges from ours. */
  readonly fetchedEpoch: number;
}

export interface FetchShape {
  readonly waitMs: number;
  readonly bytesMax: number;
  readonly partitionBytesMax: number;
  readonly isolation: "read_committed" | "read_uncommitted";
}

/** Below it, topics are named, from it on they go by their ids (KIP-516). */
const FIRST_WITH_TOPIC_IDS = 13;
const FULL_FETCH = -1;

/** A whole fetch, without a session: its partitions change place from one to the next. */
export function fetchRequest(
  version: number,
  aims: readonly FetchAim[],
  shape: FetchShape,
): RequestOf<"Fetch"> {
  const byName = version < FIRST_WITH_TOPIC_IDS;
  const topics = [...Map.groupBy(aims, (aim) => aim.topic)].map(([topic, share]) => ({
    ...(byName ? { topic } : { topicId: share[0]!.topicId }),
    partitions: share.map((aim) => ({
      partition: aim.partition,
      currentLeaderEpoch: aim.leaderEpoch,
      fetchOffset: aim.offset,
      lastFetchedEpoch: aim.fetchedEpoch,
      partitionMaxBytes: shape.partitionBytesMax,
    })),
  }));
  return {
    maxWaitMs: shape.waitMs,
    minBytes: 1,
    maxBytes: shape.bytesMax,
    isolationLevel: shape.isolation === "read_committed" ? 1 : 0,
    sessionEpoch: FULL_FETCH,
    topics,
  };
}
