import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const CHILD = new URL("./closing-app.ts", import.meta.url).pathname;

for (const scene of ["working", "unanswered"]) {
  test(`after close nothing keeps the process alive: ${scene}`, async () => {
    const env = { ...process.env, SCENE: scene };
    const { stdout } = await run(process.execPath, [CHILD], { env });
    assert.deepEqual(JSON.parse(stdout), []);
  });
}
