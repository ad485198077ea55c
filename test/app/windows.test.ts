import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import {
  type EmitStrategy,
  i64,
  type Peridot,
  type PeridotConfig,
  sessionWindows,
  string,
  timeWindowed,
  tumblingWindows,
} from "../../host/index.ts";
import { EmbeddedScene } from "./embedded-scene.ts";

const TEXTS = { key: string, value: string };
const WINDOWED = timeWindowed(string, 10);
let scene: EmbeddedScene;
let directory: string;

beforeEach(() => {
  scene = new EmbeddedScene({ in: 1, out: 1 });
  directory = mkdtempSync(join(tmpdir(), "peridot-windows-"));
});
afterEach(() => {
  scene.close();
  rmSync(directory, { recursive: true, force: true });
});

const counting = (emits: EmitStrategy) => (app: Peridot) =>
  void app
    .stream("in", TEXTS)
    .groupByKey()
    .windowedBy(tumblingWindows({ sizeMs: 10 }))
    .emitStrategy(emits)
    .count({ store: "counts", caching: false, retentionMs: 1_000 })
    .toStream()
    .to("out", { value: i64 });

/** Records as "key@time"; the last one of each life is the one that `out` shows the end by. */
async function life(topology: (app: Peridot) => void, changes: Partial<PeridotConfig>, records: string) {
  const app = scene.app(topology, { stateDir: directory, emitIntervalMs: 0, ...changes });
  const before = scene.broker.read("in").flat().length;
  const written = records.split(" ").map((each) => each.split("@") as [string, string]);
  await scene.run(app, async () => {
    for (const [key, time] of written)
      scene.broker.append("in", 0, [{ key, value: "x", timestamp: Number(time) }]);
    await scene.clock.runUntil(() => app.progress.records === written.length);
  });
  assert.equal(scene.broker.read("in").flat().length, before + written.length);
}

/** What came out, as "key@start=value". */
function told(): string[] {
  return scene.broker
    .read("out")
    .flat()
    .map(({ key, value }) => {
      const { key: inner, start } = WINDOWED.deserialize(key!);
      return `${inner}@${start}=${value === null ? null : value.readBigInt64BE()}`;
    });
}

/** How state outlives a restart: on disk; in the changelog; in the changelog, since the disk was lost. */
const RESTARTS: Readonly<Record<string, () => Partial<PeridotConfig>>> = {
  "on disk": () => ({}),
  "in memory": () => ({ stateBackend: "memory" }),
  "on a disk that was lost": () => ({ stateDir: join(directory, `${Math.random()}`) }),
};

for (const [name, changes] of Object.entries(RESTARTS)) {
  suite(`windows ${name}`, () => {
    test("count on after a restart, and what was late before it is late behind it", async () => {
      const topology = counting("on-window-update");
      await life(topology, changes(), "a@1 a@2 b@15");
      await life(topology, changes(), "a@3 b@16 a@9");
      assert.deepEqual(told(), ["a@0=1", "a@0=2", "b@10=1", "b@10=2"]);
    });

    test("told when they close are told once", async () => {
      const topology = counting("on-window-close");
      await life(topology, changes(), "a@1 a@2 b@15");
      await life(topology, changes(), "b@16 b@25");
      await life(topology, changes(), "a@26 a@31");
      assert.deepEqual(told(), ["a@0=2", "b@10=2", "a@20=1", "b@20=1"]);
    });
  });
}

test("a session that was told at its end is told once, with state in memory", async () => {
  const topology = (app: Peridot) =>
    void app
      .stream("in", TEXTS)
      .groupByKey()
      .windowedBy(sessionWindows({ gapMs: 5 }))
      .emitStrategy("on-window-close")
      .count({ store: "sessions", retentionMs: 1_000 })
      .toStream((session) => `${session.key}@${session.start}-${session.end}`)
      .to("out", { key: string, value: i64 });
  const changes = { stateBackend: "memory" } as const;
  await life(topology, changes, "a@1 a@4 b@20");
  await life(topology, changes, "b@22 c@40");
  assert.deepEqual(
    scene.broker
      .read("out")
      .flat()
      .map(({ key, value }) => `${key}=${value!.readBigInt64BE()}`),
    ["a@1-4=2", "b@20-22=2"],
  );
});

test("a store of windows has a changelog that is compacted, and deleted behind its retention", async () => {
  await life(counting("on-window-update"), {}, "a@1");
  const { configs } = scene.broker.cluster.topics.get("app-counts-changelog")!;
  assert.equal(configs.get("cleanup.policy"), "compact,delete");
  assert.equal(configs.get("retention.ms"), `${86_400_000 + 1_000}`);
});
