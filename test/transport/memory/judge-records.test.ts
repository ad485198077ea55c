import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { compressBatch } from "../../../host/transport/kafka/compression/compress-batches.ts";
import { codeOf } from "../../../host/transport/kafka/protocol/error-codes.ts";
import { encodeRecords, type PlainRecord } from "../../../host/transport/memory/plain-records.ts";
import { NONE, Scene } from "./scene.ts";

/** The answers to one batch after another in a topic with these configurations. */
async function codesOf(
  configs: Readonly<Record<string, string>>,
  batches: readonly (readonly PlainRecord[])[],
  pack: (batch: Buffer) => Buffer = (batch) => batch,
): Promise<number[]> {
  const scene = new Scene();
  scene.broker.createTopic("t", { configs });
  const client = await scene.connect();
  const codes: number[] = [];
  for (const records of batches) {
    const batch = pack(encodeRecords(records, scene.clock.now()));
    codes.push((await client.produce("t", 0, batch)).errorCode);
  }
  return codes;
}

suite("records that a broker refuses", () => {
  const keyed = [{ key: "k", value: "v" }];
  const keyless = [...keyed, { value: "v".repeat(500) }];
  const invalid = codeOf("INVALID_RECORD");

  test("a compacted topic takes no record without key, packed or not", async () => {
    for (const policy of ["compact", "compact,delete"]) {
      const configs = { "cleanup.policy": policy };
      assert.deepEqual(await codesOf(configs, [keyed, keyless, keyed]), [NONE, invalid, NONE]);
      const packed = await codesOf(configs, [keyless], (batch) => compressBatch(batch, "gzip"));
      assert.deepEqual(packed, [invalid]);
    }
    assert.deepEqual(await codesOf({}, [keyless]), [NONE]);
  });

  test("times out of a topic's bounds are refused, unless it stamps its own", async () => {
    const now = new Scene().clock.now();
    const at = (ms: number) => [{ key: "k", value: "v", timestamp: now + ms }];
    const bounds = { "message.timestamp.before.max.ms": "1000", "message.timestamp.after.max.ms": "2000" };
    const batches = [at(-1001), at(-1000), at(2000), at(2001)];
    const refused = codeOf("INVALID_TIMESTAMP");
    assert.deepEqual(await codesOf(bounds, batches), [refused, NONE, NONE, refused]);
    const stamping = { ...bounds, "message.timestamp.type": "LogAppendTime" };
    assert.deepEqual(await codesOf(stamping, batches), [NONE, NONE, NONE, NONE]);
  });
});
