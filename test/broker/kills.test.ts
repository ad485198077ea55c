import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type Cluster, clusterMissing, startCluster } from "../../bench/cluster/cluster.ts";
import type { Launched } from "../../bench/cluster/processes.ts";
import { clusterSource } from "../../bench/cluster/source.ts";
import { flow as flowThrough, livesOn } from "./flow.ts";
import { type Run, seededRandom, startApp } from "./process.ts";

/**
 * The main job on three brokers, with everything that can be killed killed at random moments while input flows; an
 * independent reader then finds exactly the expected output. KILLS and BROKER_KILLS say how often, SEED when, RATE
 * how many records flow in a second.
 */
const KILLS = Number(process.env.KILLS ?? 4);
const BROKER_KILLS = Number(process.env.BROKER_KILLS ?? 1);
const SEED = Number(process.env.SEED ?? 1);
const RATE = Number(process.env.RATE ?? 20_000);

const options = { brokers: 3 } as const;
const missing = clusterMissing(options);
const notOurs =
  clusterSource().kind === "bootstrap" ? "the brokers of BOOTSTRAP are not ours to kill" : undefined;

suite("exactly once, whatever is killed", { skip: missing ?? false }, () => {
  let cluster: Cluster;
  const directory = mkdtempSync(join(tmpdir(), "peridot-kills-"));
  before(async () => {
    cluster = await startCluster(options);
  });
  after(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const flow = (name: string, disturb: (run: Run) => Promise<Launched>) =>
    flowThrough({ cluster, directory, rate: RATE, seed: SEED }, name, disturb);

  test(`the process, by kill -9, ${KILLS} times`, async () => {
    const random = seededRandom(SEED);
    await flow("process", async (run) => {
      let app = startApp({ ...run, instanceId: "one" });
      for (let kills = 0; kills < KILLS; kills++) {
        await livesOn(app, 300 + random() * 2200);
        await app.kill();
        app = startApp({ ...run, instanceId: "one" });
      }
      return app;
    });
  });

  test(`a broker, by kill -9, ${BROKER_KILLS} times`, { skip: notOurs ?? false }, async () => {
    const random = seededRandom(SEED);
    await flow("broker", async (run) => {
      const app = startApp(run);
      for (let kills = 0; kills < BROKER_KILLS; kills++) {
        const broker = 1 + Math.floor(random() * 3);
        await livesOn(app, 2000 + random() * 2000);
        await cluster.kill(broker);
        await livesOn(app, random() * 4000);
        await cluster.restart(broker);
        await cluster.tools.awaitInSync(run.output, 3);
      }
      await livesOn(app, 1000);
      return app;
    });
  });

  test(`one of two processes, by SIGTERM and by kill -9 in turn, ${KILLS} times`, async () => {
    const random = seededRandom(SEED);
    await flow("pair", async (run) => {
      const steady = startApp(run);
      for (let kills = 0; kills < KILLS; kills++) {
        const other = startApp({ ...run, stateDirectory: `${run.stateDirectory}-other` });
        await other.says("SIGTERM closes it");
        await livesOn(other, 1000 + random() * 3000);
        if (kills % 2 === 0) assert.equal(await other.stop(), 0, other.said());
        else await other.kill();
        await livesOn(steady, random() * 1000);
      }
      return steady;
    });
  });
});
