import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { loadPackage } from "../../host/state/lmdb/environment.ts";
import { lmdb } from "../../host/state/lmdb/lmdb-backend.ts";
import { MemoryBackend } from "../../host/state/memory-backend.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { commitOf, lastCommit, type Snapshot, snapshotOf } from "./lmdb-content.ts";

const COMMITS = 12;
const CASES = 100;
/** What comes after the damage. */
const COMMITS_LATER = 8;
const PAGE_BYTES = 4096;
/** Beside the environment: what its file was before the last commits. */
const OLDER_FILE = "older.mdb";

/** What may have happened to a directory; `path`: of the environment. */
const DAMAGES: Readonly<Record<string, (path: string, random: SeededRandom) => void>> = {
  truncated: (path, random) => change(path, (data) => data.subarray(0, random.whole(0, data.length - 1))),
  "cut at a page": (path, random) =>
    change(path, (data) => data.subarray(0, PAGE_BYTES * random.whole(1, data.length / PAGE_BYTES - 1))),
  "a bit flipped": (path, random) =>
    change(path, (data) => {
      const byte = random.whole(0, data.length - 1);
      data[byte] = data[byte]! ^ (1 << random.whole(0, 7));
      return data;
    }),
  "bits flipped in the heads of pages": (path, random) =>
    change(path, (data) => {
      for (let page = 0; page < data.length; page += PAGE_BYTES) {
        const byte = page + random.whole(0, 199);
        if (random.chance(0.2)) data[byte] = data[byte]! ^ (1 << random.whole(0, 7));
      }
      return data;
    }),
  "pages zeroed": (path, random) =>
    change(path, (data) => {
      for (let left = random.whole(1, 4); left > 0; left--)
        data.fill(0, ...pageOf(random.whole(0, data.length / PAGE_BYTES - 1)));
      return data;
    }),
  "a page over another one": (path, random) =>
    change(path, (data) => {
      const [from, to] = [0, 0].map(() => random.whole(2, data.length / PAGE_BYTES - 1));
      data.copyWithin(to! * PAGE_BYTES, ...pageOf(from!));
      return data;
    }),
  "pages as they were before": (path, random) =>
    change(path, (data) => {
      const older = readFileSync(join(path, "..", OLDER_FILE));
      const pages = Array.from({ length: older.length / PAGE_BYTES - 2 }, (_, index) => index + 2);
      const changed = pages.filter((page) => older.compare(data, ...pageOf(page), ...pageOf(page)) !== 0);
      for (let left = random.whole(1, 3); left > 0; left--) {
        const [start, end] = pageOf(random.pick(changed));
        older.copy(data, start, start, end);
      }
      return data;
    }),
  "meta pages damaged": (path, random) =>
    change(path, (data) => {
      for (let left = 8; left > 0; left--)
        data[random.whole(0, 1) * PAGE_BYTES + random.whole(16, 160)] = random.whole(0, 255);
      return data;
    }),
  "wrong version": (path, random) =>
    writeFileSync(join(path, "format.json"), JSON.stringify({ format: random.pick([0, 2, 99]) })),
  "foreign file": (path, random) =>
    change(path, () => Buffer.from(Array.from({ length: 20_000 }, () => random.whole(0, 255)))),
  "no format": (path) => rmSync(join(path, "format.json")),
  "no lock file": (path) => rmSync(join(path, "lock.mdb"), { force: true }),
  "damaged lock file": (path, random) =>
    writeFileSync(join(path, "lock.mdb"), Buffer.alloc(random.whole(0, 9000), random.whole(0, 255))),
  "no data": (path) => rmSync(join(path, "data.mdb")),
  nothing: () => {},
};

const HARMLESS = ["no lock file", "damaged lock file", "nothing"];

