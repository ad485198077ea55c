import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Metadata } from "../../../host/transport/kafka/metadata.ts";
import type { ResponseOf } from "../../../host/transport/kafka/protocol/api.ts";

const ID = "1".repeat(32);

function told(leaderId: number, leaderEpoch: number, topicId = ID): ResponseOf<"Metadata"> {
  const partition = {
    errorCode: 0,
    partitionIndex: 0,
    leaderId,
    leaderEpoch,
    replicaNodes: [],
    isrNodes: [],
  };
  return {
    throttleTimeMs: 0,
    brokers: [1, 2, 3].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null })),
    clusterId: null,
    controllerId: 1,
    clusterAuthorizedOperations: 0,
    errorCode: 0,
    topics: [
      {
        errorCode: 0,
        name: "t",
        topicId,
        isInternal: false,
        partitions: [{ ...partition, offlineReplicas: [] }],
        topicAuthorizedOperations: 0,
      },
    ],
  };
}

suite("metadata", () => {
  test("never goes back to the leader of an older epoch", () => {
    const metadata = new Metadata();
    metadata.apply(told(1, 5));
    metadata.apply(told(2, 4));
    assert.deepEqual(metadata.leaderOf("t", 0), { nodeId: 1, epoch: 5 });
    metadata.apply(told(3, 6));
    assert.deepEqual(metadata.leaderOf("t", 0), { nodeId: 3, epoch: 6 });
  });

  test("takes the epochs of a topic that was made anew as they come", () => {
    const metadata = new Metadata();
    metadata.apply(told(1, 5));
    metadata.apply(told(2, 0, "2".repeat(32)));
    assert.deepEqual(metadata.leaderOf("t", 0), { nodeId: 2, epoch: 0 });
    assert.equal(metadata.topicNameOf("2".repeat(32)), "t");
  });

  test("takes a newer leader from a fetch or produce answer, and no older one", () => {
    const metadata = new Metadata();
    metadata.apply(told(1, 5));
    assert.equal(metadata.noteLeader("t", 0, { nodeId: 2, epoch: 5 }), false);
    assert.equal(metadata.noteLeader("t", 0, { nodeId: -1, epoch: -1 }), false);
    assert.equal(metadata.noteLeader("t", 0, { nodeId: 2, epoch: 6 }), true);
    assert.deepEqual(metadata.leaderOf("t", 0), { nodeId: 2, epoch: 6 });
  });

  test("has no leader while none is elected", () => {
    const metadata = new Metadata();
    metadata.apply(told(-1, 7));
    assert.equal(metadata.leaderOf("t", 0), undefined);
    assert.equal(metadata.leaderOf("t", 1), undefined);
  });
});
