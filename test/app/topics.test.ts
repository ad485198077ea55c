import assert from "node:assert/strict";
import { afterEach, beforeEach, suite, test } from "node:test";
import { Scene, until } from "./scene.ts";

const METADATA_MAX_AGE_MS = 300;
let scene: Scene;

beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

for (const threads of [0, 2]) {
  suite(`source topics that change, threads: ${threads}`, () => {
    const settings = { threads, metadataMaxAgeMs: METADATA_MAX_AGE_MS };

    test("partitions that are added get tasks, on all instances, and lose no record", async () => {
      const one = await scene.started(settings);
      const two = await scene.started(settings);
      scene.writeCount(600);
      scene.grow("in", 8);
      scene.writeTo(6, ["a", "b"]);
      scene.writeTo(7, ["c"]);
      await scene.copied();
      scene.assertExact();
      await until(() => one.tasks.length === 4 && two.tasks.length === 4);
      assert.ok([...one.tasks, ...two.tasks].includes("0_7"));
    });

    test("a topic that is gone ends the application with its name", async () => {
      const app = await scene.started(settings);
      scene.writeCount(60);
      await scene.copied();
      scene.drop("in");
      await assert.rejects(app.ended, { code: "TOPIC_MISSING", message: /has no topic in\b/ });
      assert.equal(scene.members, 0);
    });
  });
}

test("a static leader that comes back within the session sees partitions that were added meanwhile", async () => {
  const settings = { instanceId: "one", sessionTimeoutMs: 30_000, metadataMaxAgeMs: METADATA_MAX_AGE_MS };
  const one = await scene.started(settings);
  await one.close();
  scene.grow("in", 7);
  scene.writeTo(6, ["a"]);
  const again = await scene.started(settings);
  await scene.copied();
  scene.assertExact();
  await until(() => again.tasks.length === 7);
});
