import { unreachable } from "../../assert.ts";
import type { ConsumerSettings } from "../port.ts";
import { type KafkaErrorName, kafkaErrorName } from "./protocol/error-codes.ts";

export interface FetchFacts {
  readonly errorCode: number;
  /** The log behind our position was cut off and written anew (KIP-595's diverging epoch). */
  readonly diverges: boolean;
  readonly offsetReset: ConsumerSettings["offsetReset"];
  /** Since the partition could last be read; and how long that may last. */
  readonly failingForMs: number;
  readonly failingMsMax: number;
}

export type FetchDecision =
  | { readonly act: "take" }
  /** Go on at the offset where the log diverges. */
  | { readonly act: "truncate" }
  /** Find the first or last offset, as `offsetReset` says, and go on there. */
  | { readonly act: "reset" }
  /** Read the metadata anew, then try again. */
  | { readonly act: "retry" }
  | { readonly act: "fail"; readonly as: FetchFailure };

export type FetchFailure =
  | "OFFSET_OUT_OF_RANGE"
  | "LOG_TRUNCATED"
  | "TOPIC_MISSING"
  | "ACCESS_DENIED"
  | "PARTITION_UNAVAILABLE"
  | "BROKER_REFUSED";

/** What follows one partition's share of a Fetch answer (Kafka: FetchCollector.handleInitializeErrors). */
export function decideFetch(facts: FetchFacts): FetchDecision {
  if (facts.errorCode === 0) return facts.diverges ? afterDivergence(facts) : { act: "take" };
  const name = kafkaErrorName(facts.errorCode) as KafkaErrorName;
  switch (name) {
    case "OFFSET_OUT_OF_RANGE":
      return facts.offsetReset === "none" ? { act: "fail", as: "OFFSET_OUT_OF_RANGE" } : { act: "reset" };
    case "UNKNOWN_TOPIC_OR_PARTITION":
    case "UNKNOWN_TOPIC_ID":
    case "INCONSISTENT_TOPIC_ID":
      return retryOr("TOPIC_MISSING", facts);
    case "NOT_LEADER_OR_FOLLOWER":
    case "LEADER_NOT_AVAILABLE":
    case "REPLICA_NOT_AVAILABLE":
    case "KAFKA_STORAGE_ERROR":
    case "OFFSET_NOT_AVAILABLE":
    case "FENCED_LEADER_EPOCH":
    case "UNKNOWN_LEADER_EPOCH":
    case "NETWORK_EXCEPTION":
    case "REQUEST_TIMED_OUT":
    case "UNKNOWN_SERVER_ERROR":
      return retryOr("PARTITION_UNAVAILABLE", facts);
    case "TOPIC_AUTHORIZATION_FAILED":
      return { act: "fail", as: "ACCESS_DENIED" };
    default:
      return { act: "fail", as: "BROKER_REFUSED" };
  }
}

function afterDivergence(facts: FetchFacts): FetchDecision {
  switch (facts.offsetReset) {
    case "none":
      return { act: "fail", as: "LOG_TRUNCATED" };
    case "earliest":
    case "latest":
      return { act: "truncate" };
    default:
      return unreachable(facts.offsetReset);
  }
}

function retryOr(failure: FetchFailure, facts: FetchFacts): FetchDecision {
  return facts.failingForMs > facts.failingMsMax ? { act: "fail", as: failure } : { act: "retry" };
}
