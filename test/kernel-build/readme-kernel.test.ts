import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { buildKernels } from "../../host/kernel-build/build-kernels.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "peridot-readme-kernel-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const readme = readFileSync(join(root, "README.md"), "utf8");

test("the kernel that the README shows builds, and is the example's", async () => {
  const [, shown] = /```assemblyscript\n\/\/ kernels\/words\.ts\n([^`]*)```/.exec(readme) ?? [];
  assert.ok(shown !== undefined);
  writeFileSync(join(folder, "words.ts"), shown);
  assert.deepEqual((await buildKernels(["words.ts"], folder)).kernels, ["words"]);
  const example = readFileSync(join(root, "examples/kernel/kernels/words.ts"), "utf8");
  assert.equal(shown.replace(/ *\/\/ a bad record.*$/m, ""), example);
});

test("the lines that write JSON build within a kernel", async () => {
  const [, shown] = /```assemblyscript\n(out\.json\(\)[^`]*)```/.exec(readme) ?? [];
  assert.ok(shown !== undefined);
  const text = `import { Emitter, Row } from "peridot-streams/kernel";
export function receipts(row: Row, out: Emitter): void {\n${shown}}\n`;
  writeFileSync(join(folder, "receipts.ts"), text);
  assert.deepEqual((await buildKernels(["receipts.ts"], folder)).kernels, ["receipts"]);
});
