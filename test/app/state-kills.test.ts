import assert from "node:assert/strict";
import { existsSync, globSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { SeededRandom } from "../sim/seeded-random.ts";
import { Scene, topology, until } from "./scene.ts";

/**
 * Counting, with the process killed at random moments: while it computes, in the middle of EndTxn, in the middle of a flush
 * to its backend. KILLS says how often, SEED when.
 */
const KILLS = Number(process.env.STATE_KILLS ?? 10);
const SEED = Number(process.env.SEED ?? 1);
const KEYS = 50;

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

/** Key and count of every update, in their order. */
function updates(topic: string): { readonly key: string; readonly count: number }[] {
  return scene.broker
    .read(topic)
    .flat()
    .map(({ key, value }) => ({ key: String(key), count: Number(value!.readBigInt64BE()) }));
}

/** Each key is counted from 1 on, without a gap or a repetition. */
function assertExact(topic: string, written: ReadonlyMap<string, number>): void {
  const counted = new Map<string, number>();
  for (const { key, count } of updates(topic)) {
    assert.equal(count, (counted.get(key) ?? 0) + 1, `${topic}: the count of ${key}`);
    counted.set(key, count);
  }
  assert.deepEqual(counted, written, topic);
}

for (const threads of [0, 1]) {
  suite(`threads: ${threads}`, () => {
    test(`kill -9, ${KILLS} times: every count is exact, and no store begins anew`, async (context) => {
      const random = new SeededRandom(SEED + threads);
      const written = new Map<string, number>();
      const write = () => {
        for (let count = 0; count < 20; count++) {
          const key = `key-${random.whole(0, KEYS - 1)}`;
          written.set(key, (written.get(key) ?? 0) + 1);
          scene.broker.append("in", Number(key.slice(4)) % 6, [{ key, value: "x" }]);
        }
      };
      const writing = setInterval(write, 5);
      context.after(() => clearInterval(writing));
      const stateDir = join(scene.directory, "state");
      const start = () =>
        scene.child({
          threads,
          topology: topology("counting"),
          stateDir,
          instanceId: "one",
          cacheMaxBytes: 0,
          commitIntervalMs: 20,
          stateFlushIntervalMs: 30,
        });
      let app = start();
      const said: string[] = [];
      for (let kills = 0; kills < KILLS; kills++) {
        const before = updates("out").length;
        await until(() => updates("out").length > before || app.said().includes("PeridotError"));
        await pause(random.whole(0, 150));
        assert.doesNotMatch(app.said(), /PeridotError/);
        await app.kill();
        said.push(app.said());
        app = start();
      }
      clearInterval(writing);
      const total = [...written.values()].reduce((sum, each) => sum + each, 0);
      await until(() => updates("out").length >= total || app.said().includes("PeridotError"));
      assert.equal(await app.stop(), 0, app.said());
      said.push(app.said());
      assertExact("out", written);
      assertExact("app-counts-changelog", written);
      assert.deepEqual(
        setAside(stateDir),
        [],
        said
          .join("")
          .match(/the state in .*/g)
          ?.join("\n"),
      );
      const restored = said
        .flatMap((text) => [...text.matchAll(/^restored (\d+)$/gm)])
        .reduce((sum, [, records]) => sum + Number(records), 0);
      assert.ok(restored < total, `${restored} records restored in ${KILLS} lives, of ${total}`);
    });
  });
}

/** Stores that were not what they should be. */
function setAside(stateDir: string): string[] {
  assert.ok(existsSync(join(stateDir, "app", "tasks")), readdirSync(stateDir).join());
  return globSync("app/tasks/*/*.damaged-*", { cwd: stateDir });
}
