import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { SeededRandom } from "../sim/seeded-random.ts";
import { Scene, topology, until } from "./scene.ts";

/** A table without changelog, killed at random moments. KILLS says how often, SEED when. */
const KILLS = Number(process.env.STATE_KILLS ?? 3);
const SEED = Number(process.env.SEED ?? 1);
const KEYS = 50;
const VALUES = 5;

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

/** How often each value is there, as the application says, or as it should say. */
function told(): Record<string, number> {
  const found = new Map<string, number>();
  for (const { key, value } of scene.broker.read("out").flat())
    found.set(String(key), Number(value!.readBigInt64BE()));
  return Object.fromEntries([...found].filter(([, count]) => count > 0).sort());
}

function countsOf(rows: ReadonlyMap<string, string>): Record<string, number> {
  const found = new Map<string, number>();
  for (const value of rows.values()) found.set(value, (found.get(value) ?? 0) + 1);
  return Object.fromEntries([...found].sort());
}

for (const threads of [0, 1]) {
  test(`threads: ${threads}: a row that its topic gives back is the row it was, after ${KILLS} kills`, async (context) => {
    const random = new SeededRandom(SEED + threads);
    const rows = new Map<string, string>();
    const write = () => {
      for (let count = 0; count < 20; count++) {
        const number = random.whole(0, KEYS - 1);
        const [key, value] = [`key-${number}`, `value-${random.whole(0, VALUES - 1)}`];
        const isDeleted = random.whole(0, 9) === 0;
        if (isDeleted) rows.delete(key);
        else rows.set(key, value);
        scene.broker.append("in", number % 6, [{ key, value: isDeleted ? null : value }]);
      }
    };
    const writing = setInterval(write, 5);
    context.after(() => clearInterval(writing));
    const stateDir = join(scene.directory, "state");
    const start = () =>
      scene.child({
        threads,
        topology: topology("changing"),
        optimizations: ["reuse-source-topics"],
        stateDir,
        instanceId: "one",
        cacheMaxBytes: 0,
        commitIntervalMs: 20,
        stateFlushIntervalMs: 30,
      });
    const updates = () => scene.broker.read("out").flat().length;
    let app = start();
    for (let kills = 0; kills < KILLS; kills++) {
      const before = updates();
      await until(() => updates() > before || app.said().includes("PeridotError"));
      await pause(random.whole(0, 150));
      assert.doesNotMatch(app.said(), /PeridotError/);
      await app.kill();
      // each third life has lost its disk
      if (kills % 3 === 2) rmSync(join(stateDir, "app", "tasks"), { recursive: true });
      app = start();
    }
    clearInterval(writing);
    const expected = JSON.stringify(countsOf(rows));
    await until(() => JSON.stringify(told()) === expected || app.said().includes("PeridotError"));
    assert.equal(await app.stop(), 0, app.said());
    assert.deepEqual(told(), countsOf(rows));
    assert.equal(scene.broker.cluster.topics.has("app-rows-changelog"), false);
  });
}
