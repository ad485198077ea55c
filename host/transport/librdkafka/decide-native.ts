import { KAFKA_CODES, NATIVE_CODES } from "./native-codes.ts";

/** A call of librdkafka's transactional producer that failed for good, or a record that was not delivered. */
export interface NativeFailureFacts {
  readonly call: "init" | "begin" | "commit" | "abort" | "deliver";
  readonly code: number;
  readonly isTransactional: boolean;
}

export type NativeFailureDecision =
  | { readonly as: "PRODUCER_FENCED" }
  /** The transaction may have ended, either way. */
  | { readonly as: "TRANSACTION_OUTCOME_UNKNOWN" }
  | { readonly as: "TRANSACTION_ABORTABLE" }
  | { readonly as: "SEQUENCE_LOST" }
  | { readonly as: "TOPIC_MISSING" }
  | { readonly as: "DELIVERY_TIMED_OUT" }
  | { readonly as: "ACCESS_DENIED" }
  | { readonly as: "CONFIG_INVALID" }
  | { readonly as: "RETRIES_EXHAUSTED" }
  /** A broker's answer about a batch: read as our own client reads it. */
  | { readonly as: "answered" }
  /** The record was swept away with others: the transaction's own error tells why. */
  | { readonly as: "ask-the-transaction" };

const FENCED: ReadonlySet<number> = new Set([
  NATIVE_CODES.FENCED,
  KAFKA_CODES.INVALID_PRODUCER_EPOCH,
  KAFKA_CODES.PRODUCER_FENCED,
]);
const DENIED: ReadonlySet<number> = new Set([
  KAFKA_CODES.CLUSTER_AUTHORIZATION_FAILED,
  KAFKA_CODES.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
]);

/**
 * What a failure of librdkafka's producer means in the port's words. A fence met in a commit leaves nothing to guess
 * either: its tasks are lost, and whoever gets them reads the committed offsets. Of a commit nothing else is ever
 * known to have failed: librdkafka repeats EndTxn by itself, and does not say whether an earlier one was carried out.
 */
export function decideNative({ call, code, isTransactional }: NativeFailureFacts): NativeFailureDecision {
  if (FENCED.has(code)) return { as: "PRODUCER_FENCED" };
  switch (call) {
    case "commit":
    case "abort":
      return { as: "TRANSACTION_OUTCOME_UNKNOWN" };
    case "begin":
      return { as: "TRANSACTION_ABORTABLE" };
    case "init":
      if (DENIED.has(code)) return { as: "ACCESS_DENIED" };
      return {
        as: code === KAFKA_CODES.INVALID_TRANSACTION_TIMEOUT ? "CONFIG_INVALID" : "RETRIES_EXHAUSTED",
      };
    case "deliver":
      return decideDelivery(code, isTransactional);
  }
}

function decideDelivery(code: number, isTransactional: boolean): NativeFailureDecision {
  switch (code) {
    case NATIVE_CODES.UNKNOWN_TOPIC:
    case NATIVE_CODES.UNKNOWN_PARTITION:
    case KAFKA_CODES.UNKNOWN_TOPIC_OR_PARTITION:
      return { as: "TOPIC_MISSING" };
    case NATIVE_CODES.MESSAGE_TIMED_OUT:
      return { as: "DELIVERY_TIMED_OUT" };
    default:
      if (code > 0) return { as: "answered" };
      return { as: isTransactional ? "ask-the-transaction" : "SEQUENCE_LOST" };
  }
}
