import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type Cluster, clusterMissing, startCluster } from "../../bench/cluster/cluster.ts";
import { launch } from "../../bench/cluster/processes.ts";
import { json, type PeridotConfig, peridot, string } from "../../host/index.ts";
import { topology } from "../app/scene.ts";
import { lives } from "./process.ts";

const CHILD = join(import.meta.dirname, "..", "app", "child-app.ts");
const options = { brokers: 1 } as const;
const NUMBERS = 500;
const KILLS = 3;

suite("import and export on a broker", { skip: clusterMissing(options) ?? false }, () => {
  let cluster: Cluster;
  const directory = mkdtempSync(join(tmpdir(), "peridot-import-broker-"));
  before(async () => {
    cluster = await startCluster(options);
  });
  after(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test(`a feeder that is killed ${KILLS} times: what is exported holds each item once, in the order of its key`, async () => {
    const config: PeridotConfig = {
      applicationId: `import-export-${Date.now()}`,
      bootstrapServers: cluster.bootstrap,
      stateDir: directory,
      instanceId: "one", // who comes back under it waits for no session to end
      sessionTimeoutMs: 6_000,
    };
    for (let kills = 0; kills < KILLS; kills++) {
      const child = launch([process.execPath, CHILD], {
        env: { CONFIG: JSON.stringify(config), TOPOLOGY: topology("imports").href },
      });
      assert.equal(await lives(child, 1_200 + 400 * kills), undefined, child.said());
      await child.kill();
    }
    const app = peridot({ ...config, topology: topology("imports") });
    await app.start();
    const byKey = new Map<string, (number | null)[]>();
    let count = 0;
    const exported = app.exported({ name: "doubles", key: string, value: json<number>() });
    for await (const { key, value } of exported) {
      byKey.set(key!, [...(byKey.get(key!) ?? []), value]);
      if (++count === NUMBERS) break;
    }
    await app.close();
    for (let key = 0; key < 5; key++) {
      const expected = Array.from({ length: NUMBERS / 5 }, (_, index) => 2 * (5 * index + key));
      assert.deepEqual(byKey.get(`${key}`), expected);
    }
  });
});
