import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { decideConsumeFailure } from "../../../host/transport/librdkafka/decide-consume-failure.ts";
import {
  decideNative,
  type NativeFailureDecision,
  type NativeFailureFacts,
} from "../../../host/transport/librdkafka/decide-native.ts";

type Row = readonly [
  call: NativeFailureFacts["call"],
  code: number,
  as: NativeFailureDecision["as"],
  why: string,
];

const TRANSACTIONAL: readonly Row[] = [
  ["init", -144, "PRODUCER_FENCED", "a newer one came in between"],
  ["init", 53, "ACCESS_DENIED", "transactional.id"],
  ["init", 31, "ACCESS_DENIED", "cluster"],
  ["init", 50, "CONFIG_INVALID", "the brokers' bound of the time-out"],
  ["init", -185, "RETRIES_EXHAUSTED", "no answer"],
  ["begin", -144, "PRODUCER_FENCED", "told by the first call after it"],
  ["begin", 47, "PRODUCER_FENCED", "the older name of a fence"],
  ["begin", 48, "TRANSACTION_ABORTABLE", "a wrong state"],
  ["commit", -144, "PRODUCER_FENCED", "the tasks are lost, whatever came of it"],
  ["commit", 90, "PRODUCER_FENCED", "as brokers say it"],
  ["commit", -185, "TRANSACTION_OUTCOME_UNKNOWN", "no answer in time"],
  ["commit", -149, "TRANSACTION_OUTCOME_UNKNOWN", "never taken for an abort"],
  ["commit", 48, "TRANSACTION_OUTCOME_UNKNOWN", "met on a second attempt, perhaps"],
  ["abort", -185, "TRANSACTION_OUTCOME_UNKNOWN", "no answer in time"],
  ["deliver", -188, "TOPIC_MISSING", "deleted"],
  ["deliver", -190, "TOPIC_MISSING", "fewer partitions"],
  ["deliver", 3, "TOPIC_MISSING", "deleted, as brokers say it"],
  ["deliver", -192, "DELIVERY_TIMED_OUT", "no acknowledgement"],
  ["deliver", 10, "answered", "too large"],
  ["deliver", 47, "PRODUCER_FENCED", "a newer one came in between"],
  ["deliver", -152, "ask-the-transaction", "swept away"],
  ["deliver", -151, "ask-the-transaction", "swept away under way"],
];

suite("what a failure of librdkafka's producer means", () => {
  for (const [call, code, as, why] of TRANSACTIONAL)
    test(`${call}, ${code}: ${as} (${why})`, () => {
      assert.deepEqual(decideNative({ call, code, isTransactional: true }), { as });
    });

  test("without a transaction there is none to ask", () => {
    for (const code of [-152, -151, -150, -148])
      assert.deepEqual(decideNative({ call: "deliver", code, isTransactional: false }), {
        as: "SEQUENCE_LOST",
      });
  });
});

suite("what an error of librdkafka's consumer means", () => {
  const rows = [
    [-140, { act: "find-who-is-out-of-range" }, "no such offset"],
    [-139, { act: "find-who-is-out-of-range" }, "a truncated log"],
    [29, { act: "fail", as: "ACCESS_DENIED" }, "the topic is not ours to read"],
    [-199, { act: "fail", as: "BROKER_REFUSED" }, "a damaged batch"],
    [-150, { act: "fail", as: "BROKER_REFUSED" }, "beyond repair"],
    [30, { act: "go-on" }, "the group is never joined"],
    [-195, { act: "go-on" }, "a connection ended"],
    [-187, { act: "go-on" }, "all brokers are away"],
    [6, { act: "go-on" }, "the leader has moved"],
  ] as const;
  for (const [code, decision, why] of rows)
    test(`${code}: ${decision.act} (${why})`, () =>
      assert.deepEqual(decideConsumeFailure({ code }), decision));
});
