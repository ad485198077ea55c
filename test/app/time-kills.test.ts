import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { SeededRandom } from "../sim/seeded-random.ts";
import { Scene, topology, until } from "./scene.ts";

/**
 * A windowed count and a join of streams, with the process killed at random moments. STATE_KILLS says how often, SEED when.
 * Timestamps are numbers of records, so that the expected output is a fold of the input.
 */
const KILLS = Number(process.env.STATE_KILLS ?? 6);
const SEED = Number(process.env.SEED ?? 1);
const PARTITIONS = 6;
const WINDOW_MS = 50;
/** One record of "left" in so many has none of "right". */
const ALONE = 7;

const scene = await Scene.open();
after(() => scene.close());
for (const name of ["left", "right", "joined"]) scene.broker.createTopic(name, { partitions: PARTITIONS });

const read = (topic: string) =>
  scene.broker
    .read(topic)
    .flat()
    .map(({ key, value }) => ({ key: `${key}`, value: `${value}` }));

/** What was written, and what has to come of it. */
class Input {
  readonly counts = new Map<string, number>();
  readonly joined: string[] = [];
  #number = 0;

  write(random: SeededRandom): void {
    for (let count = 0; count < 10; count++) {
      const timestamp = this.#number++;
      const partition = timestamp % PARTITIONS;
      const key = `${partition}-${random.whole(0, 3)}`;
      scene.broker.append("in", partition, [{ key, value: "x", timestamp }]);
      const window = `${key}@${timestamp - (timestamp % WINDOW_MS)}`;
      this.counts.set(window, (this.counts.get(window) ?? 0) + 1);
      scene.broker.append("left", partition, [{ key: `${timestamp}`, value: "l", timestamp }]);
      if (timestamp % ALONE === 0) {
        this.joined.push(`${timestamp}=l+null`);
      } else {
        scene.broker.append("right", partition, [{ key: `${timestamp}`, value: "r", timestamp }]);
        this.joined.push(`${timestamp}=l+r`);
      }
    }
  }

  /** Closes all windows. */
  end(): void {
    const timestamp = this.#number + 10_000;
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const key = `end-${partition}`;
      scene.broker.append("left", partition, [{ key, value: "l", timestamp }]);
      scene.broker.append("right", partition, [{ key, value: "r", timestamp }]);
      this.joined.push(`${key}=l+r`);
    }
  }
}

test(`kill -9, ${KILLS} times: windows and joins are exact`, async () => {
  const random = new SeededRandom(SEED);
  const input = new Input();
  const writing = setInterval(() => input.write(random), 5);
  const start = () =>
    scene.child({
      threads: 1,
      topology: topology("timed"),
      stateDir: join(scene.directory, "state"),
      instanceId: "one",
      cacheMaxBytes: 0,
      emitIntervalMs: 0,
      commitIntervalMs: 20,
      stateFlushIntervalMs: 30,
    });
  let app = start();
  try {
    for (let kills = 0; kills < KILLS; kills++) {
      const before = [read("out").length, read("joined").length];
      const goesOn = () => read("out").length > before[0]! && read("joined").length > before[1]!;
      await until(() => goesOn() || app.said().includes("PeridotError"));
      await pause(random.whole(0, 150));
      assert.doesNotMatch(app.said(), /PeridotError/);
      await app.kill();
      app = start();
    }
  } finally {
    clearInterval(writing);
  }
  input.end();
  const updates = [...input.counts.values()].reduce((sum, each) => sum + each, 0);
  const isDone = () => read("out").length >= updates && read("joined").length >= input.joined.length;
  await until(() => isDone() || app.said().includes("PeridotError"));
  assert.equal(await app.stop(), 0, app.said());

  const counts = new Map<string, number>();
  for (const { key, value } of read("out")) {
    assert.equal(Number(value), (counts.get(key) ?? 0) + 1, `the count of ${key}`);
    counts.set(key, Number(value));
  }
  assert.deepEqual(counts, input.counts);
  const joined = read("joined").map(({ key, value }) => `${key}=${value}`);
  assert.deepEqual(joined.sort(), input.joined.sort());
});
