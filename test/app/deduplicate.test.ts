import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type PeridotConfig, string } from "../../host/index.ts";
import { EmbeddedScene } from "./embedded-scene.ts";

const TEXTS = { key: string, value: string };
const directory = mkdtempSync(join(tmpdir(), "peridot-deduplicate-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

const STATES: Readonly<Record<string, (life: number) => Partial<PeridotConfig>>> = {
  "on disk": () => ({ stateDir: join(directory, "kept") }),
  "in memory": () => ({ stateBackend: "memory" }),
  "on a disk that was lost": (life) => ({ stateDir: join(directory, `${life}`) }),
};

for (const [name, changes] of Object.entries(STATES)) {
  test(`what has passed is known after a restart, and what is late stays late: state ${name}`, async () => {
    const scene = new EmbeddedScene({ in: 1, out: 1 });
    const lives = ["a@100 b@110", "a@105 b@140 c@145", "d@100 d@125 a@126"];
    for (const [life, records] of lives.entries()) {
      const app = scene.app(
        (built) =>
          built.stream("in", TEXTS).deduplicate({ intervalMs: 20, graceMs: 30, store: "seen" }).to("out"),
        changes(life),
      );
      await scene.run(app, async () => {
        const all = records.split(" ").map((each) => each.split("@"));
        for (const [key, time] of all)
          scene.broker.append("in", 0, [{ key: key!, value: time!, timestamp: Number(time) }]);
        await scene.clock.runUntil(() => app.progress.records === all.length);
      });
    }
    assert.deepEqual(scene.read("out"), [["a=100", "b=110", "b=140", "c=145", "d=125", "a=126"]]);
    scene.close();
  });
}
