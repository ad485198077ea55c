import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Scene, topology, until } from "./scene.ts";

let scene: Scene;

beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

/** One line that names the error, and nothing else. */
const line = (code: string) => new RegExp(`^PeridotError ${code}: [^\n]+\n$`);

for (const threads of [0, 2]) {
  suite(`an application as a process, threads: ${threads}`, () => {
    test("a start that fails leaves nothing open: the process ends by itself with 1 and one line", async () => {
      scene.drop("out");
      const child = scene.child({ threads });
      assert.equal(await child.ended, 1, child.said());
      assert.match(child.said(), line("TOPIC_MISSING"));
    });

    test("SIGTERM while it runs: it commits, leaves the group and ends with 0, without a word", async () => {
      const child = scene.child({ threads });
      scene.writeCount(600);
      await scene.copied();
      assert.equal(await child.stop(), 0, child.said());
      assert.equal(child.said(), "");
      assert.equal(scene.members, 0);
      scene.assertExact();
    });

    test("SIGTERM while it still looks for brokers", async () => {
      const marker = join(scene.directory, "started");
      const child = scene.child({
        threads,
        bootstrapServers: "127.0.0.1:1",
        bootstrapTimeoutMs: 600_000,
        stateDir: marker,
      });
      await until(() => existsSync(marker));
      await pause(100);
      assert.equal(await child.stop(), 0, child.said());
    });

    test("a bad record: the line, and the stack of the user's function", async () => {
      scene.writeTo(0, ["a", "poison"]);
      const child = scene.child({ threads });
      assert.equal(await child.ended, 1, child.said());
      assert.match(
        child.said(),
        /^PeridotError RECORD_FAILED: [^\n]+\n.*RangeError: this value is poison\n.*steered\.ts:/s,
      );
      scene.assertExact(["poison"]);
    });
  });
}

test("a worker that fails at its start: the process ends by itself", async () => {
  const child = scene.child({ threads: 2, topology: topology("differs") });
  assert.equal(await child.ended, 1, child.said());
  assert.match(child.said(), line("TOPOLOGY_DIFFERS"));
});

test("a worker that runs out of memory ends the application, and what was committed stays", async () => {
  scene.writeTo(0, ["a"]);
  const child = scene.child({ threads: 2 }, ["--max-old-space-size=64"]);
  await scene.copied();
  scene.writeTo(1, ["eat memory"]);
  assert.equal(await child.ended, 1, child.said());
  assert.match(child.said(), /PeridotError WORKER_DIED: stream thread \d died: [^\n]*memory/);
  scene.assertExact(["eat memory"]);
});

test("SIGTERM while another member takes its time to hand over", async () => {
  const slow = await scene.started({ threads: 1 });
  const marker = join(scene.directory, "slow");
  scene.writeTo(0, [`block 4000 ${marker}`]);
  await until(() => existsSync(marker));
  const before = scene.members;
  const child = scene.child();
  await until(() => scene.members > before);
  assert.equal(await child.stop(), 0, child.said());
  assert.equal(slow.tasks.length, 6, "the other one still has its tasks: nobody waited for it");
  await scene.copied();
  scene.assertExact();
});
