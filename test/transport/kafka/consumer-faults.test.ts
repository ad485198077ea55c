import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Fault } from "../../../host/transport/memory/faults.ts";
import type { Consumer, ConsumerSettings } from "../../../host/transport/port.ts";
import { batchOf, ClientScene, numbers } from "./client-scene.ts";

const PARTITIONS = [0, 1, 2];
const wholeOf = (count: number) => new Map(PARTITIONS.map((partition) => [partition, numbers(0, count)]));

function filled(scene: ClientScene, count: number): void {
  scene.broker.createTopic("in", { partitions: 3 });
  for (const partition of PARTITIONS)
    for (let n = 0; n < count; n += 5)
      scene.broker.appendBatches("in", partition, batchOf("in", partition, numbers(n, n + 5)).bytes);
}

function consumerOf(scene: ClientScene, settings: Partial<ConsumerSettings> = {}, timeouts = {}): Consumer {
  const consumer = scene.client(timeouts).consumer({
    isolation: "read_committed",
    offsetReset: "earliest",
    fetchBytesMax: 1_000,
    partitionBytesMax: 400,
    ...settings,
  });
  consumer.assign(PARTITIONS.map((partition) => ({ topic: "in", partition })));
  return consumer;
}

function sorted(values: Map<number, string[]>): Map<number, string[]> {
  return new Map([...values].sort(([a], [b]) => a - b));
}

suite("a consumer reads every record once, in order", () => {
  const faults: readonly (readonly [string, Fault])[] = [
    ["lost requests", { kind: "loseRequest" }],
    ["lost answers", { kind: "loseResponse" }],
    ["cut connections", { kind: "cut", carriedOut: true }],
    ["errors of the server", { kind: "answer", code: -1, carriedOut: false }],
    ["storage errors", { kind: "answer", code: 56, carriedOut: false }],
    ["late answers", { kind: "delay", requestMs: 5, responseMs: 700 }],
  ];
  for (const [name, fault] of faults)
    test(`despite ${name}`, async () => {
      const scene = new ClientScene();
      filled(scene, 100);
      const deliver: Fault = { kind: "deliver" };
      let fetches = 0;
      scene.broker.faults.onRequest = ({ api }) => (api === "Fetch" && ++fetches % 3 === 0 ? fault : deliver);
      const values = await scene.readValues(consumerOf(scene), 300);
      assert.deepEqual(sorted(values), wholeOf(100));
    });

  test("while leaders move", async () => {
    const scene = new ClientScene();
    filled(scene, 100);
    let fetches = 0;
    scene.broker.faults.onRequest = ({ api }) => {
      if (api === "Fetch" && ++fetches % 4 === 0) scene.broker.faults.moveLeader("in", fetches % 3);
      return { kind: "deliver" };
    };
    const values = await scene.readValues(consumerOf(scene), 300);
    assert.deepEqual(sorted(values), wholeOf(100));
  });

  test("while brokers go and come back, one after the other", async () => {
    const scene = new ClientScene();
    filled(scene, 100);
    let fetches = 0;
    scene.broker.faults.onRequest = ({ api }) => {
      if (api !== "Fetch") return { kind: "deliver" };
      if (++fetches % 8 === 2) scene.broker.faults.stopBroker(fetches % 3);
      if (fetches % 8 === 6) for (const node of [0, 1, 2]) scene.broker.faults.startBroker(node);
      return { kind: "deliver" };
    };
    const values = await scene.readValues(consumerOf(scene), 300);
    assert.deepEqual(sorted(values), wholeOf(100));
  });

  test("also those of a topic that is made after it was assigned", async () => {
    const scene = new ClientScene();
    const consumer = consumerOf(scene);
    const reading = scene.readValues(consumer, 300);
    await scene.clock.advance(1_000);
    filled(scene, 100);
    assert.deepEqual(sorted(await reading), wholeOf(100));
  });
});

suite("a consumer that cannot go on says so", () => {
  test("when the topic is not to be read by us", async () => {
    const scene = new ClientScene();
    filled(scene, 5);
    scene.broker.faults.denyTopic("in");
    const error = await scene.refusalOf(consumerOf(scene).poll(5_000));
    assert.deepEqual([error.code, error.kind], ["ACCESS_DENIED", "fatal"]);
    assert.match(error.message, /topic in|in-[012]/);
  });

  test("when no broker could be reached at all: each address with its cause, after a bounded time", async () => {
    const scene = new ClientScene();
    for (const node of [0, 1, 2]) scene.broker.faults.stopBroker(node);
    const startedAt = scene.clock.now();
    const error = await scene.refusalOf(scene.client().admin.describeTopics(["in"]));
    assert.deepEqual([error.code, error.kind], ["CLUSTER_UNREACHABLE", "fatal"]);
    assert.match(error.message, /embedded:9092.*no embedded broker is up.*bootstrapServers/);
    assert.ok(scene.clock.now() - startedAt <= 20_000);
  });

  test("when a partition stays away for too long", async () => {
    const scene = new ClientScene();
    filled(scene, 5);
    const consumer = consumerOf(scene, {}, { retryMs: 5_000 });
    await scene.readValues(consumer, 15);
    for (const node of [0, 1, 2]) scene.broker.faults.stopBroker(node);
    const error = await scene.refusalOf(consumer.poll(60_000));
    assert.deepEqual([error.code, error.kind], ["PARTITION_UNAVAILABLE", "retriable"]);
    for (const node of [0, 1, 2]) scene.broker.faults.startBroker(node);
    consumer.assign(PARTITIONS.map((partition) => ({ topic: "in", partition })));
    scene.broker.appendBatches("in", 1, batchOf("in", 1, ["after"]).bytes);
    assert.deepEqual([...(await scene.readValues(consumer, 1))], [[1, ["after"]]]);
  });
});
