import { isRetriable, type KafkaErrorName, kafkaErrorName } from "./protocol/error-codes.ts";

export type GroupApi =
  | "JoinGroup"
  | "SyncGroup"
  | "Heartbeat"
  | "OffsetFetch"
  | "OffsetCommit"
  | "LeaveGroup";

export interface GroupFacts {
  readonly api: GroupApi;
  readonly errorCode: number;
}

export type GroupDecision =
  | { readonly act: "proceed" }
  /** The same request again. `find`: the coordinator has moved. */
  | { readonly act: "retry"; readonly find: boolean }
  /** The coordinator has given us a member id: join again under it (KIP-394). */
  | { readonly act: "adopt-member-id" }
  /** The group is being settled anew: join again as who we are. */
  | { readonly act: "rejoin" }
  /** The group does not know us any more: what we had is others'. */
  | { readonly act: "lost" }
  | { readonly act: "fail"; readonly as: GroupFailure };

export type GroupFailure = "INSTANCE_FENCED" | "CONFIG_INVALID" | "ACCESS_DENIED" | "BROKER_REFUSED";

const MOVED: ReadonlySet<string> = new Set([
  "NOT_COORDINATOR",
  "COORDINATOR_NOT_AVAILABLE",
  "REQUEST_TIMED_OUT",
]);

/** What follows the answer to a group request (Kafka: AbstractCoordinator's and ConsumerCoordinator's handlers). */
export function decideGroup(facts: GroupFacts): GroupDecision {
  const name = kafkaErrorName(facts.errorCode) as KafkaErrorName;
  switch (name) {
    case "NONE":
      return { act: "proceed" };
    case "MEMBER_ID_REQUIRED":
      return { act: "adopt-member-id" };
    case "REBALANCE_IN_PROGRESS":
      return { act: "rejoin" };
    case "UNKNOWN_MEMBER_ID":
    case "ILLEGAL_GENERATION":
      return { act: "lost" };
    case "FENCED_INSTANCE_ID":
      return { act: "fail", as: "INSTANCE_FENCED" };
    case "INCONSISTENT_GROUP_PROTOCOL":
    case "INVALID_SESSION_TIMEOUT":
    case "INVALID_GROUP_ID":
      return { act: "fail", as: "CONFIG_INVALID" };
    case "GROUP_AUTHORIZATION_FAILED":
    case "TOPIC_AUTHORIZATION_FAILED":
      return { act: "fail", as: "ACCESS_DENIED" };
    default:
      if (isRetriable(facts.errorCode)) return { act: "retry", find: MOVED.has(name) };
      return { act: "fail", as: "BROKER_REFUSED" };
  }
}
