import { execFileSync } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Builds dist/: the host and the ABI constants as JavaScript with declarations, and the kernels' module beside
 * them, so that paths relative to a source file (`../../kernels/build/kernels.wasm`) hold in the package as well.
 */
const root = join(import.meta.dirname, "..");
const kernels = join(root, "kernels", "build", "kernels.wasm");
if (!existsSync(kernels)) {
  console.error("kernels/build/kernels.wasm is missing: npm run build:kernels makes it");
  process.exit(1);
}
rmSync(join(root, "dist"), { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"],
  {
    cwd: root,
    stdio: "inherit",
  },
);
cpSync(kernels, join(root, "dist", "kernels", "build", "kernels.wasm"));
