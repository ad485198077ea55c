import assert from "node:assert/strict";
import { join } from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Peridot } from "../../host/app.ts";
import { Scene, until } from "./scene.ts";

const RECORDS = 2_000;
let scene: Scene;

beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

/** Resolves once these applications have all tasks, each the same number of them. */
async function balanced(...apps: readonly Peridot[]): Promise<void> {
  await until(() => apps.every(({ tasks }) => tasks.length === 6 / apps.length));
  assert.deepEqual(new Set(apps.flatMap(({ tasks }) => tasks)).size, 6);
}

for (const threads of [0, 2]) {
  suite(`instances of one application, threads: ${threads}`, () => {
    test("three that join and leave under load share the tasks evenly and keep what they can", async () => {
      const flow = startFlow();
      const one = await scene.started({ threads });
      await balanced(one);
      const two = await scene.started({ threads });
      await balanced(one, two);
      const before = new Set(one.tasks);
      const three = await scene.started({ threads });
      await balanced(one, two, three);
      assert.ok(one.tasks.every((task) => before.has(task)));
      await two.close();
      await balanced(one, three);
      await one.close();
      await balanced(three);
      await flow.end();
      await scene.copied();
      scene.assertExact();
      assert.equal(scene.members, 1);
    });

    test("one that is killed and started again under load: nothing lost, nothing doubled", async () => {
      const flow = startFlow();
      const steady = await scene.started({ threads });
      const stateDir = join(scene.directory, "killed");
      for (const lifeMs of [0, 50, 300]) {
        const before = new Set(scene.memberIds);
        const child = scene.child({ threads, stateDir });
        await until(() => scene.memberIds.some((id) => !before.has(id)));
        await pause(lifeMs);
        await child.kill();
      }
      await flow.end();
      await scene.copied();
      scene.assertExact();
      await balanced(steady);
    });
  });
}

suite("static membership", () => {
  test("a restart within the session makes no rebalance, and goes on with the same tasks", async () => {
    const own = { instanceId: "one", sessionTimeoutMs: 30_000, stateDir: join(scene.directory, "one") };
    const one = await scene.started(own);
    const two = await scene.started({ instanceId: "two", sessionTimeoutMs: 30_000 });
    await balanced(one, two);
    const { generation } = scene;
    const { tasks } = one;
    scene.writeCount(RECORDS);
    await one.close();
    assert.equal(scene.members, 2);
    scene.writeCount(RECORDS);
    const again = await scene.started(own);
    await scene.copied();
    scene.assertExact();
    assert.deepEqual(again.tasks, tasks);
    assert.equal(scene.generation, generation);
  });

  test("a restart after kill -9 within the session", async () => {
    const own = { instanceId: "one", sessionTimeoutMs: 30_000, stateDir: join(scene.directory, "one") };
    const killed = scene.child(own);
    await until(() => scene.members === 1);
    scene.writeCount(RECORDS);
    await until(() => scene.broker.read("out").flat().length > 0);
    await killed.kill();
    await scene.started(own);
    await scene.copied();
    scene.assertExact();
  });

  test("a second process under the same instance id: the older one ends, and says why", async () => {
    const older = await scene.started({ instanceId: "one" });
    scene.writeCount(RECORDS);
    const newer = await scene.started({ instanceId: "one" });
    await assert.rejects(older.ended, { code: "INSTANCE_FENCED", message: /instance id one/ });
    assert.equal(older.state, "failed");
    scene.writeCount(RECORDS);
    await scene.copied();
    scene.assertExact();
    assert.equal(newer.tasks.length, 6);
  });
});

test("a second process on the same state directory is refused at once", async () => {
  const stateDir = join(scene.directory, "shared");
  await scene.started({ stateDir });
  await assert.rejects(scene.app({ stateDir }).start(), { code: "STATE_DIRECTORY_LOCKED" });
  const child = scene.child({ stateDir });
  assert.equal(await child.ended, 1);
  assert.match(child.said(), /^PeridotError STATE_DIRECTORY_LOCKED: [^\n]+\n$/);
});

/** Writes without pause until `end`. */
function startFlow(): { end(): Promise<void> } {
  let flows = true;
  const flowing = (async () => {
    while (flows) {
      scene.writeCount(60);
      await pause(5);
    }
  })();
  return {
    end: () => {
      flows = false;
      return flowing;
    },
  };
}
