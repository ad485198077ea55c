import { isRetriable, kafkaErrorName } from "./protocol/error-codes.ts";

/** What an error code in an answer means for a call that any broker's state may refuse for a while. */
export type AnswerDecision =
  | { readonly act: "proceed" }
  /** Ask again, later. `find`: the coordinator, leader or controller has moved: find it first. */
  | { readonly act: "retry"; readonly find: boolean }
  /** The principal lacks a permission. */
  | { readonly act: "deny"; readonly permission: string }
  | { readonly act: "fail" };

/** Names whose holder must be found anew. */
const MOVED: ReadonlySet<string> = new Set([
  "NOT_COORDINATOR",
  "COORDINATOR_NOT_AVAILABLE",
  "NOT_CONTROLLER",
  "NOT_LEADER_OR_FOLLOWER",
  "LEADER_NOT_AVAILABLE",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "UNKNOWN_TOPIC_ID",
  "KAFKA_STORAGE_ERROR",
  "REPLICA_NOT_AVAILABLE",
]);

const PERMISSIONS: ReadonlyMap<string, string> = new Map([
  [
    "TOPIC_AUTHORIZATION_FAILED",
    "READ and DESCRIBE on the topics that are read, WRITE on those that are written; on internal ones CREATE and DELETE too",
  ],
  ["GROUP_AUTHORIZATION_FAILED", "READ on the group"],
  ["TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "WRITE and DESCRIBE on the transactional.id"],
  ["CLUSTER_AUTHORIZATION_FAILED", "IDEMPOTENT_WRITE (or CREATE, for topics) on the cluster"],
]);

export function decideAnswer(code: number): AnswerDecision {
  if (code === 0) return { act: "proceed" };
  const name = kafkaErrorName(code);
  const permission = PERMISSIONS.get(name);
  if (permission !== undefined) return { act: "deny", permission };
  if (isRetriable(code)) return { act: "retry", find: MOVED.has(name) };
  return { act: "fail" };
}
