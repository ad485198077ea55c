/**
 * Makes host/batch/generated/batch.ts from kernels/abi/record-batch.fbs, by flatc (Debian: flatbuffers-compiler).
 * Run it after a change of the schema, and commit the result: node scripts/generate-batch.ts
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const output = mkdtempSync(join(tmpdir(), "peridot-flatc-"));
try {
  execFileSync("flatc", ["--ts", "-o", output, join(root, "kernels/abi/record-batch.fbs")], {
    stdio: "inherit",
  });
  copyFileSync(join(output, "peridot/batch.ts"), join(root, "host/batch/generated/batch.ts"));
} finally {
  rmSync(output, { recursive: true });
}
