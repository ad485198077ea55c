import assert from "node:assert/strict";
import type { MemberIdentity } from "../../../host/transport/port.ts";
import {
  type Bench,
  batchOf,
  conformanceCase,
  numbers,
  readValues,
  refusalOf,
  type TransportUnderTest,
} from "./harness.ts";

export function transactionConformance(under: TransportUnderTest): void {
  conformanceCase(under, "transactions: what is committed is read, what is aborted is not", async (bench) => {
    const topic = await bench.topic(2);
    const producer = await bench.producer({ transactionalId: bench.name("tx") });
    const expected: string[] = [];
    for (let n = 0; n < 12; n++) {
      const values = numbers(n * 10, n * 10 + 10);
      for (const partition of [0, 1])
        for (const half of [values.slice(0, 5), values.slice(5)])
          producer.send(batchOf(topic, partition, half));
      if (n % 3 === 1) await producer.abort();
      else {
        await producer.flush();
        await producer.commit();
        expected.push(...values);
      }
    }
    const values = await readValues(bench.consumer(topic, 2), 2 * expected.length);
    assert.deepEqual([values.get(0), values.get(1)], [expected, expected]);
  });

  conformanceCase(
    under,
    "transactions: nothing of an open transaction is read under read_committed",
    async (bench) => {
      const topic = await bench.topic();
      const producer = await bench.producer({ transactionalId: bench.name("tx") });
      producer.send(batchOf(topic, 0, ["open"]));
      await producer.flush();
      const dirty = bench.consumer(topic, 1, { isolation: "read_uncommitted" });
      assert.deepEqual((await readValues(dirty, 1)).get(0), ["open"]);
      const clean = bench.consumer(topic);
      assert.deepEqual(await clean.poll(300), []);
      await producer.commit();
      assert.deepEqual((await readValues(clean, 1)).get(0), ["open"]);
    },
  );

  conformanceCase(
    under,
    "transactions: offsets become visible with the commit, not with an abort",
    async (bench) => {
      const topic = await bench.topic();
      const group = await joinAlone(bench, topic);
      const producer = await bench.producer({ transactionalId: bench.name("tx") });
      const at = { topic, partition: 0 };
      await producer.sendOffsets([{ ...at, offset: 5n, metadata: "five" }], group.identity);
      await producer.abort();
      assert.deepEqual(await group.member.committed([at]), []);
      producer.send(batchOf(topic, 0, ["x"]));
      await Promise.all([
        producer.flush(),
        producer.sendOffsets([{ ...at, offset: 7n, metadata: "seven" }], group.identity),
      ]);
      await producer.commit();
      assert.deepEqual(await group.member.committed([at]), [{ ...at, offset: 7n, metadata: "seven" }]);
    },
  );

  conformanceCase(
    under,
    "transactions: committed offsets are settled ones: an open transaction is waited for",
    async (bench) => {
      const topic = await bench.topic();
      const group = await joinAlone(bench, topic);
      const producer = await bench.producer({ transactionalId: bench.name("tx") });
      const at = { topic, partition: 0 };
      await producer.sendOffsets([{ ...at, offset: 3n, metadata: "" }], group.identity);
      let isRead = false;
      const reading = group.member.committed([at]).then((offsets) => {
        isRead = true;
        return offsets;
      });
      await bench.transport().admin.describeTopics([topic]);
      assert.equal(isRead, false);
      await producer.commit();
      assert.deepEqual(await reading, [{ ...at, offset: 3n, metadata: "" }]);
    },
  );

  conformanceCase(
    under,
    "transactions: an older generation is fenced, and the transaction can be aborted",
    async (bench) => {
      const topic = await bench.topic();
      const { identity } = await joinAlone(bench, topic);
      const producer = await bench.producer({ transactionalId: bench.name("tx") });
      const old: MemberIdentity = { ...identity, generation: identity.generation - 1 };
      const offsets = [{ topic, partition: 0, offset: 1n, metadata: "" }];
      producer.send(batchOf(topic, 0, ["lost"]));
      const stale = await refusalOf(producer.sendOffsets(offsets, old));
      assert.deepEqual([stale.code, stale.kind], ["GENERATION_FENCED", "abortable"]);
      await producer.abort();
      const stranger = await refusalOf(producer.sendOffsets(offsets, { ...identity, memberId: "stranger" }));
      assert.deepEqual([stranger.code, stranger.kind], ["MEMBER_UNKNOWN", "abortable"]);
      await producer.abort();
      producer.send(batchOf(topic, 0, ["kept"]));
      await producer.flush();
      await producer.sendOffsets(offsets, identity);
      await producer.commit();
      assert.deepEqual((await readValues(bench.consumer(topic), 1)).get(0), ["kept"]);
    },
  );

  conformanceCase(
    under,
    "transactions: a newer producer fences the older one and ends its transaction",
    async (bench) => {
      const topic = await bench.topic();
      const transactionalId = bench.name("tx");
      const older = await bench.producer({ transactionalId });
      older.send(batchOf(topic, 0, ["old"]));
      await older.flush();
      const newer = await bench.producer({ transactionalId });
      newer.send(batchOf(topic, 0, ["new"]));
      await newer.flush();
      await newer.commit();
      assert.deepEqual((await readValues(bench.consumer(topic), 1)).get(0), ["new"]);
      const late = await refusalOf(older.commit());
      assert.equal(late.code, "PRODUCER_FENCED");
      await older.init();
      older.send(batchOf(topic, 0, ["again"]));
      await older.flush();
      await older.commit();
      assert.deepEqual((await readValues(bench.consumer(topic), 2)).get(0), ["new", "again"]);
    },
  );

  conformanceCase(under, "transactions: a fenced producer's batch is refused", async (bench) => {
    const topic = await bench.topic();
    const transactionalId = bench.name("tx");
    const older = await bench.producer({ transactionalId });
    await bench.producer({ transactionalId });
    older.send(batchOf(topic, 0, ["old"]));
    const error = await refusalOf(older.flush());
    assert.equal(error.code, "PRODUCER_FENCED");
  });

  conformanceCase(
    under,
    "transactions: what is sent while a commit is under way belongs to the next one",
    async (bench) => {
      const topic = await bench.topic();
      const producer = await bench.producer({ transactionalId: bench.name("tx") });
      producer.send(batchOf(topic, 0, ["first"]));
      await producer.flush();
      const committing = producer.commit();
      producer.send(batchOf(topic, 0, ["second"]));
      await committing;
      await producer.flush();
      await producer.abort();
      producer.send(batchOf(topic, 0, ["third"]));
      await producer.flush();
      await producer.commit();
      assert.deepEqual((await readValues(bench.consumer(topic), 2)).get(0), ["first", "third"]);
    },
  );

  conformanceCase(under, "transactions: an empty one costs nothing and breaks nothing", async (bench) => {
    const topic = await bench.topic();
    const producer = await bench.producer({ transactionalId: bench.name("tx") });
    await producer.commit();
    await producer.abort();
    producer.send(batchOf(topic, 0, ["x"]));
    await producer.flush();
    await producer.commit();
    assert.deepEqual((await readValues(bench.consumer(topic), 1)).get(0), ["x"]);
  });
}

async function joinAlone(bench: Bench, topic: string) {
  const member = bench.transport().member({
    groupId: bench.name("group"),
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    heartbeatIntervalMs: 1_000,
    protocol: "conformance",
  });
  const { identity } = await member.join({
    topics: [topic],
    userData: Buffer.alloc(0),
    assign: async () => new Map(),
  });
  return { member, identity };
}
