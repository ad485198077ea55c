import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { supportedVersions } from "../../../host/transport/kafka/protocol/api.ts";
import { codeOf } from "../../../host/transport/kafka/protocol/error-codes.ts";
import { BROKER_RELEASES } from "../../../host/transport/memory/broker-releases.ts";
import { HANDLERS, type HandledApi } from "../../../host/transport/memory/handlers.ts";
import { batchOf, NONE, Scene } from "./scene.ts";

suite("administration", () => {
  test("every release offers what is handled, in versions that we can read and write", () => {
    for (const { versions } of Object.values(BROKER_RELEASES)) {
      assert.deepEqual(new Set(Object.keys(versions)), new Set(Object.keys(HANDLERS)));
      for (const [api, range] of Object.entries(versions)) {
        assert.ok(range.max <= supportedVersions(api as HandledApi).max, api);
        assert.ok(range.max >= supportedVersions(api as HandledApi).min, api);
      }
    }
  });

  test("topics are made, grown, described and deleted, with a reason for each refusal", async () => {
    const scene = new Scene({ brokers: 3, metadataDelayMs: 100 });
    const client = await scene.connect();
    const create = async (name: string, numPartitions: number, replicationFactor = -1, config = "") => {
      const configs = config === "" ? [] : [{ name: "message.timestamp.type", value: config }];
      const topics = [{ name, numPartitions, replicationFactor, assignments: [], configs }];
      return (await client.ask("CreateTopics", { topics })).topics[0]!.errorCode;
    };
    assert.equal(await create("t", 4, 3, "LogAppendTime"), NONE);
    assert.equal(await create("t", 4), codeOf("TOPIC_ALREADY_EXISTS"));
    assert.equal(await create("a b", 1), codeOf("INVALID_TOPIC_EXCEPTION"));
    assert.equal(await create("zero", 0), codeOf("INVALID_PARTITIONS"));
    assert.equal(await create("wide", 1, 4), codeOf("INVALID_REPLICATION_FACTOR"));
    assert.equal(await create("odd", 1, 1, "Sometime"), codeOf("INVALID_CONFIG"));
    const describe = async () => (await client.ask("Metadata", { topics: [{ name: "t" }] })).topics[0]!;
    assert.equal((await describe()).errorCode, codeOf("UNKNOWN_TOPIC_OR_PARTITION"));
    await scene.clock.advance(100);
    const described = await describe();
    assert.deepEqual(
      described.partitions.map(({ leaderId }) => leaderId),
      [0, 1, 2, 0],
    );
    const grow = async (count: number) => {
      const topics = [{ name: "t", count, assignments: null }];
      const answer = await client.ask("CreatePartitions", { topics, timeoutMs: 1000, validateOnly: false });
      return answer.results[0]!.errorCode;
    };
    assert.equal(await grow(4), codeOf("INVALID_PARTITIONS"));
    assert.equal(await grow(6), NONE);
    assert.equal((await describe()).partitions.length, 6);
    const topics = [{ name: null, topicId: described.topicId }];
    const deleted = await client.ask("DeleteTopics", { topics, timeoutMs: 1000 });
    assert.deepEqual([deleted.responses[0]!.name, deleted.responses[0]!.errorCode], ["t", NONE]);
    assert.equal((await describe()).errorCode, codeOf("UNKNOWN_TOPIC_OR_PARTITION"));
  });

  test("a topic made anew has a new id, and its old offsets are gone", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    const client = await scene.connect();
    const commit = await client.ask("OffsetCommit", {
      groupId: "g",
      topics: [
        {
          topicId: scene.broker.cluster.topics.get("t")!.id,
          partitions: [{ partitionIndex: 0, committedOffset: 3n, committedMetadata: null }],
        },
      ],
    });
    assert.equal(commit.topics[0]!.partitions[0]!.errorCode, NONE);
    const oldId = scene.broker.cluster.topics.get("t")!.id;
    await client.ask("DeleteTopics", { topics: [{ name: "t" }], timeoutMs: 1000 });
    scene.broker.createTopic("t");
    assert.notEqual(scene.broker.cluster.topics.get("t")!.id, oldId);
    assert.equal(scene.broker.committedOffsets("g").size, 0);
    const fetched = await client.ask("Fetch", {
      maxWaitMs: 0,
      minBytes: 0,
      topics: [{ topicId: oldId, partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 9 }] }],
    });
    assert.equal(fetched.responses[0]!.partitions[0]!.errorCode, codeOf("UNKNOWN_TOPIC_ID"));
  });

  test("configurations are told and changed, and heeded at once", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t", { configs: { "cleanup.policy": "compact" } });
    const client = await scene.connect();
    const alter = async (name: string, configOperation: number, value: string | null) => {
      const resources = [{ resourceType: 2, resourceName: "t", configs: [{ name, configOperation, value }] }];
      const answer = await client.ask("IncrementalAlterConfigs", { resources, validateOnly: false });
      return answer.responses[0]!.errorCode;
    };
    const config = async (name: string) => {
      const resources = [{ resourceType: 2, resourceName: "t", configurationKeys: [name] }];
      return (await client.ask("DescribeConfigs", { resources })).results[0]!.configs[0]!.value;
    };
    assert.equal(await config("cleanup.policy"), "compact");
    assert.equal(await alter("cleanup.policy", 2, "delete"), NONE);
    assert.equal(await config("cleanup.policy"), "compact,delete");
    assert.equal(await alter("cleanup.policy", 3, "compact"), NONE);
    assert.equal(await config("cleanup.policy"), "delete");
    assert.equal(await alter("max.message.bytes", 0, "much"), codeOf("INVALID_CONFIG"));
    assert.equal(await alter("max.message.bytes", 0, "80"), NONE);
    const large = await client.produce("t", 0, batchOf(["x".repeat(30)]));
    assert.equal(large.errorCode, codeOf("MESSAGE_TOO_LARGE"));
    assert.equal(await alter("max.message.bytes", 1, null), NONE);
    assert.equal((await client.produce("t", 0, batchOf(["x".repeat(30)]))).errorCode, NONE);
  });

  test("offsets of a group are deleted, save of topics that it reads", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    const client = await scene.connect();
    await client.ask(
      "OffsetCommit",
      {
        groupId: "g",
        topics: [
          { name: "t", partitions: [{ partitionIndex: 0, committedOffset: 3n, committedMetadata: "m" }] },
        ],
      },
      { maxVersion: 9 },
    );
    const everything = await client.ask("OffsetFetch", { groups: [{ groupId: "g", topics: null }] });
    assert.equal(everything.groups[0]!.topics[0]!.partitions[0]!.committedOffset, 3n);
    const topics = [{ name: "t", partitions: [{ partitionIndex: 0 }] }];
    const deleted = await client.ask("OffsetDelete", { groupId: "g", topics });
    assert.equal(deleted.topics[0]!.partitions[0]!.errorCode, NONE);
    assert.equal(scene.broker.committedOffsets("g").size, 0);
    const unknown = await client.ask("OffsetDelete", { groupId: "nobody", topics });
    assert.equal(unknown.errorCode, codeOf("GROUP_ID_NOT_FOUND"));
  });

  test("coordinators are spread over the brokers, each answers for its own", async () => {
    const scene = new Scene({ brokers: 3 });
    const client = await scene.connect();
    const keys = Array.from({ length: 30 }, (_, index) => `group-${index}`);
    const found = await client.ask("FindCoordinator", { keyType: 0, coordinatorKeys: keys });
    assert.deepEqual(new Set(found.coordinators.map(({ nodeId }) => nodeId)), new Set([0, 1, 2]));
    const elsewhere = found.coordinators.find(({ nodeId }) => nodeId !== 0)!.key;
    const beat = await client.ask("Heartbeat", { groupId: elsewhere, generationId: 1, memberId: "m" });
    assert.equal(beat.errorCode, codeOf("NOT_COORDINATOR"));
    const cluster = await client.ask("DescribeCluster", { includeClusterAuthorizedOperations: false });
    assert.equal(cluster.brokers.length, 3);
  });

  test("what a test does wrong with topics is told", () => {
    const { broker } = new Scene();
    broker.createTopic("t");
    const refused = { code: "EMBEDDED_TOPIC" };
    assert.throws(() => broker.createTopic("t"), refused);
    assert.throws(() => broker.append("t", 1, [{ value: "a" }]), refused);
    assert.throws(() => broker.append("absent", 0, [{ value: "a" }]), refused);
    assert.throws(() => broker.appendBatches("t", 0, Buffer.alloc(70)), refused);
    assert.deepEqual(broker.read("absent"), []);
  });

  test("metadata of a commit is bounded", async () => {
    const scene = new Scene();
    scene.broker.createTopic("t");
    const client = await scene.connect();
    const commit = async (bytes: number) => {
      const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: "x".repeat(bytes) }];
      const body = { groupId: "g", topics: [{ name: "t", partitions }] };
      return (await client.ask("OffsetCommit", body, { maxVersion: 9 })).topics[0]!.partitions[0]!.errorCode;
    };
    assert.equal(await commit(4096), NONE);
    assert.equal(await commit(4097), codeOf("OFFSET_METADATA_TOO_LARGE"));
  });
});