suite("damaged directories", () => {
  let directory: string;
  /** After each commit, the empty one first. */
  let snapshots: Snapshot[];

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "peridot-damage-"));
    const model = new MemoryBackend();
    snapshots = [snapshotOf(model)];
    const backend = await lmdb.open(join(directory, "sound"), assert.fail);
    for (let commit = 1; commit <= COMMITS + COMMITS_LATER; commit++) {
      model.commit(commitOf(1, commit));
      snapshots.push(snapshotOf(model));
      if (commit <= COMMITS) backend.commit(commitOf(1, commit));
      if (commit === COMMITS - 2)
        cpSync(join(directory, "sound", "lmdb", "data.mdb"), join(directory, "sound", OLDER_FILE));
    }
    assert.equal(snapshotOf(backend), snapshots[COMMITS]);
    await backend.close();
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const [index, name] of Object.keys(DAMAGES).entries()) {
    test(name, async () => {
      for (let seed = index; seed < CASES; seed += Object.keys(DAMAGES).length) {
        const random = new SeededRandom(seed);
        const damaged = join(directory, String(seed));
        cpSync(join(directory, "sound"), damaged, { recursive: true, preserveTimestamps: true });
        DAMAGES[name]!(join(damaged, "lmdb"), random);
        // the marker of a clean end is there or not: a crash, or damage while nothing ran
        const isMarked = Math.floor(seed / Object.keys(DAMAGES).length) % 2 === 0;
        if (!isMarked) rmSync(join(damaged, "lmdb", "closed.json"), { force: true });
        const what = { seed: `${name}, seed ${seed}`, isHarmless: HARMLESS.includes(name) };
        // without data and marker it is as if the first opening had not come to its end
        await opensSound(damaged, snapshots, { ...what, isSilent: name === "no data" && !isMarked });
        rmSync(damaged, { recursive: true });
      }
    });
  }
});

interface Case {
  readonly seed: string;
  /** All must be there. */
  readonly isHarmless: boolean;
  /** That it is empty is no surprise. */
  readonly isSilent: boolean;
}

/** Never wrong content: what some commit made, or nothing and a warning. Then it goes on, and is exact again. */
async function opensSound(directory: string, snapshots: readonly Snapshot[], each: Case): Promise<void> {
  const warnings: string[] = [];
  let backend = await lmdb.open(directory, (problem) => warnings.push(problem));
  const from = lastCommit(backend) ?? 0;
  const state = `${each.seed}: ${warnings.join()}`;
  if (each.isHarmless) assert.equal(from, COMMITS, state);
  assert.equal(snapshotOf(backend), snapshots[from], state);
  assert.equal(warnings.length, from === 0 && !each.isSilent ? 1 : 0, state);
  if (warnings.length > 0) assert.match(warnings[0]!, /it is set aside as .*damaged-1, and restored/);
  for (let commit = from + 1; commit <= COMMITS + COMMITS_LATER; commit++) {
    backend.commit(commitOf(1, commit));
    assert.equal(snapshotOf(backend), snapshots[commit], `${state}, after commit ${commit}`);
  }
  await backend.close();
  backend = await lmdb.open(directory, assert.fail);
  assert.equal(snapshotOf(backend), snapshots.at(-1), state);
  await backend.close();
}

suite("one directory", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "peridot-aside-"));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  test("at most two copies are kept aside, the newest", async () => {
    for (let time = 1; time <= 4; time++) {
      const backend = await lmdb.open(directory, () => {});
      backend.commit(commitOf(time, 1));
      await backend.close();
      writeFileSync(join(directory, "lmdb", "format.json"), '{"format":7}');
    }
    await (await lmdb.open(directory, () => {})).close();
    assert.deepEqual(readdirSync(directory).sort(), ["lmdb", "lmdb.damaged-3", "lmdb.damaged-4"]);
  });

  test("a file in the environment's place is set aside", async () => {
    const path = join(directory, "file");
    await (await lmdb.open(path, assert.fail)).close();
    rmSync(join(path, "lmdb"), { recursive: true });
    writeFileSync(join(path, "lmdb"), "not ours");
    const warnings: string[] = [];
    await (await lmdb.open(path, (problem) => warnings.push(problem))).close();
    assert.match(warnings.join(), /is no directory/);
    assert.equal(readFileSync(join(path, "lmdb.damaged-1"), "utf8"), "not ours");
  });

  test("a directory that cannot be made is refused", async () => {
    writeFileSync(join(directory, "plain"), "");
    await assert.rejects(lmdb.open(join(directory, "plain"), assert.fail), { code: "STATE_BACKEND_FAILED" });
  });

  test("a package that is missing is named, with what to do", async () => {
    const missing = async () => Promise.reject(new RangeError("Cannot find package 'lmdb'"));
    await assert.rejects(loadPackage(missing), {
      code: "STATE_BACKEND_FAILED",
      message: /the package lmdb cannot be loaded.*npm install lmdb/,
    });
  });
});

function change(path: string, changed: (data: Buffer) => Uint8Array): void {
  const file = join(path, "data.mdb");
  writeFileSync(file, changed(readFileSync(file)));
}

function pageOf(page: number): [start: number, end: number] {
  return [page * PAGE_BYTES, (page + 1) * PAGE_BYTES];
}
