import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { decideAnswer } from "../../../host/transport/kafka/decide-answer.ts";
import { decideFetch, type FetchFacts } from "../../../host/transport/kafka/decide-fetch.ts";
import { decideGroup } from "../../../host/transport/kafka/decide-group.ts";
import { decideProduce, type ProduceFacts } from "../../../host/transport/kafka/decide-produce.ts";
import { decideTransaction, type TransactionApi } from "../../../host/transport/kafka/decide-transaction.ts";
import { codeOf, type KafkaErrorName } from "../../../host/transport/kafka/protocol/error-codes.ts";

/** A decision in one word, or two. */
function says(decision: { readonly act: string; readonly as?: string }): string {
  const { act, as, ...more } = decision;
  const set = Object.entries(more)
    .filter(([, value]) => value === true)
    .map(([name]) => name);
  return [act, as, ...set].filter((word) => word !== undefined).join(" ");
}

suite("decide-fetch", () => {
  const usual: Omit<FetchFacts, "errorCode"> = {
    diverges: false,
    offsetReset: "earliest",
    failingForMs: 0,
    failingMsMax: 1_000,
  };
  const table: readonly (readonly [KafkaErrorName, Partial<FetchFacts>, string])[] = [
    ["NONE", {}, "take"],
    ["NONE", { diverges: true }, "truncate"],
    ["NONE", { diverges: true, offsetReset: "latest" }, "truncate"],
    ["NONE", { diverges: true, offsetReset: "none" }, "fail LOG_TRUNCATED"],
    ["OFFSET_OUT_OF_RANGE", {}, "reset"],
    ["OFFSET_OUT_OF_RANGE", { offsetReset: "latest" }, "reset"],
    ["OFFSET_OUT_OF_RANGE", { offsetReset: "none" }, "fail OFFSET_OUT_OF_RANGE"],
    ["NOT_LEADER_OR_FOLLOWER", {}, "retry"],
    ["FENCED_LEADER_EPOCH", {}, "retry"],
    ["UNKNOWN_LEADER_EPOCH", {}, "retry"],
    ["UNKNOWN_LEADER_EPOCH", { failingForMs: 1_001 }, "fail PARTITION_UNAVAILABLE"],
    ["OFFSET_NOT_AVAILABLE", {}, "retry"],
    ["KAFKA_STORAGE_ERROR", {}, "retry"],
    ["UNKNOWN_TOPIC_ID", {}, "retry"],
    ["UNKNOWN_TOPIC_OR_PARTITION", { failingForMs: 1_001 }, "fail TOPIC_MISSING"],
    ["TOPIC_AUTHORIZATION_FAILED", {}, "fail ACCESS_DENIED"],
    ["CORRUPT_MESSAGE", {}, "fail BROKER_REFUSED"],
  ];
  for (const [name, facts, expected] of table)
    test(`${name} ${JSON.stringify(facts)}: ${expected}`, () =>
      assert.equal(says(decideFetch({ ...usual, ...facts, errorCode: codeOf(name) })), expected));
});

