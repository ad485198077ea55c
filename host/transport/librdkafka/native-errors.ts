import { PeridotError } from "../../errors.ts";
import { decideAnswer } from "../kafka/decide-answer.ts";
import { decideProduce } from "../kafka/decide-produce.ts";
import { produceError } from "../kafka/produce-error.ts";
import { kafkaErrorName } from "../kafka/protocol/error-codes.ts";
import type { NativeError } from "./binding.ts";
import { decideNative, type NativeFailureFacts } from "./decide-native.ts";
import type { DeliveryFailure } from "./native-producer.ts";

/** Whose call failed, for the message. */
interface Caller {
  readonly transactionalId?: string | undefined;
  readonly transactionTimeoutMs?: number | undefined;
  /** How long it was tried. */
  readonly withinMs: number;
}

/** librdkafka's words for Kafka's APIs. */
const APIS = { init: "InitProducerId", begin: "Produce", commit: "EndTxn", abort: "EndTxn" } as const;

/** The port's error for a failed call of librdkafka's producer. */
export function callError(
  call: Exclude<NativeFailureFacts["call"], "deliver">,
  native: NativeError,
  caller: Caller,
): PeridotError {
  const { code, message } = native;
  const { transactionalId, withinMs } = caller;
  const api = APIS[call];
  const isTransactional = transactionalId !== undefined;
  const decision = decideNative({ call, code, isTransactional });
  switch (decision.as) {
    case "CONFIG_INVALID":
      return new PeridotError("CONFIG_INVALID", {
        option: "transactionTimeoutMs",
        problem: `is ${caller.transactionTimeoutMs}, more than the brokers allow`,
        remedy: "Lower it, or raise transaction.max.timeout.ms of the brokers",
      });
    case "ACCESS_DENIED": {
      const answer = decideAnswer(code);
      const permission = answer.act === "deny" ? answer.permission : "";
      const what = `${api} on transactional.id ${transactionalId}`;
      return new PeridotError("ACCESS_DENIED", { what, error: kafkaErrorName(code), permission });
    }
    case "RETRIES_EXHAUSTED": {
      const what = `${api} for ${transactionalId ?? "an idempotent producer"}`;
      return new PeridotError("RETRIES_EXHAUSTED", { what, withinMs, last: message });
    }
    default: {
      const error = code > 0 ? kafkaErrorName(code) : `librdkafka's error ${code}`;
      const facts = { transactionalId, api, error, detail: ` (${message})`, problem: message };
      const name = decision.as === "PRODUCER_FENCED" || decision.as === "TRANSACTION_OUTCOME_UNKNOWN";
      return new PeridotError(name ? decision.as : "TRANSACTION_ABORTABLE", facts);
    }
  }
}

/** The port's error for a record that was not delivered; undefined: its transaction's own error tells. */
export function deliveryError(failed: DeliveryFailure, caller: Caller): PeridotError | undefined {
  const { topic, partition, code, message, bytes } = failed;
  const { transactionalId, withinMs } = caller;
  const decision = decideNative({ call: "deliver", code, isTransactional: transactionalId !== undefined });
  const batch = { topic, partition, transactionalId, bytes, withinMs, problem: message, message };
  switch (decision.as) {
    case "ask-the-transaction":
      return undefined;
    case "TOPIC_MISSING":
      return new PeridotError("TOPIC_MISSING", { topics: topic });
    case "DELIVERY_TIMED_OUT":
    case "PRODUCER_FENCED":
      return produceError(decision.as, { ...batch, errorCode: code > 0 ? code : undefined });
    case "answered": {
      // The time to try again is over: librdkafka has.
      const answer = decideProduce({ errorCode: code, isNext: true, now: 0, deadline: 0 });
      const failure = answer.act === "fail" ? answer.as : "SEQUENCE_LOST";
      return produceError(failure, { ...batch, errorCode: code });
    }
    default:
      return new PeridotError("SEQUENCE_LOST", { ...batch, error: `librdkafka's error ${code}`, detail: "" });
  }
}
