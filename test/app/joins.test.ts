import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import { joinWindows, type Peridot, type PeridotConfig, string } from "../../host/index.ts";
import { partitionOfKey } from "../../host/testing/partition-of-key.ts";
import { EmbeddedScene } from "./embedded-scene.ts";

const TEXTS = { key: string, value: string };
let scene: EmbeddedScene;
let directory: string;

beforeEach(() => {
  scene = new EmbeddedScene({ left: 1, right: 1, out: 1 });
  directory = mkdtempSync(join(tmpdir(), "peridot-joins-"));
});
afterEach(() => {
  scene.close();
  rmSync(directory, { recursive: true, force: true });
});

const pair = (left: string | null, right: string | null) => `${left}+${right}`;

/** Records as "topic:value@time", all of one key. */
async function life(topology: (app: Peridot) => void, changes: Partial<PeridotConfig>, records: string) {
  const app = scene.app(topology, { stateDir: directory, emitIntervalMs: 0, ...changes });
  await scene.run(app, async () => {
    let count = 0;
    for (const [topic, value, time] of records.split(" ").map((each) => each.split(/[:@]/))) {
      scene.broker.append(topic!, 0, [{ key: "k", value: value!, timestamp: Number(time) }]);
      count++;
      await scene.clock.runUntil(() => app.progress.records === count);
    }
  });
}

const told = () =>
  scene.broker
    .read("out")
    .flat()
    .map(({ value, timestamp }) => `${value}@${timestamp}`);

const RESTARTS: Readonly<Record<string, () => Partial<PeridotConfig>>> = {
  "on disk": () => ({}),
  "in memory": () => ({ stateBackend: "memory" }),
  "on a disk that was lost": () => ({ stateDir: join(directory, `${Math.random()}`) }),
};

for (const [name, changes] of Object.entries(RESTARTS)) {
  suite(`state ${name}`, () => {
    test("streams are joined over a restart, and what waits alone is told once", async () => {
      const topology = (app: Peridot) =>
        app
          .stream("left", TEXTS)
          .outerJoin(app.stream("right", TEXTS), pair, joinWindows({ differenceMs: 10, graceMs: 5 }), {
            store: "near",
          })
          .to("out", TEXTS);
      await life(topology, changes(), "left:a@10 left:b@30 right:x@35");
      await life(topology, changes(), "right:y@12 left:c@60");
      await life(topology, changes(), "left:d@90 right:z@61");
      // c has left its window's store, and y still finds a there
      assert.deepEqual(told(), ["a+null@10", "b+x@35", "a+y@12", "c+null@60", "null+z@61"]);
    });

    test("records wait over a restart for rows that come late", async () => {
      const topology = (app: Peridot) =>
        app
          .stream("left", TEXTS)
          .leftJoin(app.table("right", TEXTS, { store: "rows", historyMs: 1_000 }), pair, {
            name: "waits",
            graceMs: 20,
          })
          .to("out", TEXTS);
      await life(topology, changes(), "left:a@10 left:b@12");
      await life(topology, changes(), "right:x@11 left:c@31");
      await life(topology, changes(), "left:d@60 left:e@20");
      assert.deepEqual(told(), ["a+null@10", "b+x@12", "c+x@31", "e+x@20"]);
    });
  });
}

test("topics that are joined must have as many partitions: the error names them", async () => {
  scene.broker.createTopic("wide", { partitions: 3 });
  const app = scene.app((builder) =>
    builder
      .stream("left", TEXTS)
      .join(builder.table("wide", TEXTS, { store: "wide" }), pair)
      .to("out", TEXTS),
  );
  await assert.rejects(scene.clock.runFor(app.start()), {
    code: "TOPOLOGY_INVALID",
    message: /"left" has 1, "wide" has 3/,
  });
});

test("where keys have changed, records go through a topic with as many partitions as the table's", async () => {
  scene.broker.createTopic("wide", { partitions: 3 });
  const app = scene.app((builder) =>
    builder
      .stream("left", TEXTS)
      .selectKey((_key, value) => value)
      .join(builder.table("wide", TEXTS, { store: "wide" }), pair, { name: "by-value", ...TEXTS })
      .to("out", TEXTS),
  );
  await scene.run(app, async () => {
    for (const partition of [0, 1, 2])
      scene.broker.append("wide", partition, [{ key: "v", value: `row ${partition}` }]);
    await scene.clock.runUntil(() => app.progress.records === 3);
    scene.broker.append("left", 0, [{ key: "k", value: "v" }]);
    await scene.committed("out", 1);
  });
  assert.equal(scene.partitionsOf("app-by-value-repartition"), 3);
  assert.match(told()[0]!, /^v\+row \d@/);
});

test("rows find those that they point to in other partitions, over restarts and changes of either", async () => {
  scene.broker.createTopic("rows", { partitions: 3 });
  scene.broker.createTopic("wide", { partitions: 2 });
  const topology = (app: Peridot) =>
    app
      .table("rows", TEXTS, { store: "rows" })
      .leftJoinOnForeignKey(app.table("wide", TEXTS, { store: "wide" }), (value) => value, pair, {
        name: "points",
        store: "joined",
        value: string,
      })
      .toStream()
      .to("out", TEXTS);
  const write = (topic: string, key: string, value: string | null) => {
    const partitions = scene.partitionsOf(topic)!;
    scene.broker.append(topic, partitionOfKey(Buffer.from(key), partitions), [{ key, value }]);
  };
  const newest = () => {
    const found = new Map<string, string | null>();
    for (const { key, value } of scene.broker.read("out").flat())
      found.set(String(key), value && String(value));
    return Object.fromEntries([...found].sort());
  };
  const becomes = (wanted: Record<string, string | null>) =>
    scene.clock.runUntil(() => JSON.stringify(newest()) === JSON.stringify(wanted));
  const life = async (act: () => Promise<void>) =>
    scene.run(scene.app(topology, { stateDir: directory, cacheMaxBytes: 0 }), act);
  await life(async () => {
    for (const [key, value] of [
      ["a", "x"],
      ["b", "y"],
      ["c", "x"],
    ] as const)
      write("rows", key, value);
    await becomes({ a: "x+null", b: "y+null", c: "x+null" });
    write("wide", "x", "1");
    await becomes({ a: "x+1", b: "y+null", c: "x+1" });
  });
  await life(async () => {
    write("wide", "y", "2");
    write("rows", "a", "y");
    await becomes({ a: "y+2", b: "y+2", c: "x+1" });
    write("rows", "b", null);
    write("wide", "x", null);
    await becomes({ a: "y+2", b: null, c: "x+null" });
  });
  assert.equal(scene.partitionsOf("app-points-subscription-registration-topic"), 2);
  assert.equal(scene.partitionsOf("app-points-subscription-response-topic"), 3);
});
