import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type KeyText, keyBytes, keyText } from "../../host/state/key-text.ts";
import { lmdb } from "../../host/state/lmdb/lmdb-backend.ts";
import { memory } from "../../host/state/memory-backend.ts";
import type { TextRange } from "../../host/state/ordered-keys.ts";
import type { ChangelogPosition, StateBackend } from "../../host/state/state-backend.ts";
import { StoreTable, type TableEntry } from "../../host/state/store-table.ts";
import { SeededRandom } from "../sim/seeded-random.ts";

type Content = Map<KeyText, string>;

/** What a table should hold: plain maps, copied whole at each point to which there is a way back. */
class Model {
  now: Content = new Map();
  /** As of the last cut, while it is not committed. */
  cut: Content | undefined;
  committed: Content = new Map();
  flushed: Content = new Map();
  /** Before each put of the batch that runs. */
  batch: { row: number; before: Content }[] = [];
}

const STEPS = 400;

for (const [type, seeds] of [
  [memory, 60],
  [lmdb, 12],
] as const) {
  for (const cacheBytesMax of [0, 700, 2 ** 30]) {
    test(`a table before ${type.name} with a cache of ${cacheBytesMax} bytes is as plain maps are`, async () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const directory = mkdtempSync(join(tmpdir(), "peridot-table-"));
        const backend = await type.open(directory, assert.fail);
        try {
          new Run(backend, cacheBytesMax, new SeededRandom(seed * 31 + cacheBytesMax)).run();
        } catch (error) {
          throw new assert.AssertionError({ message: `seed ${seed}: ${(error as Error).message}` });
        } finally {
          await backend.close();
          rmSync(directory, { recursive: true });
        }
      }
    });
  }
}

class Run {
  readonly #backend: StateBackend;
  readonly #table: StoreTable;
  readonly #random: SeededRandom;
  readonly #model = new Model();
  readonly #keys: number;
  #row = 0;
  #flushes = 0n;

  constructor(backend: StateBackend, cacheBytesMax: number, random: SeededRandom) {
    this.#backend = backend;
    this.#table = new StoreTable("s", backend, cacheBytesMax);
    this.#random = random;
    this.#keys = random.pick([3, 40, 400]); // of 400 keys a scan takes several parts
  }

  run(): void {
    for (let step = 0; step < STEPS; step++) this.#step();
    this.#rollback();
    this.#flush();
    this.#compareAll();
  }

  #step(): void {
    const model = this.#model;
    const drawn = this.#random.next();
    if (drawn < 0.45) this.#put();
    else if (drawn < 0.6) this.#get();
    else if (drawn < 0.7) this.#scan();
    else if (drawn < 0.75) this.#undo();
    else if (drawn < 0.85) this.#settle();
    else if (drawn < 0.9) {
      this.#settle();
      if (model.cut !== undefined) return;
      this.#table.cut();
      model.cut = new Map(model.now);
    } else if (drawn < 0.95) {
      this.#table.commit();
      model.committed = model.cut ?? model.committed;
      model.cut = undefined;
    } else if (drawn < 0.97) this.#rollback();
    else this.#flush();
  }

  #put(): void {
    const model = this.#model;
    // many at a time now and then, so that a scan has more than one part
    for (let left = this.#random.chance(0.1) ? 150 : 1; left > 0; left--) {
      this.#row += this.#random.whole(0, 1);
      model.batch.push({ row: this.#row, before: new Map(model.now) });
      const key = this.#key();
      const value = this.#random.chance(0.3) ? undefined : "v".repeat(this.#random.whole(0, 30)) + this.#row;
      this.#table.put(key, value === undefined ? undefined : Buffer.from(value), this.#row);
      if (value === undefined) model.now.delete(key);
      else model.now.set(key, value);
    }
  }

  #get(): void {
    const key = this.#key();
    assert.equal(textOf(this.#table.get(key)), this.#model.now.get(key), "get");
    assert.equal(textOf(this.#table.committed(key)), this.#model.committed.get(key), "committed");
  }

  #scan(): void {
    const [from, to] = [this.#key(), this.#key()].map((key) => (this.#random.chance(0.3) ? undefined : key));
    const range = { from, to, reverse: this.#random.chance(0.5) };
    assert.deepEqual(textsOf(this.#table.range(range)), inRange(this.#model.now, range), "range");
    assert.deepEqual(
      textsOf(this.#table.committedRange(range)),
      inRange(this.#model.committed, range),
      "committedRange",
    );
  }

  #undo(): void {
    const { batch } = this.#model;
    const row = this.#random.whole(Math.max(0, this.#row - 5), this.#row + 1);
    this.#table.undoFrom(row);
    for (let last = batch.at(-1); last !== undefined && last.row >= row; last = batch.at(-1)) {
      this.#model.now = last.before;
      batch.pop();
    }
  }

  #settle(): void {
    this.#table.settle();
    this.#model.batch = [];
  }

  #rollback(): void {
    this.#table.rollback();
    this.#model.now = new Map(this.#model.committed);
    this.#model.cut = undefined;
    this.#model.batch = [];
  }

  #flush(): void {
    const position: ChangelogPosition = { topicId: "0".repeat(32), offset: ++this.#flushes, at: 1 };
    this.#backend.commit([this.#table.unflushed(position)]);
    this.#table.flushed();
    this.#model.flushed = new Map(this.#model.committed);
    assert.equal(this.#table.unflushedBytes, 0);
    assert.deepEqual(this.#backend.position("s"), position);
    this.#compareBackend();
  }

  #compareBackend(): void {
    const stored = Array.from(this.#backend.range("s", {}), ([key, value]) => [keyText(key), textOf(value)]);
    assert.deepEqual(stored, inRange(this.#model.flushed, {}), "the backend's content");
    assert.equal(this.#backend.size("s"), stored.length);
  }

  #compareAll(): void {
    this.#compareBackend();
    assert.deepEqual(textsOf(this.#table.range({})), inRange(this.#model.now, {}));
    for (let key = 0; key < this.#keys; key++)
      assert.equal(textOf(this.#table.get(nameOf(key))), this.#model.now.get(nameOf(key)));
  }

  #key(): KeyText {
    return nameOf(this.#random.whole(0, this.#keys - 1));
  }
}

/** Of several lengths, the empty one among them, and with bytes from 0 to 255. */
function nameOf(key: number): KeyText {
  return keyText(
    keyBytes(key === 0 ? "" : String.fromCharCode((key * 37) % 256) + "\0".repeat(key % 3) + (key >> 3)),
  );
}

function inRange(content: Content, { from, to, reverse }: TextRange): [KeyText, string][] {
  const entries = [...content]
    .filter(([key]) => (from === undefined || key >= from) && (to === undefined || key < to))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return reverse === true ? entries.reverse() : entries;
}

function textsOf(entries: Iterable<TableEntry>): [KeyText, string | undefined][] {
  return Array.from(entries, ([key, value]) => [key, textOf(value)]);
}

function textOf(value: Uint8Array | undefined): string | undefined {
  return value && Buffer.from(value).toString();
}
