import { KAFKA_CODES, NATIVE_CODES } from "./native-codes.ts";

export interface ConsumeFailureFacts {
  /** Of the error that librdkafka's consumer handed out. */
  readonly code: number;
}

export type ConsumeFailureDecision =
  /** librdkafka mends it by itself, or it does not concern us. */
  | { readonly act: "go-on" }
  | { readonly act: "find-who-is-out-of-range" }
  | { readonly act: "fail"; readonly as: "ACCESS_DENIED" | "BROKER_REFUSED" };

/** What follows an error of librdkafka's consumer: it goes on fetching by itself after all that may pass. */
export function decideConsumeFailure({ code }: ConsumeFailureFacts): ConsumeFailureDecision {
  switch (code) {
    case NATIVE_CODES.NO_OFFSET_TO_RESET_TO:
    case NATIVE_CODES.LOG_TRUNCATED:
      return { act: "find-who-is-out-of-range" };
    case KAFKA_CODES.TOPIC_AUTHORIZATION_FAILED:
      return { act: "fail", as: "ACCESS_DENIED" };
    // A record batch is damaged, or the consumer is beyond repair.
    case NATIVE_CODES.BAD_MESSAGE:
    case NATIVE_CODES.FATAL:
      return { act: "fail", as: "BROKER_REFUSED" };
    // Among others: of the group, which we never join.
    default:
      return { act: "go-on" };
  }
}
