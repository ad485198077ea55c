import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { clusterMissing, startCluster } from "../../bench/cluster/cluster.ts";
import { Tools } from "../../bench/cluster/tools.ts";
import { Addresses } from "../../bench/lib/addresses.ts";

test("both halves of the generator make the same addresses", {
  skip: clusterMissing({ brokers: 1 }) ?? false,
}, async () => {
  const digest = createHash("sha256");
  const addresses = new Addresses(7, true);
  for (let left = 5000; left > 0; left--) {
    const { key, value } = addresses.next();
    digest.update(key).update(value);
  }
  assert.equal(digest.digest("hex"), await new Tools("none").addressesDigest(5000, 7));
});

const options = { brokers: 1 } as const;

test("the harness starts a broker, seeds a topic, and tells an empty output from the expected one", {
  skip: clusterMissing(options) ?? false,
}, async () => {
  const cluster = await startCluster(options);
  try {
    const { tools } = cluster;
    await tools.deleteTopic("harness-in");
    await tools.deleteTopic("harness-out");
    await tools.deleteTopic("harness-flow");
    await tools.createTopic("harness-in", 6, 1);
    await tools.createTopic("harness-flow", 1, 1);
    await tools.createTopic("harness-out", 6, 1, { "message.timestamp.type": "LogAppendTime" });
    await tools.seed("harness-in", 1000, { tricky: true });
    const seeding = await tools.seedSteadily("harness-flow", 1000);
    const written = await seeding.end();
    assert.ok(written > 0 && written < 100_000);
    const { exact, in: read, out, missing, unreadableIn } = await tools.verify("harness-in", "harness-out");
    assert.deepEqual(
      { exact, read, out, missing, unreadableIn },
      { exact: false, read: 1000, out: 0, missing: 1000, unreadableIn: 0 },
    );
  } finally {
    await cluster.stop();
  }
});
