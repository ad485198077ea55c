import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { PeridotError } from "../../../host/errors.ts";
import { codeOf } from "../../../host/transport/kafka/protocol/error-codes.ts";
import type { Fault } from "../../../host/transport/memory/faults.ts";
import { batchOf, NONE, Scene } from "./scene.ts";

/** One fault, for the first Produce. */
async function beginWith(fault: Fault) {
  const scene = new Scene();
  scene.broker.createTopic("t");
  const client = await scene.connect();
  let isDone = false;
  scene.broker.faults.onRequest = ({ api }) => {
    if (api !== "Produce" || isDone) return { kind: "deliver" };
    isDone = true;
    return fault;
  };
  return { scene, client };
}

const isUnanswered = (error: unknown) =>
  error instanceof PeridotError && error.code === "REQUEST_UNANSWERED" && error.kind === "unknown";

suite("faults", () => {
  for (const [fault, stored] of [
    [{ kind: "loseRequest" }, 0],
    [{ kind: "loseResponse" }, 1],
    [{ kind: "cut", carriedOut: false }, 0],
    [{ kind: "cut", carriedOut: true }, 1],
  ] as const) {
    test(`${JSON.stringify(fault)}: the client cannot know, the log has ${stored}`, async () => {
      const { scene, client } = await beginWith(fault);
      await assert.rejects(client.produce("t", 0, batchOf(["a"])), isUnanswered);
      assert.equal(scene.values("t")[0]!.length, stored);
    });
  }

  test("a duplicate is carried out twice", async () => {
    const { scene, client } = await beginWith({ kind: "duplicate" });
    assert.equal((await client.produce("t", 0, batchOf(["a"]))).baseOffset, 1n);
    assert.deepEqual(scene.values("t"), [["a", "a"]]);
  });

  test("an error on demand, carried out or not", async () => {
    for (const carriedOut of [false, true]) {
      const code = codeOf("NOT_ENOUGH_REPLICAS");
      const { scene, client } = await beginWith({ kind: "answer", code, carriedOut });
      assert.equal((await client.produce("t", 0, batchOf(["a"]))).errorCode, code);
      assert.equal(scene.values("t")[0]!.length, carriedOut ? 1 : 0);
    }
  });

  test("a delay holds up what comes behind it on the same connection", async () => {
    const { scene, client } = await beginWith({ kind: "delay", requestMs: 100, responseMs: 50 });
    const began = scene.clock.now();
    const slow = client.produce("t", 0, batchOf(["a"]));
    const next = client.ask("Metadata", { topics: null });
    await scene.clock.runFor(Promise.all([slow, next]));
    assert.equal(scene.clock.now() - began, 150);
  });

  test("a waiting fetch holds up its connection, and no other", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    const [client, other] = [await scene.connect(), await scene.connect()];
    const began = scene.clock.now();
    const fetch = client.send("Fetch", {
      maxWaitMs: 400,
      minBytes: 1,
      topics: [
        {
          topicId: scene.broker.cluster.topics.get("t")!.id,
          partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 9 }],
        },
      ],
    });
    const behind = client.send("Metadata", { topics: null });
    await other.ask("Metadata", { topics: null });
    assert.equal(scene.clock.now() - began, 0);
    await scene.clock.runFor(Promise.all([fetch, behind]));
    assert.equal(scene.clock.now() - began, 400);
  });

  test("an isolated client's requests arrive late, not lost", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    const client = await scene.connect();
    scene.link.isolate();
    const produced = client.send("Produce", {
      acks: -1,
      timeoutMs: 1000,
      topicData: [
        {
          topicId: scene.broker.cluster.topics.get("t")!.id,
          partitionData: [{ index: 0, records: batchOf(["a"]) }],
        },
      ],
    });
    const dialled = scene.link.dial("embedded", 9092);
    await scene.clock.advance(5000);
    assert.deepEqual(scene.values("t"), [[]]);
    scene.link.heal();
    const answer = await scene.clock.runFor(produced);
    assert.equal(answer.responses[0]!.partitionResponses[0]!.errorCode, NONE);
    (await scene.clock.runFor(dialled)).close();
    assert.deepEqual(scene.values("t"), [["a"]]);
  });

  test("a broker that goes down hands over what it led, and takes connections again when it is back", async () => {
    const scene = new Scene({ brokers: 3 });
    scene.broker.createTopic("t", { partitions: 3 });
    const [first, second] = [await scene.connect(0), await scene.connect(1)];
    scene.broker.faults.stopBroker(0);
    const lost = (await scene.clock.runFor(first.connection.ended)).code;
    assert.equal(lost, "CONNECTION_LOST");
    await assert.rejects(scene.clock.runFor(scene.link.dial("embedded", 9092)), {
      code: "BROKER_UNREACHABLE",
    });
    const metadata = await second.ask("Metadata", { topics: [{ name: "t" }] });
    assert.deepEqual(
      metadata.topics[0]!.partitions.map(({ leaderId, leaderEpoch }) => [leaderId, leaderEpoch]),
      [
        [1, 1],
        [1, 0],
        [2, 0],
      ],
    );
    assert.deepEqual(
      metadata.brokers.map(({ nodeId }) => nodeId),
      [1, 2],
    );
    const coordinators = await second.ask("FindCoordinator", {
      keyType: 0,
      coordinatorKeys: Array.from({ length: 20 }, (_, index) => `group-${index}`),
    });
    assert.ok(coordinators.coordinators.every(({ nodeId }) => nodeId === 1 || nodeId === 2));
    scene.broker.faults.startBroker(0);
    await scene.connect(0);
  });

  test("without any broker there is no leader; the last one back leads", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    scene.broker.faults.stopBroker(0);
    assert.equal(scene.broker.cluster.partition("t", 0)!.leader, -1);
    scene.broker.faults.startBroker(0);
    const client = await scene.connect();
    assert.equal((await client.produce("t", 0, batchOf(["a"]))).errorCode, NONE);
  });

  test("latency: frames arrive later, and in order", async () => {
    let draws = 0;
    const latencies = [30, 5, 20, 1];
    const scene = new Scene({ latencyMs: () => latencies[draws++ % latencies.length]! });
    scene.broker.createTopic("t");
    const client = await scene.connect();
    const order: number[] = [];
    await scene.clock.runFor(
      Promise.all(
        [0, 1, 2, 3].map((index) =>
          client.send("Metadata", { topics: [{ name: "t" }] }).then(() => order.push(index)),
        ),
      ),
    );
    assert.deepEqual(order, [0, 1, 2, 3]);
  });

  test("what the broker does not know ends the connection, save for ApiVersions", async () => {
    const scene = new Scene({ release: "3.0" });
    const channel = await scene.clock.runFor(scene.link.dial("embedded", 9092));
    const frames: Buffer[] = [];
    let end: PeridotError | undefined;
    channel.start({
      onFrame: (frame) => frames.push(frame),
      onClose: (reason) => {
        end = reason;
      },
    });
    const request = (apiKey: number, version: number) => {
      const head = Buffer.alloc(10);
      head.writeInt16BE(apiKey, 0);
      head.writeInt16BE(version, 2);
      head.writeInt32BE(7, 4);
      head.writeInt16BE(-1, 8);
      channel.write([head]);
    };
    request(18, 4);
    await scene.clock.advance(1);
    assert.deepEqual(
      [frames[0]!.readInt32BE(0), frames[0]!.readInt16BE(4)],
      [7, codeOf("UNSUPPORTED_VERSION")],
    );
    request(1, 13);
    await scene.clock.advance(1);
    assert.equal(end?.code, "CONNECTION_LOST");
    assert.equal(frames.length, 1);
  });
});
