import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import {
  i64,
  type KeyValueStore,
  keyValueStore,
  type Peridot,
  type PeridotConfig,
  type Processor,
  type ProcessorContext,
  type RestoreEvent,
  restoreChannel,
  string,
  type ValueAndTimestamp,
} from "../../host/index.ts";
import { MemoryBackend } from "../../host/state/memory-backend.ts";
import type { StateBackendType } from "../../host/state/state-backend.ts";
import { EmbeddedScene } from "./embedded-scene.ts";

const TEXTS = { key: string, value: string };
const CHANGELOG = "app-counts-changelog";
let scene: EmbeddedScene;
let directory: string;
let restored: RestoreEvent[];
const listen = (event: unknown) => void restored.push(event as RestoreEvent);

beforeEach(() => {
  scene = new EmbeddedScene({ in: 2, out: 2 });
  directory = mkdtempSync(join(tmpdir(), "peridot-state-"));
  restored = [];
  restoreChannel.subscribe(listen);
});
afterEach(() => {
  restoreChannel.unsubscribe(listen);
  scene.close();
  rmSync(directory, { recursive: true, force: true });
});

function counting(app: Peridot): void {
  app
    .stream("in", TEXTS)
    .groupByKey()
    .count({ store: "counts" })
    .toStream()
    .to("out", { key: string, value: i64 });
}

function write(keys: string): void {
  for (const key of keys) {
    scene.broker.append("in", key.charCodeAt(0) % 2, [{ key, value: "x" }]);
  }
}

/** The newest count of each key in a topic. */
function counts(topic: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { key, value } of scene.broker.read(topic).flat())
    found[String(key)] = Number(value!.readBigInt64BE());
  return found;
}

async function life(changes: Partial<PeridotConfig>, keys: string, total: number): Promise<void> {
  const app = scene.app(counting, { stateDir: directory, ...changes });
  await scene.run(app, async () => {
    write(keys);
    const sum = () => Object.values(counts("out")).reduce((all, each) => all + each, 0);
    await scene.clock.runUntil(() => sum() === total);
  });
}

for (const stateBackend of ["lmdb", "memory"] as const) {
  suite(stateBackend, () => {
    test("counts go on where the life before has ended", async () => {
      await life({ stateBackend }, "aabc", 4);
      assert.deepEqual(counts("out"), { a: 2, b: 1, c: 1 });
      assert.deepEqual(counts(CHANGELOG), counts("out"));
      await life({ stateBackend }, "abd", 7);
      assert.deepEqual(counts("out"), { a: 3, b: 2, c: 1, d: 1 });
      assert.deepEqual(counts(CHANGELOG), counts("out"));
    });
  });
}

test("stores that name no backend live in one of the user's, which is opened for each task", async () => {
  const opened = new Map<string, MemoryBackend>();
  const mine: StateBackendType = {
    name: "mine",
    persistent: true,
    async open(path) {
      const backend = opened.get(path) ?? new MemoryBackend();
      opened.set(path, backend);
      return backend;
    },
  };
  await life({ stateBackend: mine }, "aabc", 4);
  assert.deepEqual(
    [...opened.values()].map((backend) => backend.size("counts")),
    [1, 2],
  );
  await life({ stateBackend: mine }, "a", 5);
  assert.deepEqual(restored, []);
  assert.equal(counts("out").a, 3);
});

test("what is on disk is not read again; without it, everything is", async () => {
  await life({}, "aabc", 4);
  await life({}, "a", 5);
  assert.deepEqual(restored, []);
  await life({ stateDir: join(directory, "elsewhere") }, "b", 6);
  assert.deepEqual(
    restored
      .filter(({ left }) => left === 0)
      .map(({ store, restored: records }) => [store, records])
      .sort(),
    [
      ["counts", 1],
      ["counts", 3],
    ],
  );
  assert.deepEqual(counts("out"), { a: 3, b: 2, c: 1 });
});

test("each update is told, if no cache keeps any back", async () => {
  await life({ cacheMaxBytes: 0 }, "aaab", 4);
  const values = scene.broker
    .read("out")
    .flat()
    .map(({ key, value }) => `${key}${value!.readBigInt64BE()}`);
  assert.deepEqual(values.sort(), ["a1", "a2", "a3", "b1"]);
});

test("where what a cache has kept back fails at a commit, nothing is committed: it all comes again", async () => {
  const seen: string[] = [];
  const build = (fails: boolean) => (app: Peridot) =>
    app
      .stream("in", TEXTS)
      .groupByKey()
      .count({ store: "counts" })
      .toStream()
      .peek((key, count) => {
        if (fails) throw new RangeError("not this time");
        seen.push(`${key}${count}`);
      })
      .to("out", { key: string, value: i64 });
  const first = scene.app(build(true), { stateDir: directory });
  await scene.clock.runFor(first.start());
  write("aab");
  await assert.rejects(scene.clock.runFor(first.ended), {
    code: "PUNCTUATION_FAILED",
    message: /not this time/,
  });
  const second = scene.app(build(false), { stateDir: directory });
  await scene.run(second, () => scene.clock.runUntil(() => counts("out").b === 1));
  assert.deepEqual(seen.sort(), ["a2", "b1"]);
});

