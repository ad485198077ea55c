import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import {
  type Peridot,
  sessionWindows,
  string,
  tumblingWindows,
  type ValueAndTimestamp,
  Windowed,
} from "../../host/index.ts";
import { partitionOfKey } from "../../host/testing/partition-of-key.ts";
import { EmbeddedScene } from "./embedded-scene.ts";

const TEXTS = { key: string, value: string };
const PARTITIONS = 3;
const SIZE_MS = 10;
let scene: EmbeddedScene;

beforeEach(() => {
  scene = new EmbeddedScene({ in: PARTITIONS, rows: PARTITIONS });
});
afterEach(() => scene.close());

/** Records as "key:value@time", each in its key's partition. */
function append(topic: string, records: string): number {
  const all = records.split(" ").map((each) => each.split(/[:@]/));
  for (const [key, value, time] of all) {
    const partition = partitionOfKey(Buffer.from(key!), PARTITIONS);
    scene.broker.append(topic, partition, [{ key: key!, value: value!, timestamp: Number(time) }]);
  }
  return all.length;
}

async function over(app: Peridot, records: number, act: () => Promise<void>): Promise<void> {
  await scene.run(app, async () => {
    await scene.clock.runUntil(() => app.progress.records === records);
    await scene.clock.runFor(act());
  });
}

async function listed<T>(entries: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

const byKey = ([a]: readonly [Windowed<string>, unknown], [b]: readonly [Windowed<string>, unknown]) =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : a.start - b.start;

test("windows are asked for by key and start", async () => {
  const app = scene.app((built) =>
    built
      .stream("in", TEXTS)
      .groupByKey()
      .windowedBy(tumblingWindows({ sizeMs: SIZE_MS, graceMs: 100 }))
      .count({ store: "windows" })
      .toStream()
      .forEach(() => {}),
  );
  const count = append("in", "a:x@1 a:x@9 a:x@12 b:x@25 c:x@5 a:x@31 b:x@27");
  await over(app, count, async () => {
    const windows = app.windowStore<string, ValueAndTimestamp<bigint>>("windows");
    const counted = (found: readonly (readonly [number, ValueAndTimestamp<bigint>])[]) =>
      found.map(([start, { value }]) => `${start}=${value}`).join(" ");
    assert.deepEqual(await windows.get("a", 0), { value: 2n, timestamp: 9 });
    assert.equal(await windows.get("a", 5), undefined);
    assert.equal(await windows.get("none", 0), undefined);
    assert.equal(counted(await windows.fetch("a", 0, 100)), "0=2 10=1 30=1");
    assert.equal(counted(await windows.fetch("a", 1, 29)), "10=1");
    assert.deepEqual(await windows.fetch("none", 0, 100), []);
    const all = (await listed(windows.all())).toSorted(byKey);
    assert.deepEqual(
      all.map(([{ key, start, end }, { value }]) => `${key}@${start}-${end}=${value}`),
      ["a@0-10=2", "a@10-20=1", "a@30-40=1", "b@20-30=2", "c@0-10=1"],
    );
    const within = (await listed(windows.fetchAll(10, 20))).toSorted(byKey);
    assert.deepEqual(
      within.map(([{ key, start }]) => `${key}@${start}`),
      ["a@10", "b@20"],
    );
    assert.throws(() => app.store("windows"), { code: "STORE_UNKNOWN" });
    assert.throws(() => app.sessionStore("windows"), /those that can are none/);
    assert.throws(() => app.windowStore("none"), /those that can are windows/);
  });
  await assert.rejects(app.windowStore("windows").get("a", 0), { code: "STORE_UNAVAILABLE" });
});

test("what spans many pages comes whole, in its order", async () => {
  const app = scene.app((built) =>
    built
      .stream("in", TEXTS)
      .groupByKey()
      .windowedBy(tumblingWindows({ sizeMs: SIZE_MS, graceMs: 100_000 }))
      .count({ store: "windows" })
      .toStream()
      .forEach(() => {}),
  );
  const times = Array.from({ length: 1_300 }, (_, number) => number * SIZE_MS);
  const count = append("in", times.map((time) => `a:x@${time}`).join(" "));
  await over(app, count, async () => {
    const found = await app.windowStore<string, unknown>("windows").fetch("a", 0, 1_000_000);
    assert.deepEqual(
      found.map(([start]) => start),
      times,
    );
  });
});

test("sessions are asked for by key and times", async () => {
  const app = scene.app((built) =>
    built
      .stream("in", TEXTS)
      .groupByKey()
      .windowedBy(sessionWindows({ gapMs: 5, graceMs: 100 }))
      .count({ store: "sessions" })
      .toStream()
      .forEach(() => {}),
  );
  const count = append("in", "a:x@1 a:x@4 a:x@20 b:x@7 a:x@22 a:x@40");
  await over(app, count, async () => {
    const sessions = app.sessionStore<string, bigint>("sessions");
    assert.deepEqual(await sessions.fetch("a"), [
      [new Windowed("a", 1, 4), 2n],
      [new Windowed("a", 20, 22), 2n],
      [new Windowed("a", 40, 40), 1n],
    ]);
    assert.equal(await sessions.fetchSession("a", 20, 22), 2n);
    assert.equal(await sessions.fetchSession("a", 20, 21), undefined);
    assert.deepEqual(await sessions.findSessions("a", 5, 30), [[new Windowed("a", 20, 22), 2n]]);
    assert.equal((await listed(sessions.all())).length, 4);
  });
});

test("versions are asked for as of a time", async () => {
  const app = scene.app((built) =>
    built
      .table("rows", TEXTS, { store: "rows", historyMs: 1_000 })
      .toStream()
      .forEach(() => {}),
  );
  const count = append("rows", "a:one@10 a:two@20 b:other@15");
  await over(app, count, async () => {
    const rows = app.versionedStore<string, string>("rows");
    assert.equal((await rows.get("a"))?.value, "two");
    assert.equal((await rows.getAsOf("a", 19))?.value, "one");
    assert.equal(await rows.getAsOf("a", 9), undefined);
    assert.equal(await rows.get("none"), undefined);
  });
});
