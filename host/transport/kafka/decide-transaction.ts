import { isRetriable, type KafkaErrorName, kafkaErrorName } from "./protocol/error-codes.ts";

export type TransactionApi =
  | "InitProducerId"
  | "AddPartitionsToTxn"
  | "AddOffsetsToTxn"
  | "TxnOffsetCommit"
  | "EndTxn";

export interface TransactionFacts {
  readonly api: TransactionApi;
  readonly errorCode: number;
  /** An earlier attempt of the same request may have been carried out. */
  readonly doubtful: boolean;
}

export type TransactionDecision =
  | { readonly act: "proceed" }
  /** `find`: the coordinator has moved. `doubtful`: this attempt may be carried out all the same. */
  | { readonly act: "retry"; readonly find: boolean; readonly doubtful: boolean }
  | { readonly act: "fail"; readonly as: TransactionFailure };

export type TransactionFailure =
  | "PRODUCER_FENCED"
  | "GENERATION_FENCED"
  | "MEMBER_UNKNOWN"
  | "INSTANCE_FENCED"
  | "TRANSACTION_ABORTABLE"
  | "TRANSACTION_OUTCOME_UNKNOWN"
  | "ACCESS_DENIED"
  | "CONFIG_INVALID"
  | "BROKER_REFUSED";

/** The coordinator may have written its log before it gave this answer. */
const MAYBE_DONE: ReadonlySet<string> = new Set([
  "COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR",
  "REQUEST_TIMED_OUT",
  "NETWORK_EXCEPTION",
]);

const MOVED: ReadonlySet<string> = new Set([
  "COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR",
  "REQUEST_TIMED_OUT",
]);

/**
 * What follows the answer to a transactional request (Kafka: TransactionManager's response handlers). Asking once
 * more after a refusal is safe for each of them: a coordinator that has carried out the same EndTxn already says
 * so. But a fence, or a wrong state, met on a second attempt leaves open whether the first one ended the
 * transaction: that is an unknown outcome.
 */
export function decideTransaction(facts: TransactionFacts): TransactionDecision {
  const name = kafkaErrorName(facts.errorCode) as KafkaErrorName;
  switch (name) {
    case "NONE":
      return { act: "proceed" };
    case "PRODUCER_FENCED":
    case "INVALID_PRODUCER_EPOCH":
      return facts.api === "EndTxn" && facts.doubtful ? unknownOutcome : fail("PRODUCER_FENCED");
    case "ILLEGAL_GENERATION":
    case "REBALANCE_IN_PROGRESS":
      return fail("GENERATION_FENCED");
    case "UNKNOWN_MEMBER_ID":
      return fail("MEMBER_UNKNOWN");
    case "FENCED_INSTANCE_ID":
      return fail("INSTANCE_FENCED");
    case "TRANSACTION_ABORTABLE":
      return fail("TRANSACTION_ABORTABLE");
    case "INVALID_TXN_STATE":
    case "INVALID_PRODUCER_ID_MAPPING":
    case "UNKNOWN_PRODUCER_ID":
      return facts.api === "EndTxn" ? unknownOutcome : fail("TRANSACTION_ABORTABLE");
    case "TOPIC_AUTHORIZATION_FAILED":
    case "GROUP_AUTHORIZATION_FAILED":
    case "CLUSTER_AUTHORIZATION_FAILED":
    case "TRANSACTIONAL_ID_AUTHORIZATION_FAILED":
      return fail("ACCESS_DENIED");
    case "INVALID_TRANSACTION_TIMEOUT":
      return fail("CONFIG_INVALID");
    default:
      if (!isRetriable(facts.errorCode))
        return facts.api === "EndTxn" ? unknownOutcome : fail("BROKER_REFUSED");
      return { act: "retry", find: MOVED.has(name), doubtful: MAYBE_DONE.has(name) };
  }
}

const unknownOutcome: TransactionDecision = { act: "fail", as: "TRANSACTION_OUTCOME_UNKNOWN" };

function fail(as: TransactionFailure): TransactionDecision {
  return { act: "fail", as };
}
