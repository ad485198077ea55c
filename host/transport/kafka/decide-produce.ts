import { isRetriable, type KafkaErrorName, kafkaErrorName } from "./protocol/error-codes.ts";

export interface ProduceFacts {
  readonly errorCode: number;
  /** No batch of the partition that was sent before it is still unacknowledged. */
  readonly isNext: boolean;
  readonly now: number;
  readonly deadline: number;
}

export type ProduceDecision =
  | { readonly act: "acknowledge" }
  /** Send it again under the same sequence number, and what follows it in the partition after it. */
  | { readonly act: "retry"; readonly refresh: boolean }
  | { readonly act: "fail"; readonly as: ProduceFailure };

export type ProduceFailure =
  | "SEQUENCE_LOST"
  | "PRODUCER_FENCED"
  | "TRANSACTION_ABORTABLE"
  | "BATCH_OVER_LIMIT"
  | "BATCH_REFUSED"
  | "ACCESS_DENIED"
  | "DELIVERY_TIMED_OUT";

/** The leader may be another one by now. */
const REFRESH: ReadonlySet<string> = new Set([
  "NOT_LEADER_OR_FOLLOWER",
  "LEADER_NOT_AVAILABLE",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "KAFKA_STORAGE_ERROR",
  "NETWORK_EXCEPTION",
]);

/**
 * What follows the answer about one batch (Kafka: Sender.completeBatch, TransactionManager.canRetry). A lost answer
 * comes as NETWORK_EXCEPTION: sequence numbers make it safe to send the batch again.
 */
export function decideProduce(facts: ProduceFacts): ProduceDecision {
  const name = kafkaErrorName(facts.errorCode) as KafkaErrorName;
  switch (name) {
    case "NONE":
    // The broker has it, and so many later ones that it has forgotten its offset.
    case "DUPLICATE_SEQUENCE_NUMBER":
      return { act: "acknowledge" };
    case "OUT_OF_ORDER_SEQUENCE_NUMBER":
      // A batch before it failed: it only has to wait for that one.
      return facts.isNext ? { act: "fail", as: "SEQUENCE_LOST" } : retry(name, facts);
    case "UNKNOWN_PRODUCER_ID":
    case "INVALID_PRODUCER_ID_MAPPING":
      return { act: "fail", as: "SEQUENCE_LOST" };
    case "PRODUCER_FENCED":
    case "INVALID_PRODUCER_EPOCH":
      return { act: "fail", as: "PRODUCER_FENCED" };
    case "TRANSACTION_ABORTABLE":
    case "INVALID_TXN_STATE":
      return { act: "fail", as: "TRANSACTION_ABORTABLE" };
    case "MESSAGE_TOO_LARGE":
    case "RECORD_LIST_TOO_LARGE":
      return { act: "fail", as: "BATCH_OVER_LIMIT" };
    case "TOPIC_AUTHORIZATION_FAILED":
    case "CLUSTER_AUTHORIZATION_FAILED":
    case "TRANSACTIONAL_ID_AUTHORIZATION_FAILED":
      return { act: "fail", as: "ACCESS_DENIED" };
    default:
      return isRetriable(facts.errorCode) ? retry(name, facts) : { act: "fail", as: "BATCH_REFUSED" };
  }
}

function retry(name: string, facts: ProduceFacts): ProduceDecision {
  if (facts.now >= facts.deadline) return { act: "fail", as: "DELIVERY_TIMED_OUT" };
  return { act: "retry", refresh: REFRESH.has(name) };
}