suite("decide-produce", () => {
  const usual: Omit<ProduceFacts, "errorCode"> = { isNext: true, now: 0, deadline: 1_000 };
  const late = { now: 1_000 };
  const table: readonly (readonly [KafkaErrorName, Partial<ProduceFacts>, string])[] = [
    ["NONE", {}, "acknowledge"],
    ["NONE", late, "acknowledge"],
    ["DUPLICATE_SEQUENCE_NUMBER", {}, "acknowledge"],
    ["OUT_OF_ORDER_SEQUENCE_NUMBER", {}, "fail SEQUENCE_LOST"],
    ["OUT_OF_ORDER_SEQUENCE_NUMBER", { isNext: false }, "retry"],
    ["UNKNOWN_PRODUCER_ID", {}, "fail SEQUENCE_LOST"],
    ["INVALID_PRODUCER_ID_MAPPING", {}, "fail SEQUENCE_LOST"],
    ["CONCURRENT_TRANSACTIONS", {}, "retry"],
    ["NOT_LEADER_OR_FOLLOWER", {}, "retry refresh"],
    ["UNKNOWN_TOPIC_OR_PARTITION", {}, "retry refresh"],
    ["NETWORK_EXCEPTION", {}, "retry refresh"],
    ["NETWORK_EXCEPTION", late, "fail DELIVERY_TIMED_OUT"],
    ["NOT_ENOUGH_REPLICAS", {}, "retry"],
    ["NOT_ENOUGH_REPLICAS_AFTER_APPEND", {}, "retry"],
    ["NOT_ENOUGH_REPLICAS", late, "fail DELIVERY_TIMED_OUT"],
    ["REQUEST_TIMED_OUT", {}, "retry"],
    ["CORRUPT_MESSAGE", {}, "retry"],
    ["PRODUCER_FENCED", {}, "fail PRODUCER_FENCED"],
    ["INVALID_PRODUCER_EPOCH", {}, "fail PRODUCER_FENCED"],
    ["TRANSACTION_ABORTABLE", {}, "fail TRANSACTION_ABORTABLE"],
    ["INVALID_TXN_STATE", {}, "fail TRANSACTION_ABORTABLE"],
    ["MESSAGE_TOO_LARGE", {}, "fail BATCH_OVER_LIMIT"],
    ["RECORD_LIST_TOO_LARGE", {}, "fail BATCH_OVER_LIMIT"],
    ["TOPIC_AUTHORIZATION_FAILED", {}, "fail ACCESS_DENIED"],
    ["INVALID_RECORD", {}, "fail BATCH_REFUSED"],
    ["UNSUPPORTED_COMPRESSION_TYPE", {}, "fail BATCH_REFUSED"],
  ];
  for (const [name, facts, expected] of table)
    test(`${name} ${JSON.stringify(facts)}: ${expected}`, () =>
      assert.equal(says(decideProduce({ ...usual, ...facts, errorCode: codeOf(name) })), expected));
});

suite("decide-transaction", () => {
  type Row = readonly [TransactionApi, KafkaErrorName, boolean, string];
  const table: readonly Row[] = [
    ["EndTxn", "NONE", false, "proceed"],
    ["EndTxn", "NONE", true, "proceed"],
    ["EndTxn", "CONCURRENT_TRANSACTIONS", false, "retry"],
    ["EndTxn", "COORDINATOR_LOAD_IN_PROGRESS", false, "retry"],
    ["EndTxn", "NOT_COORDINATOR", false, "retry find doubtful"],
    ["EndTxn", "COORDINATOR_NOT_AVAILABLE", false, "retry find doubtful"],
    ["EndTxn", "PRODUCER_FENCED", false, "fail PRODUCER_FENCED"],
    ["EndTxn", "PRODUCER_FENCED", true, "fail TRANSACTION_OUTCOME_UNKNOWN"],
    ["EndTxn", "INVALID_PRODUCER_EPOCH", true, "fail TRANSACTION_OUTCOME_UNKNOWN"],
    ["EndTxn", "INVALID_TXN_STATE", false, "fail TRANSACTION_OUTCOME_UNKNOWN"],
    ["EndTxn", "INVALID_PRODUCER_ID_MAPPING", false, "fail TRANSACTION_OUTCOME_UNKNOWN"],
    ["EndTxn", "UNKNOWN_SERVER_ERROR", false, "fail TRANSACTION_OUTCOME_UNKNOWN"],
    ["EndTxn", "TRANSACTION_ABORTABLE", false, "fail TRANSACTION_ABORTABLE"],
    ["TxnOffsetCommit", "ILLEGAL_GENERATION", false, "fail GENERATION_FENCED"],
    ["TxnOffsetCommit", "REBALANCE_IN_PROGRESS", false, "fail GENERATION_FENCED"],
    ["TxnOffsetCommit", "UNKNOWN_MEMBER_ID", false, "fail MEMBER_UNKNOWN"],
    ["TxnOffsetCommit", "FENCED_INSTANCE_ID", false, "fail INSTANCE_FENCED"],
    ["TxnOffsetCommit", "INVALID_PRODUCER_EPOCH", false, "fail PRODUCER_FENCED"],
    ["TxnOffsetCommit", "CONCURRENT_TRANSACTIONS", false, "retry"],
    ["TxnOffsetCommit", "GROUP_AUTHORIZATION_FAILED", false, "fail ACCESS_DENIED"],
    ["TxnOffsetCommit", "INVALID_TXN_STATE", false, "fail TRANSACTION_ABORTABLE"],
    ["TxnOffsetCommit", "OFFSET_METADATA_TOO_LARGE", false, "fail BROKER_REFUSED"],
    ["AddPartitionsToTxn", "CONCURRENT_TRANSACTIONS", false, "retry"],
    ["AddPartitionsToTxn", "TOPIC_AUTHORIZATION_FAILED", false, "fail ACCESS_DENIED"],
    ["AddPartitionsToTxn", "INVALID_PRODUCER_ID_MAPPING", false, "fail TRANSACTION_ABORTABLE"],
    ["AddOffsetsToTxn", "PRODUCER_FENCED", false, "fail PRODUCER_FENCED"],
    ["InitProducerId", "CONCURRENT_TRANSACTIONS", false, "retry"],
    ["InitProducerId", "PRODUCER_FENCED", false, "fail PRODUCER_FENCED"],
    ["InitProducerId", "INVALID_TRANSACTION_TIMEOUT", false, "fail CONFIG_INVALID"],
    ["InitProducerId", "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", false, "fail ACCESS_DENIED"],
  ];
  for (const [api, name, doubtful, expected] of table)
    test(`${api} ${name}${doubtful ? ", in doubt" : ""}: ${expected}`, () =>
      assert.equal(says(decideTransaction({ api, errorCode: codeOf(name), doubtful })), expected));
});

