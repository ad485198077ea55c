import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { clusterMissing, startCluster } from "../../bench/cluster/cluster.ts";
import { startApp } from "./process.ts";

/**
 * The main job on older brokers: 3.0, the oldest that can be started without ZooKeeper (and the oldest that we
 * support); 3.9, the last before transactions of version 2.
 */
const VERSIONS = ["3.0.2", "3.9.1"];
const RECORDS = 20_000;

suite("the main job, exactly once, on", () => {
  for (const kafkaVersion of VERSIONS) {
    const options = { brokers: 1, kafkaVersion } as const;
    test(`Kafka ${kafkaVersion}`, { skip: clusterMissing(options) ?? false }, async () => {
      const stateDirectory = mkdtempSync(join(tmpdir(), "peridot-older-"));
      const cluster = await startCluster(options);
      try {
        const { tools } = cluster;
        await tools.createTopic("older-in", 6, 1);
        await tools.createTopic("older-out", 6, 1);
        await tools.seed("older-in", RECORDS, { tricky: true });
        const app = startApp({
          cluster,
          input: "older-in",
          output: "older-out",
          applicationId: "older",
          stateDirectory,
        });
        const done = tools.awaitGroup("older", "older-in", 60).then(() => "done");
        const first = await Promise.race([done, app.ended]);
        assert.equal(first, "done", `the application ended with ${first}:\n${app.said()}`);
        assert.equal(await app.stop(), 0, app.said());
        const { exact, out } = await tools.verify("older-in", "older-out");
        assert.deepEqual({ exact, out }, { exact: true, out: RECORDS });
      } finally {
        await cluster.stop();
        rmSync(stateDirectory, { recursive: true, force: true });
      }
    });
  }
});
