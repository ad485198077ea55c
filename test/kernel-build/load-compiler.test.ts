import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { COMPILER_VERSION, loadCompiler } from "../../host/kernel-build/load-compiler.ts";

test("without the compiler one is told how to add it, in the version that kernels are tested with", async () => {
  await assert.rejects(
    loadCompiler(() => Promise.reject(new RangeError("Cannot find package 'assemblyscript'"))),
    { code: "KERNEL_COMPILER_MISSING", message: /npm install --save-dev assemblyscript@\d+\.\d+\.\d+$/ },
  );
  const text = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  const manifest = JSON.parse(text) as { devDependencies: { assemblyscript: string } };
  assert.equal(COMPILER_VERSION, manifest.devDependencies.assemblyscript);
  assert.ok(await loadCompiler());
});
