import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type Cluster, clusterMissing, startCluster } from "../../bench/cluster/cluster.ts";
import { launch } from "../../bench/cluster/processes.ts";
import { lives, seededRandom } from "./process.ts";

/**
 * Orders of which one in a hundred is poisonous flow through an application that is killed at random moments; then an
 * independent reader finds each of them exactly once: in the output, or in the dead letters with its reason.
 * POISON_KILLS says how often, POISON_RECORDS how many orders flow at least, SEED when and which.
 */
const KILLS = Number(process.env.POISON_KILLS ?? 3);
const RECORDS = Number(process.env.POISON_RECORDS ?? 30_000);
const SEED = Number(process.env.SEED ?? 1);
/** Of a life and the start before it, about. */
const LIFE_MS = 2_500;
const STALL_SECONDS = 120;
const APP = join(import.meta.dirname, "poison-app.ts");

const options = { brokers: 3 } as const;

suite("output and dead letters are the input", { skip: clusterMissing(options) ?? false }, () => {
  let cluster: Cluster;
  const directory = mkdtempSync(join(tmpdir(), "peridot-poison-"));
  before(async () => {
    cluster = await startCluster(options);
  });
  after(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test(`${RECORDS} orders, one in a hundred poisonous, under ${KILLS} times kill -9`, async () => {
    const { tools } = cluster;
    const { id, input, output, dead, start } = await scene("kills");
    const random = seededRandom(SEED);
    const flowMs = Math.max(1, KILLS) * LIFE_MS;
    const seeding = await tools.seedSteadily(input, Math.ceil((RECORDS * 1000) / flowMs), SEED, "orders");
    const until = Date.now() + flowMs + 1_000;
    let app = start();
    const livesOn = async (ms: number) => {
      const status = await lives(app, ms);
      assert.equal(status, undefined, `the application ended by itself, with ${status}:\n${app.said()}`);
    };
    for (let kills = 0; kills < KILLS; kills++) {
      await livesOn(300 + random() * 2 * (LIFE_MS - 300));
      await app.kill();
      app = start();
    }
    await pause(Math.max(0, until - Date.now())); // kills come while orders flow
    const written = await seeding.end();
    const done = tools.awaitGroup(id, input, STALL_SECONDS).then(() => "done");
    assert.equal(await Promise.race([done, app.ended]), "done", app.said());
    assert.equal(await app.stop(), 0, app.said());

    const verdict = await tools.verifyOrders(input, output, dead);
    const { exact, in: read, dead: letters, kinds } = verdict;
    assert.ok(exact && read === written && written >= RECORDS, `${written}: ${JSON.stringify(verdict)}`);
    const all = ["broken", "fine", "keyless", "mistyped", "refused", "swells", "throws"];
    assert.deepEqual(Object.keys(kinds), all);
    assert.ok(letters > written / 200 && letters < written / 50, `${letters} of ${written}`);
  });

  test("the reader sees what is lost, and what is there twice", async () => {
    const { tools } = cluster;
    const { id, input, output, dead, start } = await scene("planted");
    await tools.seed(input, 5_000, { seed: SEED, what: "orders" });
    const runOver = async (env: Readonly<Record<string, string>>) => {
      const app = start(env);
      const done = tools.awaitGroup(env.APP_ID ?? id, input, STALL_SECONDS).then(() => "done");
      assert.equal(await Promise.race([done, app.ended]), "done", app.said());
      assert.equal(await app.stop(), 0, app.said());
      return tools.verifyOrders(input, output, dead);
    };
    const lost = await runOver({ LOSES: "yes" });
    const { keyless = 0, swells = 0 } = lost.kinds;
    assert.ok(keyless > 0 && swells > 0, lost.said);
    const { missing, surplus, outOfOrder, wrongReasons } = lost;
    assert.deepEqual([missing, surplus, outOfOrder, wrongReasons], [keyless + swells, 0, 0, 0], lost.said);
    const twice = await runOver({ APP_ID: `${id}-again` });
    const found = [lost.exact, twice.exact, twice.missing, twice.surplus];
    assert.deepEqual(found, [false, false, 0, twice.in - keyless - swells], twice.said);
  });

  /** Topics of its own, of which the output is compacted and takes small records only; and what starts the application. */
  async function scene(name: string) {
    const { tools, bootstrap } = cluster;
    const id = `poison-${name}-${Date.now()}`;
    const [input, output, dead] = [`${id}-in`, `${id}-out`, `${id}-dead`] as const;
    await tools.createTopic(input, 6, 3);
    await tools.createTopic(output, 6, 3, { "max.message.bytes": "20000", "cleanup.policy": "compact" });
    await tools.createTopic(dead, 3, 3);
    const topics = { INPUT: input, OUTPUT: output, DEAD: dead };
    const start = (env: Readonly<Record<string, string>> = {}) =>
      launch([process.execPath, APP], {
        env: { BOOTSTRAP: bootstrap, APP_ID: id, ...topics, STATE_DIR: join(directory, name), ...env },
      });
    return { id, input, output, dead, start };
  }
});
