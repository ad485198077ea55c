import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { codeOf } from "../../../host/transport/kafka/protocol/error-codes.ts";
import { decodeRecords, encodeRecords } from "../../../host/transport/memory/plain-records.ts";
import { batchOf, NONE, Scene } from "./scene.ts";

const SEEN_VALUE = (records: Buffer | null) => decodeRecords(records!).map(({ value }) => value!.toString());

suite("log", () => {
  test("a batch comes back byte for byte, with its offset and leader epoch stamped", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    const client = await scene.connect();
    scene.broker.append("t", 0, [{ value: "before" }]);
    const batch = encodeRecords(
      [
        { key: "k", value: "v", timestamp: 5, headers: [{ key: "h", value: null }] },
        { key: null, value: null, timestamp: 3 },
      ],
      0,
    );
    const produced = await client.produce("t", 0, batch);
    assert.equal(produced.errorCode, NONE);
    assert.equal(produced.baseOffset, 1n);
    const { records } = await client.fetch("t", 0, 1n);
    batch.writeBigInt64BE(1n, 0);
    batch.writeInt32BE(0, 12);
    assert.deepEqual(records, batch);
    assert.deepEqual(
      decodeRecords(records!).map(({ offset, timestamp, key, value }) => [
        offset,
        timestamp,
        key?.toString(),
        value?.toString(),
      ]),
      [
        [1n, 5, "k", "v"],
        [2n, 3, undefined, undefined],
      ],
    );
  });

  test("LogAppendTime sets one time, the attribute and the checksum", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t", { configs: { "message.timestamp.type": "LogAppendTime" } });
    const client = await scene.connect();
    await scene.clock.advance(1234);
    const now = scene.clock.now();
    const produced = await client.produce("t", 0, batchOf(["a", "b"]));
    assert.equal(produced.logAppendTimeMs, BigInt(now));
    const { records } = await client.fetch("t", 0, 0n);
    assert.deepEqual(
      decodeRecords(records!).map(({ timestamp }) => timestamp),
      [now, now],
    );
    // Sent back to the broker it is accepted: so its checksum is right.
    scene.broker.createTopic("again");
    assert.equal((await client.produce("again", 0, Buffer.from(records!))).errorCode, NONE);
  });

  test("damaged, foreign and oversized batches are refused", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t", { configs: { "max.message.bytes": "200" } });
    const client = await scene.connect();
    const refusal = async (change: (batch: Buffer) => Buffer) =>
      (await client.produce("t", 0, change(batchOf(["a"])))).errorCode;
    const withByte = (at: number, byte: number) => (batch: Buffer) => {
      batch[at] = byte;
      return batch;
    };
    assert.equal(await refusal(withByte(67, 0)), codeOf("CORRUPT_MESSAGE"));
    assert.equal(await refusal((batch) => batch.subarray(0, 65)), codeOf("CORRUPT_MESSAGE"));
    assert.equal(await refusal(withByte(16, 1)), codeOf("INVALID_RECORD"));
    assert.equal(await refusal(() => batchOf(["x".repeat(300)])), codeOf("MESSAGE_TOO_LARGE"));
    assert.deepEqual(scene.values("t"), [[]]);
  });

  test("a fetch ends where its bytes end, within a batch if need be, but the first batch comes whole", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    for (const value of ["a", "b", "c"]) scene.broker.append("t", 0, [{ value }]);
    const client = await scene.connect();
    const bytes = batchOf(["a"]).length;
    const length = async (partitionMaxBytes: number) =>
      (await client.fetch("t", 0, 0n, { partitionMaxBytes })).records!.length;
    assert.equal(await length(1), bytes);
    assert.equal(await length(bytes + 10), bytes + 10);
    assert.equal(await length(1000), 3 * bytes);
    assert.equal((await client.fetch("t", 0, 0n, { maxBytes: 1 })).records!.length, bytes);
  });

  test("over several segments nothing is lost", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    const value = "x".repeat(5000);
    for (let count = 0; count < 40; count++) scene.broker.append("t", 0, [{ value: `${count}${value}` }]);
    const client = await scene.connect();
    const seen: string[] = [];
    for (let offset = 0n; offset < 40n; ) {
      const { records } = await client.fetch("t", 0, offset);
      for (let at = 0; at < records!.length; ) {
        const bytes = 12 + records!.readInt32BE(at + 8);
        for (const record of decodeRecords(records!.subarray(at, at + bytes))) {
          seen.push(record.value!.toString());
          offset = record.offset + 1n;
        }
        at += bytes;
      }
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 40 }, (_, count) => `${count}${value}`),
    );
  });

  test("offsets outside the log are refused, its end is not", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    scene.broker.append("t", 0, [{ value: "a" }, { value: "b" }]);
    scene.broker.append("t", 0, [{ value: "c" }]);
    const client = await scene.connect();
    assert.equal((await client.fetch("t", 0, 4n)).errorCode, codeOf("OFFSET_OUT_OF_RANGE"));
    assert.equal((await client.fetch("t", 0, 3n)).errorCode, NONE);
    const deleted = await client.ask("DeleteRecords", {
      topics: [{ name: "t", partitions: [{ partitionIndex: 0, offset: 2n }] }],
      timeoutMs: 1000,
    });
    assert.equal(deleted.topics[0]!.partitions[0]!.lowWatermark, 2n);
    assert.equal((await client.fetch("t", 0, 1n)).errorCode, codeOf("OFFSET_OUT_OF_RANGE"));
    const left = await client.fetch("t", 0, 2n);
    assert.equal(left.logStartOffset, 2n);
    assert.deepEqual(SEEN_VALUE(left.records), ["c"]);
    assert.deepEqual(scene.values("t"), [["c"]]);
  });

  test("a fetch waits for bytes, for so long, and no longer", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    const client = await scene.connect();
    const start = scene.clock.now();
    const empty = await client.fetch("t", 0, 0n, { maxWaitMs: 500 });
    assert.equal(empty.records!.length, 0);
    assert.equal(scene.clock.now() - start, 500);
    scene.clock.timer(100, () => scene.broker.append("t", 0, [{ value: "a" }]));
    const filled = await client.fetch("t", 0, 0n, { maxWaitMs: 500 });
    assert.deepEqual(SEEN_VALUE(filled.records), ["a"]);
    assert.equal(scene.clock.now() - start, 600);
  });

  test("offsets by time, at the ends, and by isolation", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    scene.broker.append("t", 0, [
      { value: "a", timestamp: 100 },
      { value: "b", timestamp: 300 },
      { value: "c", timestamp: 200 },
    ]);
    const client = await scene.connect();
    const at = async (timestamp: bigint) => {
      const answer = await client.ask("ListOffsets", {
        replicaId: -1,
        isolationLevel: 1,
        topics: [{ name: "t", partitions: [{ partitionIndex: 0, timestamp }] }],
      });
      return answer.topics[0]!.partitions[0]!.offset;
    };
    assert.equal(await at(-2n), 0n);
    assert.equal(await at(-1n), 3n);
    assert.equal(await at(-3n), 1n);
    assert.equal(await at(150n), 1n);
    assert.equal(await at(301n), -1n);
  });

  test("leader epochs are checked, and tell where each ended", async () => {
    const scene = new Scene({ brokers: 2 });
    scene.broker.createTopic("t");
    scene.broker.append("t", 0, [{ value: "a" }]);
    scene.broker.faults.moveLeader("t", 0);
    scene.broker.append("t", 0, [{ value: "b" }]);
    const old = await scene.connect(0);
    const leader = await scene.connect(1);
    const misled = await old.fetch("t", 0, 0n);
    assert.equal(misled.errorCode, codeOf("NOT_LEADER_OR_FOLLOWER"));
    assert.deepEqual(misled.currentLeader, { leaderId: 1, leaderEpoch: 1 });
    const code = async (currentLeaderEpoch: number) =>
      (await leader.fetch("t", 0, 0n, { currentLeaderEpoch })).errorCode;
    assert.equal(await code(0), codeOf("FENCED_LEADER_EPOCH"));
    assert.equal(await code(1), NONE);
    assert.equal(await code(2), codeOf("UNKNOWN_LEADER_EPOCH"));
    const ends = await leader.ask("OffsetForLeaderEpoch", {
      topics: [{ topic: "t", partitions: [{ partition: 0, leaderEpoch: 0 }] }],
    });
    assert.equal(ends.topics[0]!.partitions[0]!.endOffset, 1n);
  });

  test("topics and partitions that are not there", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    scene.broker.createTopic("secret");
    scene.broker.faults.denyTopic("secret");
    const client = await scene.connect();
    const unknown = codeOf("UNKNOWN_TOPIC_OR_PARTITION");
    assert.equal((await client.produce("t", 1, batchOf(["a"]))).errorCode, unknown);
    assert.equal((await client.fetch("absent", 0, 0n)).errorCode, unknown);
    const denied = codeOf("TOPIC_AUTHORIZATION_FAILED");
    assert.equal((await client.produce("secret", 0, batchOf(["a"]))).errorCode, denied);
    assert.equal((await client.fetch("secret", 0, 0n)).errorCode, denied);
    const byId = await client.ask("Fetch", {
      maxWaitMs: 0,
      minBytes: 0,
      topics: [
        { topicId: "f".repeat(32), partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 }] },
      ],
    });
    assert.equal(byId.responses[0]!.partitions[0]!.errorCode, codeOf("UNKNOWN_TOPIC_ID"));
  });
});
