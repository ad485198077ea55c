import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { lmdb } from "../../host/state/lmdb/lmdb-backend.ts";
import { MemoryBackend } from "../../host/state/memory-backend.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { commitOf, lastCommit, snapshotOf } from "./lmdb-content.ts";

const COMMITTER = join(import.meta.dirname, "lmdb-committer.ts");
const KILLS = 12;
const SEED = 3;

suite("LMDB and the end of a process", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "peridot-kills-"));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  test("killed at any time, it holds the commits up to one, with its position, and none that was made is gone", async () => {
    const random = new SeededRandom(SEED);
    const model = new MemoryBackend();
    let done = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const said = await killedCommitter(directory, random.whole(0, 60));
      const backend = await lmdb.open(directory, assert.fail);
      const last = lastCommit(backend) ?? 0;
      assert.ok(last === said || last === said + 1 || (said === 0 && last - done <= 1), `${said} to ${last}`);
      for (let commit = done + 1; commit <= last; commit++) model.commit(commitOf(SEED, commit));
      done = last;
      assert.equal(snapshotOf(backend), snapshotOf(model), `kill ${kill}`);
      await backend.close();
    }
    assert.ok(done > KILLS, `only ${done} commits were made`);
  });

  test("what does not fit on the disk is refused as a whole; what was there stays, and the next commit works", async () => {
    const path = join(directory, "full");
    const model = new MemoryBackend();
    let backend = await lmdb.open(path, assert.fail);
    for (const each of [model, backend]) each.commit(commitOf(SEED, 1));
    await backend.close();
    // a limit on the size of files stands for the disk's: 2,000 blocks of 512 or 1024 bytes
    const script = 'ulimit -f 2000; exec "$@"';
    const args = ["-c", script, "sh", process.execPath, COMMITTER, path, String(SEED), "fill"];
    const [refused, next] = execFileSync("sh", args, { encoding: "utf8" }).trim().split("\n");
    const { code, message } = JSON.parse(refused!) as { code: string; message: string };
    assert.equal(code, "STATE_BACKEND_FAILED");
    assert.match(message, /Make room on the disk if it is full, and start again: nothing is lost/);
    assert.equal(next, "2");
    model.commit(commitOf(SEED, 2));
    backend = await lmdb.open(path, assert.fail);
    assert.equal(snapshotOf(backend), snapshotOf(model));
    await backend.close();
  });
});

/** @returns the last commit that it said to have made; 0: none. */
async function killedCommitter(directory: string, afterMs: number): Promise<number> {
  const child = spawn(process.execPath, [COMMITTER, directory, String(SEED)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const closed = once(child, "close");
  await Promise.race([once(child.stdout, "data"), closed]);
  await sleep(afterMs);
  child.kill("SIGKILL");
  await closed;
  assert.match(said, /^opened\n/);
  const whole = said.slice(0, said.lastIndexOf("\n")).split("\n");
  return whole.length === 1 ? 0 : Number(whole.at(-1));
}
