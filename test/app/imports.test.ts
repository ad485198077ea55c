import assert from "node:assert/strict";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { json, string } from "../../host/serdes/index.ts";
import { APPLICATION, Scene, topology, until } from "./scene.ts";

let scene: Scene;

beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

const NUMBERS = 500;
const imports = topology("imports");
const doubles = () => scene.broker.read(`${APPLICATION}-doubles-export`).flat();

/** Each key's doubles, exactly, in their order. */
function assertExact(found: readonly { readonly key: unknown; readonly value: unknown }[]): void {
  const byKey = Map.groupBy(found, ({ key }) => String(key));
  for (let key = 0; key < 5; key++) {
    const expected = Array.from({ length: NUMBERS / 5 }, (_, index) => 2 * (5 * index + key));
    assert.deepEqual(
      byKey.get(`${key}`)?.map(({ value }) => Number(value)),
      expected,
    );
  }
}

for (const threads of [0, 2]) {
  test(`import and export over TCP, threads: ${threads}`, async () => {
    const app = scene.app({ topology: imports, threads });
    const found: { key: string | null; value: number | null }[] = [];
    const reading = (async () => {
      for await (const each of app.exported({ name: "doubles", key: string, value: json<number>() })) {
        found.push(each);
        if (found.length === NUMBERS) break;
      }
    })();
    await app.start();
    await reading;
    assertExact(found);
    assert.deepEqual(app.imports.get("numbers"), { state: "ended", items: NUMBERS });
  });
}

test("processes that are killed while they feed: each item once", async () => {
  const topic: string = `${APPLICATION}-numbers-import`;
  const settings = {
    topology: imports,
    stateDir: join(scene.directory, "one"),
    commitIntervalMs: 1,
    sessionTimeoutMs: 400,
    heartbeatIntervalMs: 100,
  };
  const position = () => scene.broker.committedOffsets(`${APPLICATION}-import-numbers`).get(`${topic}-0`);
  for (let life = 0; life < 4; life++) {
    const child = scene.child(settings);
    const before = position()?.order;
    await until(() => position()?.order !== before);
    await child.kill();
  }
  assert((position()?.offset ?? 0n) < NUMBERS, "they were killed while they fed");
  await scene.started(settings);
  await until(() => doubles().length >= NUMBERS);
  assertExact(doubles());
});
