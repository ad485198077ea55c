import type { Partition } from "./partition.ts";
import { CODE } from "./response-codes.ts";

/**
 * May `node` answer for this partition to a client that knows it under `clientEpoch` (-1: under any)? Returns an
 * error code. The epoch comes first (Kafka: Partition.getLocalLog, checkCurrentLeaderEpoch).
 */
export function leaderCode(partition: Partition | undefined, clientEpoch: number, node: number): number {
  if (partition === undefined) return CODE.UNKNOWN_TOPIC_OR_PARTITION;
  if (clientEpoch !== -1 && clientEpoch < partition.leaderEpoch) return CODE.FENCED_LEADER_EPOCH;
  if (clientEpoch !== -1 && clientEpoch > partition.leaderEpoch) return CODE.UNKNOWN_LEADER_EPOCH;
  return partition.leader === node ? CODE.NONE : CODE.NOT_LEADER_OR_FOLLOWER;
}
