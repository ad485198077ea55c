import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type Cluster, clusterMissing, startCluster } from "../../../bench/cluster/cluster.ts";
import { flow, livesOn } from "../flow.ts";
import { seededRandom, startApp } from "../process.ts";
import { librdkafkaMissing } from "./addon.ts";

/**
 * The main job on librdkafka, killed at random moments while input flows: its transactions have two clients, and every
 * kill leaves one of them at another place. KILLS says how often, SEED when.
 */
const KILLS = Number(process.env.KILLS ?? 4);
const SEED = Number(process.env.SEED ?? 1);
const RATE = 5_000;
/** As startApp sets it. */
const SESSION_MS = 6_000;
const options = { brokers: 1 } as const;

suite("exactly once on librdkafka", { skip: librdkafkaMissing() ?? clusterMissing(options) ?? false }, () => {
  let cluster: Cluster;
  const directory = mkdtempSync(join(tmpdir(), "peridot-librdkafka-kills-"));
  before(async () => {
    cluster = await startCluster(options);
  });
  after(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test(`the process, by kill -9, ${KILLS} times`, async () => {
    const random = seededRandom(SEED);
    await flow({ cluster, directory, rate: RATE, seed: SEED }, "process", async (run) => {
      const one = { ...run, transport: "librdkafka", instanceId: "one" } as const;
      let app = startApp(one);
      for (let kills = 0; kills < KILLS; kills++) {
        await livesOn(app, 500 + random() * 3000);
        await app.kill();
        app = startApp(one);
      }
      return app;
    });
  });

  test(`one of two processes, by kill -9, ${KILLS} times, the other one on our own client`, async () => {
    const random = seededRandom(SEED);
    await flow({ cluster, directory, rate: RATE, seed: SEED }, "pair", async (run) => {
      const steady = startApp(run);
      for (let kills = 0; kills < KILLS; kills++) {
        const stateDirectory = `${run.stateDirectory}-other`;
        const other = startApp({ ...run, transport: "librdkafka", stateDirectory });
        await livesOn(other, 1500 + random() * 3000);
        await other.kill();
        await livesOn(steady, random() * 1000);
      }
      return steady;
    });
  });

  test("one of two processes, stopped for longer than its session, goes on and commits nothing of others'", async () => {
    await flow({ cluster, directory, rate: RATE, seed: SEED }, "paused", async (run) => {
      const steady = startApp({ ...run, transport: "librdkafka" });
      const stateDirectory = `${run.stateDirectory}-other`;
      const other = startApp({ ...run, transport: "librdkafka", stateDirectory });
      await livesOn(other, 8_000);
      other.child.kill("SIGSTOP");
      await livesOn(steady, 1.5 * SESSION_MS);
      other.child.kill("SIGCONT");
      await livesOn(other, 5_000);
      await other.kill();
      return steady;
    });
  });
});
