import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openStateDirectory } from "../../host/task/state-directory.ts";

const root = mkdtempSync(join(tmpdir(), "peridot-state-"));
after(() => rmSync(root, { recursive: true, force: true }));
let ids = 0;
const newId = () => `process-id-${++ids}`;

test("keeps its process id from one life to the next", async () => {
  const first = await openStateDirectory(root, "keeps", newId);
  await first.unlock();
  const second = await openStateDirectory(root, "keeps", newId);
  await second.unlock();
  assert.equal(second.processId, first.processId);
});

test("refuses a second holder", async () => {
  const first = await openStateDirectory(root, "held", newId);
  await assert.rejects(openStateDirectory(root, "held", newId), { code: "STATE_DIRECTORY_LOCKED" });
  await first.unlock();
  await (await openStateDirectory(root, "held", newId)).unlock();
});

test("is free again once its holder is killed", async () => {
  const module = new URL("../../host/task/state-directory.ts", import.meta.url).href;
  const source = `
    const { openStateDirectory } = await import(${JSON.stringify(module)});
    await openStateDirectory(${JSON.stringify(root)}, "killed", () => "process-id-of-the-dead");
    process.stdout.write("held");
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(holder, "exit");
  await Promise.race([once(holder.stdout, "data"), ended]);
  await assert.rejects(openStateDirectory(root, "killed", newId), { code: "STATE_DIRECTORY_LOCKED" });
  holder.kill("SIGKILL");
  await ended;
  const mine = await openStateDirectory(root, "killed", newId);
  assert.equal(mine.processId, "process-id-of-the-dead");
  await mine.unlock();
});

test("says so when its file is damaged, and lets go of the lock", async () => {
  const first = await openStateDirectory(root, "damaged", newId);
  await first.unlock();
  writeFileSync(join(first.path, "peridot-process.json"), "{}");
  await assert.rejects(openStateDirectory(root, "damaged", newId), { code: "STATE_DIRECTORY_BROKEN" });
  writeFileSync(join(first.path, "peridot-process.json"), '{"processId":"mended-by-hand"}');
  const again = await openStateDirectory(root, "damaged", newId);
  assert.equal(again.processId, "mended-by-hand");
  await again.unlock();
});
