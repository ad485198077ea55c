import assert from "node:assert/strict";
import { test } from "node:test";
import { PeridotError } from "../../host/errors.ts";
import { limitsOfConfigs, readTopicLimits } from "../../host/task/topic-limits.ts";
import { BATCH_BYTES_DEFAULT, BATCH_BYTES_MAX } from "../../kernels/abi/limits.ts";
import { RECORDS_AT } from "../../kernels/abi/record-batch-v2.ts";

const limitsOf = (configs: Readonly<Record<string, string>>) =>
  limitsOfConfigs(new Map(Object.entries(configs)));

test("a record may fill its topic's largest batch; batches of several stay below it", () => {
  assert.deepEqual(limitsOf({ "max.message.bytes": "1048588", "cleanup.policy": "delete" }), {
    batchBytesMax: BATCH_BYTES_DEFAULT,
    recordBytesMax: 1048588 - RECORDS_AT,
    keysRequired: false,
  });
  assert.deepEqual(limitsOf({ "max.message.bytes": "3200" }), {
    batchBytesMax: 3100,
    recordBytesMax: 3200 - RECORDS_AT,
    keysRequired: false,
  });
});

test("limits stay within what kernels take, whatever a topic says", () => {
  const wide = limitsOf({ "max.message.bytes": "2147483647" })!;
  assert.equal(wide.recordBytesMax, BATCH_BYTES_MAX - RECORDS_AT);
  const narrow = limitsOf({ "max.message.bytes": "1" })!;
  assert.ok(narrow.batchBytesMax > RECORDS_AT && narrow.recordBytesMax > 0);
});

test("compacted topics want keys, those that also delete as well", () => {
  for (const [policy, keysRequired] of [
    ["compact", true],
    ["delete,compact", true],
    ["delete", false],
  ] as const) {
    const limits = limitsOf({ "max.message.bytes": "1048588", "cleanup.policy": policy });
    assert.equal(limits?.keysRequired, keysRequired);
  }
});

test("topics of which nothing may be read are left out; other failures are told", async () => {
  const answers: Readonly<Record<string, ReadonlyMap<string, string> | PeridotError>> = {
    open: new Map([["max.message.bytes", "5000"]]),
    hidden: new PeridotError("ACCESS_DENIED", { what: "topic hidden" }),
    gone: new PeridotError("TOPIC_MISSING", { topics: "gone" }),
    silent: new Map(),
    away: new PeridotError("RETRIES_EXHAUSTED", { what: "reading", withinMs: 1, last: "" }),
  };
  const admin = {
    topicConfigs: async (topic: string) => {
      const answer = answers[topic]!;
      if (answer instanceof PeridotError) throw answer;
      return new Map(answer);
    },
  };
  const limits = await readTopicLimits(admin, ["open", "hidden", "gone", "silent"]);
  assert.deepEqual([...limits.keys()], ["open"]);
  await assert.rejects(readTopicLimits(admin, ["open", "away"]), { code: "RETRIES_EXHAUSTED" });
});
