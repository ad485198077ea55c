import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import {
  i64,
  json,
  type Peridot,
  type PeridotConfig,
  type RestoreEvent,
  restoreChannel,
  string,
} from "../../host/index.ts";
import { EmbeddedScene } from "./embedded-scene.ts";

// topology.optimization = reuse.ktable.source.topics

let scene: EmbeddedScene;
let directory: string;
let restored: RestoreEvent[];
const listen = (event: unknown) => void restored.push(event as RestoreEvent);

beforeEach(() => {
  scene = new EmbeddedScene({ teams: 2, out: 2 });
  directory = mkdtempSync(join(tmpdir(), "peridot-sources-"));
  restored = [];
  restoreChannel.subscribe(listen);
});
afterEach(() => {
  restoreChannel.unsubscribe(listen);
  scene.close();
  rmSync(directory, { recursive: true, force: true });
});

/** How many have each team: a row that is lost, or seen too soon, leaves a count wrong for good. */
function teams(app: Peridot): void {
  app
    .table("teams", { key: string, value: json<string>() }, { store: "teams" })
    .groupBy((name, team) => [team, name], { key: string, value: string })
    .count({ store: "counts" })
    .toStream()
    .to("out", { key: string, value: i64 });
}

/** "ada=red" puts a row, "ada=" deletes it. */
function write(...rows: string[]): void {
  for (const row of rows) {
    const [key, team] = row.split("=") as [string, string];
    const value = team === "" ? null : JSON.stringify(team);
    scene.broker.append("teams", key.charCodeAt(0) % 2, [{ key, value }]);
  }
}

function counts(): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { key, value } of scene.broker.read("out").flat())
    found[String(key)] = Number(value!.readBigInt64BE());
  return found;
}

async function life(
  changes: Partial<PeridotConfig>,
  rows: readonly string[],
  expected: Record<string, number>,
): Promise<void> {
  const app = scene.app(teams, { stateDir: directory, optimizations: ["reuse-source-topics"], ...changes });
  await scene.run(app, async () => {
    write(...rows);
    const wanted = JSON.stringify(Object.entries(expected).sort());
    await scene.clock.runUntil(() => JSON.stringify(Object.entries(counts()).sort()) === wanted);
  });
}

const readAgain = () =>
  restored.filter(({ store, left }) => store === "teams" && left === 0).map((each) => each.restored);

for (const stateBackend of ["lmdb", "memory"] as const) {
  for (const guarantee of ["exactly_once_v2", "at_least_once"] as const) {
    suite(`${stateBackend}, ${guarantee}`, () => {
      const settings = { stateBackend, guarantee, commitIntervalMs: 100 };

      test("the table's topic is its changelog", async () => {
        await life(settings, ["ada=red", "bob=red", "cid=blue"], { red: 2, blue: 1 });
        assert.equal(scene.partitionsOf("app-teams-changelog"), undefined);
        assert.equal(scene.partitionsOf("app-counts-changelog"), 2);
        // what was written meanwhile is no part of the table until it is processed
        write("ada=blue", "bob=", "dan=red", "dan=blue");
        await life(settings, ["cid=red"], { red: 1, blue: 2 });
        await life({ ...settings, stateDir: join(directory, "elsewhere") }, ["ada=red"], { red: 2, blue: 1 });
      });
    });
  }
}

test("what is on disk is not read again; without it, all that is committed is", async () => {
  await life({}, ["ada=red", "bob=red", "cid=blue"], { red: 2, blue: 1 });
  write("ada=blue");
  await life({}, ["bob=blue"], { red: 0, blue: 3 });
  assert.deepEqual(readAgain(), []);
  await life({ stateDir: join(directory, "elsewhere") }, ["bob=red"], { red: 1, blue: 2 });
  assert.deepEqual(readAgain().sort(), [2, 3]);
});

test("records without key and unreadable ones are no rows, before and behind a restore", async () => {
  const errors = { onDeserializationError: "continue" } as const;
  const rows = ["ada=red", "bob=red"];
  scene.broker.append("teams", 1, [
    { key: null, value: '"red"' },
    { key: "ada", value: "{" },
    { key: "cid", value: "null" },
  ]);
  await life({ errors }, rows, { red: 2 });
  scene.broker.append("teams", 1, [{ key: "ada", value: "[" }]);
  await life({ errors, stateDir: join(directory, "elsewhere") }, ["bob=blue"], { red: 1, blue: 1 });
  await life({ errors, stateDir: join(directory, "there") }, ["ada=blue"], { red: 0, blue: 2 });
});

test("an aborted transaction's rows come once", async () => {
  let written = 0;
  await life({}, ["ada=red"], { red: 1 });
  scene.broker.faults.onRequest = ({ api }) =>
    api === "Produce" && written++ === 0
      ? { kind: "answer", code: 120, carriedOut: false }
      : { kind: "deliver" };
  await life({}, ["bob=red", "ada=blue"], { red: 1, blue: 1 });
  assert.ok(written > 1);
  await life({ stateDir: join(directory, "elsewhere") }, ["ada=red"], { red: 2, blue: 0 });
});

test("tables move with their partitions", async () => {
  const settings = (name: string) => ({
    stateDir: join(directory, name),
    optimizations: ["reuse-source-topics"] as const,
  });
  const first = scene.app(teams, settings("first"));
  await scene.clock.runFor(first.start());
  write("ada=red", "bob=red", "cid=blue", "dan=blue");
  await scene.clock.runUntil(() => counts().red === 2 && counts().blue === 2);
  const second = scene.app(teams, settings("second"));
  await scene.clock.runFor(second.start());
  await scene.clock.runUntil(() => second.tasks.length > 0 && first.tasks.length > 0);
  write("ada=blue", "bob=blue", "cid=red");
  await scene.clock.runUntil(() => counts().red === 1 && counts().blue === 3);
  await scene.clock.runFor(first.close());
  write("ada=red", "bob=red", "cid=blue");
  await scene.clock.runUntil(() => counts().red === 2 && counts().blue === 2);
  await scene.clock.runFor(second.close());
});

test("an application that has not optimized before begins to: the table is read from its topic", async () => {
  await life({ optimizations: [] }, ["ada=red", "bob=red"], { red: 2 });
  assert.equal(scene.partitionsOf("app-teams-changelog"), 2);
  await life({}, ["ada=blue"], { red: 1, blue: 1 });
  assert.deepEqual(readAgain().sort(), [1, 1]);
});
