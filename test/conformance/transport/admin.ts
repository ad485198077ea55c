import assert from "node:assert/strict";
import { batchOf, conformanceCase, refusalOf, type TransportUnderTest } from "./harness.ts";

export function adminConformance(under: TransportUnderTest): void {
  conformanceCase(
    under,
    "admin: a topic made is visible, with its partitions and an id of its own",
    async (bench) => {
      const { admin } = bench.transport();
      const first = await bench.topic(3);
      const second = await bench.topic(1);
      const missing = bench.name("missing");
      const described = await admin.describeTopics([first, second, missing]);
      assert.deepEqual([...described.keys()].sort(), [first, second].sort());
      assert.equal(described.get(first)!.partitions, 3);
      assert.match(described.get(first)!.topicId, /^[0-9a-f]{32}$/);
      assert.notEqual(described.get(first)!.topicId, described.get(second)!.topicId);
    },
  );

  conformanceCase(under, "admin: a topic that exists is left as it is", async (bench) => {
    const { admin } = bench.transport();
    const topic = await bench.topic(2);
    const before = await admin.describeTopics([topic]);
    const { replicationFactor } = under;
    await admin.createTopics([{ topic, partitions: 5, replicationFactor, configs: {} }]);
    assert.deepEqual(await admin.describeTopics([topic]), before);
  });

  conformanceCase(under, "admin: a deleted topic is gone", async (bench) => {
    const { admin } = bench.transport();
    const topic = await bench.topic();
    await admin.deleteTopics([topic, bench.name("never-there")]);
    assert.equal((await admin.describeTopics([topic])).size, 0);
  });

  conformanceCase(under, "admin: configurations are as they were given", async (bench) => {
    const topic = await bench.topic(1, { "retention.ms": "123456789" });
    const configs = await bench.transport().admin.topicConfigs(topic);
    assert.equal(configs.get("retention.ms"), "123456789");
    const error = await refusalOf(bench.transport().admin.topicConfigs(bench.name("missing")));
    assert.equal(error.code, "TOPIC_MISSING");
  });

  conformanceCase(
    under,
    "admin: a name that Kafka forbids is refused with the broker's reason",
    async (bench) => {
      const { replicationFactor } = under;
      const topics = [{ topic: "no blanks", partitions: 1, replicationFactor, configs: {} }];
      const error = await refusalOf(bench.transport().admin.createTopics(topics));
      assert.equal(error.code, "BROKER_REFUSED");
      assert.match(error.message, /no blanks.*INVALID_TOPIC_EXCEPTION/);
    },
  );

  conformanceCase(under, "admin: offsets: earliest, latest, and latest that is committed", async (bench) => {
    const { admin } = bench.transport();
    const topic = await bench.topic(2);
    const producer = await bench.producer({ transactionalId: bench.name("tx") });
    producer.send(batchOf(topic, 1, ["a", "b"]));
    await producer.flush();
    const partitions = [0, 1].map((partition) => ({ topic, partition }));
    const at = async (place: "earliest" | "latest" | "latestCommitted") =>
      (await admin.listOffsets(partitions, place)).map((each) => each.offset);
    assert.deepEqual(await at("earliest"), [0n, 0n]);
    assert.deepEqual(await at("latest"), [0n, 2n]);
    assert.deepEqual(await at("latestCommitted"), [0n, 0n]);
    await producer.commit();
    // EndTxn answers before the marker is written: the committed end follows when it is.
    while ((await at("latestCommitted"))[1] === 0n);
    assert.deepEqual(await at("latestCommitted"), [0n, 3n]);
  });

  conformanceCase(under, "admin: deleted records are no longer there", async (bench) => {
    const { admin } = bench.transport();
    const topic = await bench.topic();
    const producer = await bench.producer();
    producer.send(batchOf(topic, 0, ["a", "b", "c"]));
    await producer.flush();
    await admin.deleteRecords([{ topic, partition: 0, before: 2n }]);
    const offsets = await admin.listOffsets([{ topic, partition: 0 }], "earliest");
    assert.equal(offsets[0]!.offset, 2n);
  });
}
