import assert from "node:assert/strict";
import { test } from "node:test";
import { keyText } from "../../host/state/key-text.ts";
import { MemoryBackend } from "../../host/state/memory-backend.ts";
import { StoreTable } from "../../host/state/store-table.ts";
import { openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { kernelModule } from "../../host/wasm/kernel-module.ts";
import type { StateTable } from "../../host/wasm/state-table.ts";
import { randomNumbers } from "../state/random-numbers.ts";

const keyOf = (number: number) => Buffer.from(`${"k".repeat(number % 37)}${number}`);
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("latin1");

interface Pair {
  readonly wasm: StateTable;
  readonly store: StoreTable;
  readonly backends: readonly [MemoryBackend, MemoryBackend];
}

/** The table in linear memory, and the one in JavaScript that it must equal, each over a backend of its own. */
function openPair(cacheBytesMax: number, hasSource: boolean): Pair {
  const kernels = openKernelInstance(kernelModule());
  const backends = [new MemoryBackend(), new MemoryBackend()] as const;
  const source = hasSource ? { get: (key: Uint8Array) => backends[0].get("s", key) } : undefined;
  const wasm = kernels.newStateTable({ bytesMax: 64 << 20, cacheBytesMax, source });
  return { wasm, store: new StoreTable("s", backends[1], cacheBytesMax), backends };
}

function flush({ wasm, store, backends }: Pair): void {
  const changes = [...wasm.unflushed()];
  const expected = [...store.unflushed(undefined).entries];
  const sorted = (entries: readonly (readonly [Uint8Array, Uint8Array | undefined])[]) =>
    entries.map(([key, value]) => `${text(key)}=${text(value)}`).sort();
  assert.deepEqual(sorted(changes), sorted(expected));
  backends[0].commit([{ store: "s", entries: changes, position: undefined }]);
  backends[1].commit([{ store: "s", entries: expected, position: undefined }]);
  wasm.flushed();
  store.flushed();
}

function run(seed: number, keys: number, cacheBytesMax: number, hasSource: boolean): void {
  const random = randomNumbers(seed);
  const pair = openPair(cacheBytesMax, hasSource);
  const { wasm, store } = pair;
  let isClosing = false;
  for (let batch = 0; batch < 60; batch++) {
    const rows = random(80);
    for (let row = 0; row < rows; row++) {
      const key = keyOf(random(keys));
      if (random(3) === 0) assert.equal(text(wasm.get(key)), text(store.get(keyText(key))));
      const value = random(5) === 0 ? undefined : Buffer.alloc([0, 8, 16, 40, 1500][random(5)]!, random(256));
      wasm.put(key, value, row);
      store.put(keyText(key), value, row);
    }
    if (random(3) === 0) {
      const from = random(rows + 1);
      wasm.undoFrom(from);
      store.undoFrom(from);
    }
    wasm.settle();
    store.settle();
    const step = random(6);
    if (step < 2 && !isClosing) {
      wasm.cut();
      store.cut();
      isClosing = true;
    } else if (step < 4) {
      wasm.commit();
      store.commit();
      isClosing = false;
    } else if (step === 4 && random(2) === 0) {
      wasm.rollback();
      store.rollback();
      isClosing = false;
    } else if (step === 5 && hasSource) flush(pair);
    for (let each = 0; each < 30; each++) {
      const key = keyOf(random(keys));
      assert.equal(text(wasm.committed(key)), text(store.committed(keyText(key))), `seed ${seed}`);
      assert.equal(text(wasm.get(key)), text(store.get(keyText(key))), `seed ${seed}`);
    }
  }
  wasm.close();
}

test("the table equals the one in JavaScript, in all orders of its calls", () => {
  for (let seed = 1; seed <= 40; seed++) run(seed, 1 + (seed % 7) * 60, [0, 2000, 1 << 20][seed % 3]!, true);
});

test("so it does without anything behind it", () => {
  for (let seed = 100; seed < 110; seed++) run(seed, 200, 0, false);
});

test("buckets are added one by one, and every key is found meanwhile", () => {
  const { wasm } = openPair(0, false);
  for (let number = 0; number < 40_000; number++) {
    wasm.put(Buffer.from(`${number}`), Buffer.from(`v${number}`), 0);
    if (number % 997 === 0)
      for (let each = 0; each <= number; each += 101) {
        assert.equal(text(wasm.get(Buffer.from(`${each}`))), `v${each}`);
      }
  }
  assert.equal(wasm.entries, 40_000);
  wasm.rollback();
  assert.equal(wasm.entries, 0);
  assert.equal(wasm.usedBytes, 0);
});

test("without room a put changes nothing, and what was there stays", () => {
  const kernels = openKernelInstance(kernelModule());
  const table = kernels.newStateTable({ bytesMax: 400_000, cacheBytesMax: 0, source: undefined });
  let fitted = 0;
  const put = () => {
    for (; ; fitted++) table.put(Buffer.from(`key ${fitted}`), Buffer.alloc(100, fitted), fitted);
  };
  assert.throws(put, { code: "KERNEL_MEMORY_FULL" });
  assert.ok(fitted > 500);
  assert.equal(table.entries, fitted);
  assert.equal(table.get(Buffer.from(`key ${fitted}`)), undefined);
  assert.equal(table.get(Buffer.from("key 7"))?.[0], 7);
  table.undoFrom(10);
  assert.equal(table.entries, 10);
  table.settle();
  table.put(Buffer.from("again"), Buffer.from("fits"), 0);
  assert.equal(text(table.get(Buffer.from("again"))), "fits");
  table.reset();
  assert.equal(table.entries, 0);
});

test("keys that come and go do not make linear memory grow", () => {
  const kernels = openKernelInstance(kernelModule());
  const random = randomNumbers(7);
  const source = { get: () => undefined };
  const table = kernels.newStateTable({ bytesMax: 64 << 20, cacheBytesMax: 1 << 20, source });
  for (let turn = 0; turn < 400; turn++) {
    for (let row = 0; row < 500; row++) {
      const number = turn * 500 + row;
      table.put(Buffer.from(`${"k".repeat(random(60))}${number}`), Buffer.alloc(random(300)), row);
    }
    if (turn % 5 === 0) table.undoFrom(random(500));
    table.settle();
    table.cut();
    if (turn % 7 === 0) table.rollback();
    table.commit();
    table.flushed();
    assert.ok(table.usedBytes <= 1 << 20, `${table.usedBytes} bytes are in use`);
  }
  assert.ok(kernels.memoryBytes < 2 << 20, `${kernels.memoryBytes} bytes of linear memory for 1 MiB in use`);
  table.reset();
  assert.equal(table.usedBytes, 0);
});

test("what is to be flushed comes in the order of the keys' bytes", () => {
  const random = randomNumbers(11);
  for (const prefix of ["", "customer-", "a\0"]) {
    const { wasm } = openPair(0, true);
    const keys = Array.from({ length: 3000 }, () =>
      Buffer.concat([
        Buffer.from(prefix),
        Buffer.from(Array.from({ length: random(14) }, () => [0, 97, 255][random(3)]!)),
      ]),
    );
    for (const key of keys) wasm.put(key, Buffer.from("v"), 0);
    wasm.settle();
    wasm.cut();
    wasm.commit();
    const sorted = [...new Set(keys.map((key) => key.toString("hex")))].sort();
    const due = Array.from(wasm.unflushed(), ([key]) => Buffer.from(key).toString("hex"));
    assert.deepEqual(due, sorted);
    wasm.close();
  }
});
