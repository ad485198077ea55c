import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BatchBuilder } from "../../host/batch/batch-builder.ts";
import { PeridotError } from "../../host/errors.ts";
import { openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { compileModule, kernelModule } from "../../host/wasm/kernel-module.ts";
import { LinearMemory } from "../../host/wasm/linear-memory.ts";
import { Module } from "../../host/wasm/web-assembly.ts";
import { ABI_VERSION } from "../../kernels/abi/version.ts";

const golden = new URL("../golden/kernel-module.txt", import.meta.url);

interface Listed {
  readonly name: string;
  readonly kind: string;
  readonly module?: string;
}

test("imports and exports of the module are those of the stored text", () => {
  const { imports, exports } = Module as unknown as {
    imports(module: unknown): Listed[];
    exports(module: unknown): Listed[];
  };
  const lines = [
    ...imports(kernelModule()).map(({ module, name, kind }) => `import ${kind} ${module}.${name}`),
    ...exports(kernelModule())
      .map(({ name, kind }) => `export ${kind} ${name}`)
      .sort(),
  ];
  assert.equal(`${lines.join("\n")}\n`, readFileSync(golden, "utf8"));
});

test("the build keeps its assertions, and its one import", () => {
  const config = readFileSync(new URL("../../asconfig.json", import.meta.url), "utf8");
  const scripts = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  assert.doesNotMatch(config, /noAssert|"use"|--use/);
  assert.doesNotMatch(scripts, /noAssert/);
});

/** One batch of 100 rows through a sink of 3 partitions. */
function output(): Buffer {
  const kernels = openKernelInstance(kernelModule());
  const builder = new BatchBuilder();
  for (let row = 0; row < 100; row++) builder.append(`key ${row}`, `value ${row}`, BigInt(row));
  const batch = kernels.newHostBatch();
  batch.load(builder.finish());
  const selection = kernels.newSelection(100);
  selection.selectAll(batch);
  const sink = kernels.newSink({ partitions: 3 });
  sink.append(batch, selection, kernels.newForm({ key: { from: "batch" }, value: { from: "batch" } }));
  sink.seal();
  const parts: Buffer[] = [];
  for (let sealed = sink.take(); sealed; sealed = sink.take()) parts.push(sealed.bytes);
  assert.equal(parts.length, 3);
  return Buffer.concat(parts);
}

test("a failed assertion traps, ends the instance and no other", () => {
  const before = output();
  const memory = new LinearMemory(kernelModule(), 1 << 26, "built-in");
  const block = memory.call((kernels) => kernels.allocate(100));
  memory.release(block);
  assert.throws(
    () => memory.release(block), // twice: an assertion of the allocator
    (error) =>
      error instanceof PeridotError &&
      error.code === "KERNEL_TRAPPED" &&
      error.kind === "abortable" &&
      /kernels\/memory\/allocator\.ts:\d+/.test(error.message),
  );
  assert.equal(memory.dead, true);
  assert.throws(() => memory.call((kernels) => kernels.allocate(100)), { code: "KERNEL_DEAD" });
  assert.deepEqual(output(), before);
});

test("a module of another ABI is refused", () => {
  // (module (memory (export "memory") 1) (func (export "abiVersion") (result i32) i32.const 63))
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const types = [
    0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7f, 0x03, 0x02, 0x01, 0x00, 0x05, 0x03, 0x01, 0x00, 0x01,
  ];
  const names = [[..."memory"], [..."abiVersion"]].map((name) => name.map((letter) => letter.charCodeAt(0)));
  const exports = [0x02, 0x06, ...names[0]!, 0x02, 0x00, 0x0a, ...names[1]!, 0x00, 0x00];
  const code = [0x0a, 0x06, 0x01, 0x04, 0x00, 0x41, 0x3f, 0x0b];
  const other = new Module(Uint8Array.from([...header, ...types, 0x07, exports.length, ...exports, ...code]));
  assert.throws(() => openKernelInstance(other, { path: "other.wasm" }), {
    code: "KERNEL_ABI_DIFFERS",
    facts: { module: "other.wasm", found: 63, expected: ABI_VERSION },
  });
});

test("a missing module says how to get it", () => {
  assert.throws(() => compileModule("no/such/kernels.wasm"), { code: "KERNEL_MODULE_MISSING" });
});
