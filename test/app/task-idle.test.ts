import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { sleep } from "../../host/clock.ts";
import { type Peridot, string } from "../../host/index.ts";
import { EmbeddedScene } from "./embedded-scene.ts";

// max.task.idle.ms, KIP-695

const TEXTS = { key: string, value: string };
let scene: EmbeddedScene;

beforeEach(() => {
  scene = new EmbeddedScene({ stream: 1, table: 1, out: 1 });
});
afterEach(() => scene.close());

function enriching(app: Peridot): void {
  const rows = app.table("table", TEXTS, { store: "rows" });
  app
    .stream("stream", TEXTS)
    .leftJoin(rows, (value, row) => `${value}+${row}`)
    .to("out", TEXTS);
}

function append(topic: string, count: number, timestamp: number, length = 1): void {
  for (let number = 0; number < count; number++) {
    const value = topic.charAt(0).repeat(length);
    scene.broker.append(topic, 0, [{ key: `k${number}`, value, timestamp }]);
  }
}

const pass = (ms: number) => scene.clock.runFor(sleep(scene.clock, ms));
const told = () =>
  scene.broker
    .read("out")
    .flat()
    .map(({ value }) => `${value}`);

test("what the broker has already comes in the order of its times, however much of it there is", async () => {
  const count = 4_000;
  append("stream", count, 20, 4_000); // more than may be held at a time
  append("table", count, 10);
  await scene.run(scene.app(enriching), () => scene.committed("out", count));
  assert.equal(told().filter((value) => value.endsWith("+t")).length, count);
});

test("a partition that has never had a record does not hold others up", async () => {
  append("stream", 3, 20);
  await scene.run(scene.app(enriching), () => scene.committed("out", 3));
  assert.deepEqual(told(), ["s+null", "s+null", "s+null"]);
});

test("what may still be written is waited for, so long and no longer", async () => {
  const app = scene.app(enriching, { maxTaskIdleMs: 5_000, stateBackend: "memory" });
  await scene.run(app, async () => {
    await pass(10_000);
    append("stream", 1, 20); // nobody knew how long to wait for the table: it has been empty for long enough
    await scene.committed("out", 1);
    append("table", 1, 30);
    append("stream", 1, 40);
    await pass(4_000);
    assert.equal(told().length, 1);
    append("table", 1, 35, 2);
    await pass(2_000);
    assert.equal(told().length, 1);
    await scene.committed("out", 2);
  });
  assert.deepEqual(told(), ["s+null", "s+tt"]);
});

test("behind an abort a partition that is at its end is known to be so again", async () => {
  const app = scene.app(enriching);
  await scene.run(app, async () => {
    append("stream", 1, 20);
    await scene.committed("out", 1);
    let written = 0;
    scene.broker.faults.onRequest = ({ api }) =>
      api === "Produce" && written++ === 0
        ? { kind: "answer", code: 120, carriedOut: false }
        : { kind: "deliver" };
    append("stream", 1, 21);
    await scene.committed("out", 2);
  });
  assert.ok(app.progress.aborts > 0);
});
