import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import { resolveConfig } from "../../host/config.ts";
import { PeridotError } from "../../host/errors.ts";
import { Instance } from "../../host/instance.ts";
import { loadTopology } from "../../host/load-topology.ts";
import type { ThreadProgress } from "../../host/task/thread-port.ts";
import { compile } from "../../host/topology/compile.ts";
import { kafkaTransport } from "../../host/transport/kafka/kafka-transport.ts";
import { Scene, topology, until } from "./scene.ts";

const RECORDS = 3_000;
let scene: Scene;

/** What ended the application, as `run` rejects with it. */
async function failureOf(running: Promise<void>): Promise<PeridotError> {
  const error: unknown = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof PeridotError, `a PeridotError, not ${String(error)}`);
  return error;
}

beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

for (const threads of [0, 1, 2]) {
  suite(`threads: ${threads}`, () => {
    test("all records, each once and in order, before the start and after it; then the group is left", async () => {
      scene.writeCount(RECORDS);
      const app = await scene.started({ threads });
      assert.equal(app.state, "running");
      assert.equal(app.tasks.length, 6);
      scene.writeCount(RECORDS);
      await scene.copied();
      await app.close();
      assert.equal(app.state, "closed");
      scene.assertExact();
      assert.equal(app.progress.records, 2 * RECORDS);
      assert.equal(scene.members, 0);
    });

    test("a poisonous record stops the application; what stands before it is committed, the group is left", async () => {
      scene.writeTo(0, ["a", "b"]);
      scene.writeTo(1, ["c"]);
      const app = await scene.started({ threads });
      await scene.copied();
      scene.writeTo(0, ["d", "poison", "e"]);
      const error = await failureOf(app.ended);
      assert.equal(error.code, "RECORD_FAILED");
      assert.match(error.message, /offset 3 of in-0 .*this value is poison/);
      assert.equal(app.state, "failed");
      scene.assertExact(["poison", "e"]);
      assert.equal(scene.members, 0);
    });

    test("close() twice at once, while input flows; a second life goes on where the first one stopped", async () => {
      const stateDir = join(scene.directory, "state");
      const app = await scene.started({ threads, stateDir });
      scene.writeCount(RECORDS);
      await Promise.all([app.close(), app.close()]);
      await app.close();
      assert.equal(app.state, "closed");
      assert.equal(scene.members, 0);
      await scene.started({ threads, stateDir });
      scene.writeCount(10);
      await scene.copied();
      scene.assertExact();
    });

    test("close() before the start has finished", async () => {
      const app = scene.app({ threads });
      const starting = app.start();
      await app.close();
      assert.equal(app.state, "closed");
      await starting;
      assert.equal(scene.members, 0);
    });

    test("close() while no broker can be reached", async () => {
      const app = scene.app({ threads, bootstrapServers: "127.0.0.1:1", bootstrapTimeoutMs: 600_000 });
      const starting = app.start();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await app.close();
      assert.equal(app.state, "closed");
      await starting;
    });
  });
}

suite("topology modules with threads: 2", () => {
  const startsWith = async (name: string) =>
    failureOf(scene.app({ threads: 2, topology: topology(name) }).run());

  test("another plan in a worker", async () => {
    assert.equal((await startsWith("differs")).code, "TOPOLOGY_DIFFERS");
  });

  test("a function that throws", async () => {
    const error = await startsWith("throws");
    assert.equal(error.code, "TOPOLOGY_INVALID");
    assert.match(error.message, /throws\.ts threw.*no topology today/);
  });

  test("a module that throws in workers only", async () => {
    const error = await startsWith("throws-in-workers");
    assert.equal(error.code, "TOPOLOGY_INVALID");
    assert.match(error.message, /throws-in-workers\.ts cannot be loaded: only the main thread/);
  });

  test("no default export", async () => {
    const error = await startsWith("no-default");
    assert.equal(error.code, "TOPOLOGY_INVALID");
    assert.match(error.message, /no-default\.ts has no function as its default export/);
  });

  test("a module that starts an application in the worker", async () => {
    const error = await startsWith("starts-app");
    assert.equal(error.code, "APP_IN_WORKER");
    assert.match(error.message, /starts-app\.ts/);
  });
});

test("a worker sends one message a commit to the main thread, and one more when it ends", async () => {
  const told: ThreadProgress[] = [];
  const plan = compile(await loadTopology(topology("steered")), "app");
  const config = resolveConfig(scene.config({ threads: 1 }));
  const instance = new Instance({
    config,
    plan,
    transport: kafkaTransport(config.kafka!),
    newId: randomUUID,
    onTasks: () => {},
    onProgress: (_thread, progress) => told.push(progress),
    onImport: () => {},
  });
  const running = instance.run();
  for (let round = 0; round < 5; round++) {
    scene.writeCount(RECORDS);
    await scene.copied();
  }
  instance.close();
  await running;
  const last = told.at(-1);
  assert.ok(last !== undefined && last.records === 5 * RECORDS);
  assert.ok(told.length <= last.transactions + 1, `${told.length} messages, ${last.transactions} commits`);
});

suite("workers that end or hang", () => {
  test("one that ends by itself stops the application, and says how", async () => {
    scene.writeTo(0, ["a"]);
    const app = await scene.started({ threads: 2 });
    await scene.copied();
    scene.writeTo(1, ["exit"]);
    const error = await failureOf(app.ended);
    assert.equal(error.code, "WORKER_DIED");
    assert.match(error.message, /code 7/);
    assert.equal(scene.members, 0);
    scene.assertExact(["exit"]);
  });

  test("one that dies of an error outside of any record", async () => {
    const app = await scene.started({ threads: 2 });
    scene.writeTo(1, ["throw later"]);
    const error = await failureOf(app.ended);
    assert.equal(error.code, "WORKER_DIED");
    assert.match(error.message, /thrown later/);
  });

  test("one that hangs is replaced; its records are processed once", async () => {
    const app = await scene.started({ threads: 2, maxPollIntervalMs: 1_000 });
    scene.writeCount(RECORDS);
    scene.write([`block 600000 ${join(scene.directory, "hung")}`]);
    scene.writeCount(RECORDS);
    await scene.copied();
    scene.assertExact();
    assert.equal(app.state, "running");
  });

  test("close() while one hangs ends it when its time is over", async () => {
    const app = await scene.started({ threads: 1, maxPollIntervalMs: 1_000 });
    const marker = join(scene.directory, "hung");
    scene.writeTo(0, [`block 600000 ${marker}`]);
    await until(() => existsSync(marker));
    await app.close();
    assert.equal(app.state, "closed");
    assert.equal(scene.members, 0);
  });
});
