import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { ValueAndTimestamp } from "../../host/index.ts";
import { Scene, topology } from "./scene.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

test("stores of two workers are read from the main thread", async () => {
  const app = await scene.started({ threads: 2, topology: topology("counting") });
  const counts = app.store<string, ValueAndTimestamp<bigint>>("counts");
  scene.write(["x", "y", "z", "x", "y", "z", "x"]);
  const keys = Array.from({ length: 6 }, (_, partition) => `key-${partition}`);
  const read = async () => Promise.all(keys.map(async (key) => Number((await counts.get(key))?.value ?? 0n)));
  let found: number[] = [];
  do found = await read();
  while (found.reduce((sum, each) => sum + each, 0) < 7);
  assert.deepEqual(found, [2, 1, 1, 1, 1, 1]);
  const all: string[] = [];
  for await (const [key] of counts.all()) all.push(key);
  assert.deepEqual(all.sort(), keys);
});
