import assert from "node:assert/strict";
import { test } from "node:test";
import { COMPILER_VERSION, loadCompiler } from "../../host/kernel-build/load-compiler.ts";
import manifest from "../../package.json" with { type: "json" };

test("without the compiler one is told how to add it, in the version that kernels are tested with", async () => {
  await assert.rejects(
    loadCompiler(() => Promise.reject(new RangeError("Cannot find package 'assemblyscript'"))),
    { code: "KERNEL_COMPILER_MISSING", message: /npm install --save-dev assemblyscript@\d+\.\d+\.\d+$/ },
  );
  assert.equal(COMPILER_VERSION, manifest.devDependencies.assemblyscript);
  assert.ok(await loadCompiler());
});