test("changelogs are compacted; one that is not is refused", async () => {
  await life({}, "a", 1);
  assert.equal(scene.broker.cluster.topics.get(CHANGELOG)!.configs.get("cleanup.policy"), "compact");
  scene.broker.createTopic("app-other-changelog", { partitions: 2 });
  const app = scene.app((builder) => {
    builder.stream("in", TEXTS).groupByKey().count({ store: "other" });
  });
  await assert.rejects(
    scene.clock.runFor(app.start()),
    /app-other-changelog has cleanup.policy "delete", and must have "compact"/,
  );
});

test("wall-clock punctuators alone make transactions, also where a partition has never had a record", async () => {
  const app = scene.app(
    (builder) => {
      builder.addStateStore(keyValueStore({ name: "ticks", ...TEXTS }));
      builder
        .stream("in", TEXTS)
        .process<string, string>(() => ticking("ticks"), { stores: ["ticks"] })
        .to("out", TEXTS);
    },
    { stateDir: directory },
  );
  await scene.run(app, async () => {
    write("a");
    await scene.committed("out", 5);
  });
  const values = scene.broker
    .read("out")
    .flat()
    .map(({ key, value }) => `${key}=${value}`);
  assert.deepEqual(values, ["a=x", "tick=1", "tick=1", "tick=2", "tick=2"]);
  const ticks = scene.broker.read("app-ticks-changelog").map((each) => each.map(({ value }) => `${value}`));
  assert.deepEqual(ticks, [
    ["1", "2"],
    ["1", "2"],
  ]);
});

/** Counts its ticks in a store, and forwards records as they are. */
function ticking(name: string): Processor<string, string, string, string> {
  let context: ProcessorContext<string, string>;
  return {
    init(given) {
      context = given;
      const store = context.store<KeyValueStore<string, string>>(name);
      context.schedule(1_000, "wall-clock", (timestamp) => {
        const count = `${Number(store.get("n") ?? 0) + 1}`;
        store.put("n", count);
        context.forward({ key: "tick", value: count, timestamp });
      });
    },
    process: (record) => context.forward(record),
  };
}

test("a store is read from outside, as of the last commit", async () => {
  scene.broker.createTopic("many", { partitions: 2 });
  const app = scene.app((each) => void each.stream("many", TEXTS).groupByKey().count({ store: "counts" }), {
    stateDir: directory,
  });
  assert.throws(() => app.store("counts"), { code: "STORE_UNKNOWN" });
  await scene.run(app, async () => {
    const counts = app.store<string, ValueAndTimestamp<bigint>>("counts");
    assert.throws(() => app.store("none"), /those that can are counts/);
    const keys = Array.from({ length: 1_200 }, (_, index) => `key-${String(index).padStart(4, "0")}`);
    for (const partition of [0, 1]) {
      const own = keys.filter((_key, index) => index % 2 === partition);
      scene.broker.append(
        "many",
        partition,
        [...own, ...own.slice(0, 1)].map((key) => ({ key, value: "x" })),
      );
    }
    await scene.committed(CHANGELOG, keys.length);
    await scene.clock.advance(50); // the thread hears of it
    assert.equal((await counts.get("key-0000"))?.value, 2n);
    assert.equal((await counts.get("key-0007"))?.value, 1n);
    assert.equal(await counts.get("key-9999"), undefined);
    const found: string[] = [];
    for await (const [key] of counts.all()) found.push(key);
    assert.deepEqual(found, [
      ...keys.filter((_key, index) => index % 2 === 0),
      ...keys.filter((_key, index) => index % 2 === 1),
    ]);
    const some: string[] = [];
    for await (const [key] of counts.range("key-0010", "key-0013")) some.push(key);
    assert.deepEqual(some, ["key-0010", "key-0012", "key-0011", "key-0013"]);
  });
  await assert.rejects(app.store("counts").get("key-0000"), { code: "STORE_UNAVAILABLE" });
});

test("stream time goes on where the life before has ended, and so does each partition's", async () => {
  const lifeWith = async (timestamp: number, written: number) => {
    const app = scene.app(
      (each) =>
        each
          .stream("in", {
            ...TEXTS,
            timestampExtractor: (_record, partitionTime) => partitionTime + timestamp,
          })
          .process<string, string>(() => telling())
          .to("out", TEXTS),
      { stateDir: directory },
    );
    await scene.run(app, async () => {
      write("a");
      await scene.committed("out", written);
    });
  };
  await lifeWith(1_001, 1);
  await lifeWith(0, 2);
  await lifeWith(-400, 3);
  const told = scene.broker
    .read("out")
    .flat()
    .map(({ value }) => `${value}`);
  // the first partition time is -1
  assert.deepEqual(told, ["1000 of 1000", "1000 of 1000", "600 of 1000"]);
});

/** Forwards each record's time, and that of the stream. */
function telling(): Processor<string, string, string, string> {
  let context: ProcessorContext<string, string>;
  return {
    init(given) {
      context = given;
    },
    process: (record) =>
      context.forward(record.withValue(`${record.timestamp} of ${context.currentStreamTime()}`)),
  };
}
