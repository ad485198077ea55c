import { spawnSync } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Builds dist/: the host and the ABI constants as JavaScript with declarations, and the kernels' module beside
 * them, so that paths relative to a source file (`../../kernels/build/kernels.wasm`) hold in the package as well.
 */
const root = join(import.meta.dirname, "..");
const kernels = join("kernels", "build", "kernels.wasm");
process.exitCode = build();

function build(): number {
  if (!existsSync(join(root, kernels))) {
    console.error(`${kernels} is missing: npm run build:kernels makes it`);
    return 1;
  }
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) return status ?? 1;
  cpSync(join(root, kernels), join(root, "dist", kernels));
  return 0;
}
