import assert from "node:assert/strict";
import { test } from "node:test";
import { KernelTable } from "../../host/state/kernel-table.ts";
import { keyText } from "../../host/state/key-text.ts";
import { MemoryBackend } from "../../host/state/memory-backend.ts";
import type { StoreChanges } from "../../host/state/state-backend.ts";
import { StoreTable } from "../../host/state/store-table.ts";
import { TaskState } from "../../host/state/task-state.ts";
import { type KernelInstance, openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { kernelModule } from "../../host/wasm/kernel-module.ts";
import { randomNumbers } from "./random-numbers.ts";

const NAME = "s";
const keyOf = (number: number) => keyText(Buffer.from(`${"k".repeat(number % 19)}${number}`));
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("latin1");

/** Ends an instance as a trap in any kernel of it does. */
function trap(kernel: KernelInstance): void {
  const settings = { bytesMax: -1, cacheBytesMax: 0, source: undefined };
  assert.throws(() => kernel.newStateTable(settings), { code: "KERNEL_TRAPPED" });
}

/** The table that kernels change, and the one in JavaScript that it must equal, each over a backend of its own. */
class Pair {
  readonly backend = new MemoryBackend();
  readonly expectedBackend = new MemoryBackend();
  readonly table: KernelTable;
  readonly expected = new StoreTable(NAME, this.expectedBackend, 0);
  kernel: KernelInstance | undefined;

  constructor(cacheBytesMax: number) {
    this.table = new KernelTable(NAME, this.backend, cacheBytesMax);
  }

  attach(): void {
    this.kernel = openKernelInstance(kernelModule());
    this.table.attach(this.kernel);
  }

  detach(): void {
    this.kernel = undefined;
    this.table.detach();
  }

  loseInstance(): void {
    if (this.kernel !== undefined) trap(this.kernel);
    this.kernel = undefined;
  }

  both(work: (table: KernelTable | StoreTable) => void): void {
    work(this.table);
    work(this.expected);
  }

  flush(): void {
    this.backend.commit([this.table.unflushed(undefined)]);
    this.table.flushed();
    this.expectedBackend.commit([this.expected.unflushed(undefined)]);
    this.expected.flushed();
  }

  check(keys: number, what: string): void {
    const { table, expected } = this;
    for (let number = 0; number < keys; number++) {
      const key = keyOf(number);
      assert.equal(text(table.committed(key)), text(expected.committed(key)), what);
      assert.equal(text(table.get(key)), text(expected.get(key)), what);
    }
  }

  checkScan(what: string): void {
    const scanned = (table: KernelTable | StoreTable) =>
      [...table.committedRange({})].map(([key, value]) => `${key}=${text(value)}`);
    assert.deepEqual(scanned(this.table), scanned(this.expected), what);
  }
}

function run(seed: number): void {
  const random = randomNumbers(seed);
  const pair = new Pair([0, 2000, 1 << 20][seed % 3]!);
  const keys = 1 + (seed % 5) * 30;
  const what = `seed ${seed}`;
  let isClosing = false;
  for (let batch = 0; batch < 50; batch++) {
    const rows = random(40);
    for (let row = 0; row < rows; row++) {
      const value = random(5) === 0 ? undefined : Buffer.alloc([0, 16, 40][random(3)]!, random(256));
      const key = keyOf(random(keys));
      pair.both((table) => table.put(key, value, row));
    }
    if (random(3) === 0) pair.both((table) => table.undoFrom(Math.floor(rows / 2)));
    pair.both((table) => table.settle());
    switch (random(8)) {
      case 0:
      case 1:
        if (!isClosing) pair.both((table) => table.cut());
        isClosing = true;
        break;
      case 2:
      case 3:
        pair.both((table) => table.commit());
        isClosing = false;
        break;
      case 4:
        pair.flush();
        break;
      case 5: // the transaction that is ending may still turn out to be committed
        pair.loseInstance();
        if (random(2) === 0) pair.both((table) => table.commit());
        if (random(2) === 0) pair.flush();
        pair.both((table) => table.rollback());
        isClosing = false;
        break;
      case 6:
        pair.both((table) => table.rollback());
        isClosing = false;
        if (random(2) === 0) pair.detach();
        else pair.attach();
    }
    pair.check(keys, what);
    if (random(4) === 0) pair.checkScan(what);
  }
}

test("a table that kernels change equals the one in JavaScript, whatever becomes of its instances", () => {
  for (let seed = 1; seed <= 60; seed++) run(seed);
});

test("what is committed outlives the instance, what is open does not, and nothing is committed before it is undone", () => {
  const pair = new Pair(0);
  pair.attach();
  pair.table.put("a", Buffer.from("1"), 0);
  pair.table.settle();
  pair.table.cut();
  pair.table.put("a", Buffer.from("2"), 0);
  pair.table.settle();
  pair.table.commit();
  assert.ok(pair.table.unflushedBytes > 0);
  pair.loseInstance();
  assert.equal(text(pair.table.committed("a")), "1");
  assert.throws(() => pair.table.cut(), { code: "ASSERTION_FAILED" });
  pair.table.rollback();
  pair.attach();
  assert.equal(text(pair.table.get("a")), "1");
  pair.flush();
  assert.equal(text(pair.backend.get(NAME, Buffer.from("a"))), "1");
  assert.equal(pair.table.unflushedBytes, 0);
});

/** Takes down what it is given. */
class SpiedBackend extends MemoryBackend {
  readonly commits: {
    readonly stores: readonly string[];
    readonly entries: number;
    readonly isPlaced: boolean;
  }[] = [];

  override commit(changes: readonly StoreChanges[]): void {
    const taken = changes.map((change) => ({ ...change, entries: [...change.entries] }));
    this.commits.push({
      stores: taken.map(({ store }) => store),
      entries: taken.reduce((sum, { entries }) => sum + entries.length, 0),
      isPlaced: taken.every(({ position }) => position !== undefined),
    });
    super.commit(taken);
  }
}

test("a flush writes neighbours first, in transactions of their own, and what they stand for with the last", () => {
  const backend = new SpiedBackend();
  const settings = { backend, isCached: false, cacheBytesMax: 0 };
  const state = new TaskState([
    { name: "kernels", inKernels: true, ...settings },
    { name: "javascript", inKernels: false, ...settings },
  ]);
  const topicId = "0".repeat(32);
  for (const store of state.stores.keys()) state.restored(store, topicId, 7n);
  state.attach(openKernelInstance(kernelModule()));
  for (let number = 0; number < 40_000; number++) {
    for (const { table } of state.stores.values()) table.put(`key ${number}`, Buffer.from(`${number}`), 0);
  }
  state.settle();
  state.cut();
  state.commit();
  state.flush(0);
  const [last, ...ahead] = backend.commits.toReversed();
  assert.deepEqual(last!.stores, ["kernels", "javascript"]);
  assert.ok(last!.isPlaced);
  assert.equal(ahead.length, 2);
  assert.ok(ahead.every(({ stores, isPlaced }) => stores.join() === "kernels" && !isPlaced));
  assert.equal(
    backend.commits.reduce((sum, { entries }) => sum + entries, 0),
    80_000,
  );
  assert.equal(text(backend.get("kernels", Buffer.from("key 39999"))), "39999");
  assert.deepEqual(backend.position("kernels"), { topicId, offset: 7n, at: 0 });
});
