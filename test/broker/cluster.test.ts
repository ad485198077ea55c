import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterMissing, startCluster } from "../../bench/cluster/cluster.ts";

const options = { brokers: 1 } as const;

test("the harness starts a broker, seeds a topic, and tells an empty output from the expected one", {
  skip: clusterMissing(options) ?? false,
}, async () => {
  const cluster = await startCluster(options);
  try {
    const { tools } = cluster;
    await tools.deleteTopic("harness-in");
    await tools.deleteTopic("harness-out");
    await tools.createTopic("harness-in", 6, 1);
    await tools.createTopic("harness-out", 6, 1, { "message.timestamp.type": "LogAppendTime" });
    await tools.seed("harness-in", 1000, { tricky: true });
    const { exact, in: read, out, missing, unreadableIn } = await tools.verify("harness-in", "harness-out");
    assert.deepEqual(
      { exact, read, out, missing, unreadableIn },
      { exact: false, read: 1000, out: 0, missing: 1000, unreadableIn: 0 },
    );
  } finally {
    await cluster.stop();
  }
});