suite("decide-group", () => {
  const table: readonly (readonly [KafkaErrorName, string])[] = [
    ["NONE", "proceed"],
    ["MEMBER_ID_REQUIRED", "adopt-member-id"],
    ["REBALANCE_IN_PROGRESS", "rejoin"],
    ["UNKNOWN_MEMBER_ID", "lost"],
    ["ILLEGAL_GENERATION", "lost"],
    ["FENCED_INSTANCE_ID", "fail INSTANCE_FENCED"],
    ["INCONSISTENT_GROUP_PROTOCOL", "fail CONFIG_INVALID"],
    ["INVALID_SESSION_TIMEOUT", "fail CONFIG_INVALID"],
    ["INVALID_GROUP_ID", "fail CONFIG_INVALID"],
    ["GROUP_AUTHORIZATION_FAILED", "fail ACCESS_DENIED"],
    ["NOT_COORDINATOR", "retry find"],
    ["COORDINATOR_LOAD_IN_PROGRESS", "retry"],
    ["UNSTABLE_OFFSET_COMMIT", "retry"],
    ["GROUP_MAX_SIZE_REACHED", "fail BROKER_REFUSED"],
  ];
  for (const [name, expected] of table)
    test(`${name}: ${expected}`, () =>
      assert.equal(says(decideGroup({ api: "Heartbeat", errorCode: codeOf(name) })), expected));
});

suite("decide-answer", () => {
  const table: readonly (readonly [KafkaErrorName, string])[] = [
    ["NONE", "proceed"],
    ["NOT_CONTROLLER", "retry find"],
    ["COORDINATOR_LOAD_IN_PROGRESS", "retry"],
    ["TOPIC_AUTHORIZATION_FAILED", "deny"],
    ["INVALID_REPLICATION_FACTOR", "fail"],
    ["UNKNOWN_SERVER_ERROR", "fail"],
  ];
  for (const [name, expected] of table)
    test(`${name}: ${expected}`, () => {
      const { act, ...more } = decideAnswer(codeOf(name));
      assert.equal(says({ act, ...("find" in more ? { find: more.find } : {}) }), expected);
    });
});
