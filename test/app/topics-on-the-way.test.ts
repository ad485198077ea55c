import assert from "node:assert/strict";
import { test } from "node:test";
import type { Peridot } from "../../host/app.ts";
import type { PeridotConfig } from "../../host/config.ts";
import { i64, string } from "../../host/serdes/index.ts";
import type { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import { memoryTransport } from "../../host/transport/memory/memory-transport.ts";
import type { VirtualClock } from "../../host/transport/memory/virtual-clock.ts";
import { EmbeddedScene } from "./embedded-scene.ts";

const text = { key: string, value: string };

/** An application on an embedded broker under a virtual clock. */
async function running(
  topology: (app: Peridot) => void,
  topics: Readonly<Record<string, number>>,
  test: (scene: { app: Peridot; broker: EmbeddedBroker; clock: VirtualClock }) => Promise<void>,
  changes: Partial<PeridotConfig> = {},
): Promise<void> {
  const scene = new EmbeddedScene(topics);
  const { broker, clock } = scene;
  const app = scene.app(topology, changes);
  try {
    await scene.run(app, () => test({ app, broker, clock }));
  } finally {
    scene.close();
  }
}

/** Committed keys and values by partition. */
function read(broker: EmbeddedBroker, topic: string): string[][] {
  return broker.read(topic).map((records) => records.map(({ key, value }) => `${key}=${value}`));
}

test("repartition: its topic is made with as many partitions as what feeds it, and all of one key meet", async () => {
  const topology = (app: Peridot) =>
    app
      .stream("words", text)
      .selectKey((_key, word) => word)
      .repartition({ name: "by-word", key: string })
      .mapValues((word) => BigInt(word.length))
      .to("lengths", { value: i64 });
  await running(topology, { words: 3, lengths: 3 }, async ({ app, broker, clock }) => {
    const topic = "app-by-word-repartition";
    assert.equal(broker.cluster.topics.get(topic)?.partitions.length, 3);
    assert.deepEqual([...app.tasks].sort(), ["0_0", "0_1", "0_2", "1_0", "1_1", "1_2"]);
    for (const partition of [0, 1, 2]) {
      const words = Array.from({ length: 40 }, (_, index) => ({
        key: "k",
        value: `w${index % 10}`,
        timestamp: 5,
      }));
      broker.append("words", partition, [...words, { key: "k", value: null, timestamp: 5 }]);
    }
    await clock.runUntil(() => broker.read("lengths").flat().length === 120);
    const keys = read(broker, topic).map((records) => new Set(records.map((record) => record.split("=")[0])));
    assert.equal(
      keys.reduce((sum, each) => sum + each.size, 0),
      10,
      "each key is in one partition",
    );
    assert.ok(
      broker
        .read("lengths")
        .flat()
        .every(({ timestamp }) => Number(timestamp) === 5),
    );
  });
});

test("a repartition may have partitions of its own; a topic that exists with as many is taken as it is", async () => {
  const topology = (app: Peridot) =>
    app
      .stream("in", text)
      .repartition({ name: "wide", partitions: 5 })
      .repartition({ name: "there" })
      .to("out");
  const topics = { in: 2, out: 1, "app-there-repartition": 5 };
  await running(topology, topics, async ({ broker, clock }) => {
    assert.equal(broker.cluster.topics.get("app-wide-repartition")?.partitions.length, 5);
    broker.append("in", 0, [
      { key: "a", value: "1" },
      { key: null, value: "dropped" },
    ]);
    broker.append("in", 1, [{ key: "b", value: "2" }]);
    await clock.runUntil(() => broker.read("out").flat().length === 2);
    assert.deepEqual(read(broker, "out").flat().sort(), ["a=1", "b=2"]);
  });
});

test("a pattern reads every topic whose whole name matches, also those that come later", async () => {
  const topology = (app: Peridot) => {
    app.stream(/orders-[ab]|orders-\w{2}/, text).to("out");
    app.stream("orders-special", text).to("special");
  };
  const topics = { "orders-a": 1, "orders-special": 1, "old-orders-x": 1, out: 1, special: 1 };
  const settings = { metadataMaxAgeMs: 1_000 };
  await running(
    topology,
    topics,
    async ({ app, broker, clock }) => {
      assert.deepEqual([...app.tasks], ["0_0", "1_0"]);
      broker.append("orders-a", 0, [{ key: "k", value: "a" }]);
      broker.append("orders-special", 0, [{ key: "k", value: "s" }]);
      broker.append("old-orders-x", 0, [{ key: "k", value: "never" }]);
      await clock.runUntil(() => broker.read("out").flat().length === 1);
      broker.createTopic("orders-b", { partitions: 2 });
      broker.append("orders-b", 1, [{ key: "k", value: "b" }]);
      await clock.runUntil(() => broker.read("out").flat().length === 2);
      assert.deepEqual(read(broker, "out").flat(), ["k=a", "k=b"]);
      assert.deepEqual(read(broker, "special").flat(), ["k=s"]);
      assert.deepEqual([...app.tasks].sort(), ["0_0", "0_1", "1_0"]);
    },
    settings,
  );
});

test("a topic that a pattern has found may be deleted: the application goes on without it", async () => {
  const topology = (app: Peridot) => app.stream(/a-.*/, text).to("out");
  await running(topology, { "a-1": 1, "a-2": 2, out: 1 }, async ({ app, broker, clock }) => {
    broker.append("a-1", 0, [{ key: "k", value: "1" }]);
    broker.append("a-2", 1, [{ key: "k", value: "2" }]);
    await clock.runUntil(() => broker.read("out").flat().length === 2);
    const { admin } = memoryTransport(broker)({ clientId: "admin", clock });
    await clock.runFor(admin.deleteTopics(["a-2"]));
    await clock.runUntil(() => app.tasks.join() === "0_0");
    broker.append("a-1", 0, [{ key: "k", value: "3" }]);
    await clock.runUntil(() => broker.read("out").flat().length === 3);
    assert.deepEqual(read(broker, "out").flat().sort(), ["k=1", "k=2", "k=3"]);
    assert.equal(app.state, "running");
  });
});

test("two patterns for one topic are refused", async () => {
  const topology = (app: Peridot) => {
    app.stream(/a.*/, text).to("out");
    app.stream(/.*b/, text).to("out");
  };
  await assert.rejects(
    running(topology, { ab: 1, out: 1 }, async () => {}),
    { code: "TOPOLOGY_INVALID", message: /"ab" is read by two sources: it matches \/a\.\*\/ and \/\.\*b\// },
  );
});

test("topics that a function chooses are looked up when they are first named; one that is missing is named", async () => {
  const topology = (app: Peridot) => app.stream("in", text).to((_key, value) => `to-${value}`);
  await running(topology, { in: 1, "to-a": 1, "to-b": 2 }, async ({ app, broker, clock }) => {
    const values = Array.from({ length: 300 }, (_, index) => ({
      key: "k",
      value: index % 3 === 0 ? "a" : "b",
    }));
    broker.append("in", 0, values);
    await clock.runUntil(() => broker.read("to-b").flat().length === 200);
    assert.equal(broker.read("to-a").flat().length, 100);
    broker.append("in", 0, [
      { key: "k", value: "a" },
      { key: "k", value: "c" },
    ]);
    await assert.rejects(clock.runFor(app.ended), { code: "RECORD_FAILED", message: /no topic to-c/ });
    assert.equal(broker.read("to-a").flat().length, 101);
  });
});

test("names that no topic has, and topics that brokers refuse to tell of, are a matter of their records alone", async () => {
  const topology = (app: Peridot) => app.stream("in", text).to((_key, value) => value);
  const errors = { onProductionError: "deadLetter", deadLetterTopic: "dead" } as const;
  const topics = { in: 1, dead: 1, secret: 1, out: 1, other: 1 };
  await running(
    topology,
    topics,
    async ({ broker, clock }) => {
      broker.faults.denyTopic("secret");
      const values = ["out", "no such", "other", "secret", "missing", "out"];
      broker.append(
        "in",
        0,
        values.map((value) => ({ key: "k", value })),
      );
      await clock.runUntil(() => broker.read("out").flat().length === 2);
      await clock.runUntil(() => broker.read("dead").flat().length === 3);
      assert.deepEqual(read(broker, "dead").flat(), ["k=no such", "k=secret", "k=missing"]);
      await clock.runUntil(() => broker.read("other").flat().length === 1);
    },
    { errors },
  );
});
