import assert from "node:assert/strict";
import { test } from "node:test";
import {
  codeOf,
  isRetriable,
  kafkaErrorName,
} from "../../../../host/transport/kafka/protocol/error-codes.ts";

test("Kafka's names, codes and what is retriable", () => {
  assert.equal(kafkaErrorName(0), "NONE");
  assert.equal(kafkaErrorName(-1), "UNKNOWN_SERVER_ERROR");
  assert.equal(kafkaErrorName(51), "CONCURRENT_TRANSACTIONS");
  assert.equal(codeOf("INVALID_PRODUCER_EPOCH"), 47);
  assert.equal(isRetriable(codeOf("NOT_LEADER_OR_FOLLOWER")), true);
  assert.equal(isRetriable(codeOf("FENCED_INSTANCE_ID")), false);
});

test("a code that is newer than the table", () => {
  assert.equal(kafkaErrorName(9999), "ERROR_9999");
  assert.equal(isRetriable(9999), false);
});
