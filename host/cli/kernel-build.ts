import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PeridotError } from "../errors.ts";
import { buildKernels } from "../kernel-build/build-kernels.ts";

export const KERNEL_USAGE = `peridot kernel build FILE... [--out kernels.wasm]
                                compiles kernels in AssemblyScript, with Peridot's own, into one module`;

/** `peridot kernel build FILE… [--out FILE]`. @returns what is wrong with the words. Errors: as buildKernels. */
export async function kernelCommand(words: readonly string[]): Promise<string | undefined> {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: { out: { type: "string", default: "kernels.wasm" } },
    allowPositionals: true,
  });
  const [verb, ...files] = positionals;
  if (verb !== undefined && verb !== "build") return `there is no command "kernel ${verb}"`;
  if (files.length === 0) return "kernel build FILE: name the files with your kernels";
  const { out } = values;
  const { wasm, kernels } = await buildKernels(files, process.cwd());
  try {
    mkdirSync(dirname(resolve(out)), { recursive: true });
    writeFileSync(out, wasm);
  } catch (error) {
    throw new PeridotError("KERNEL_BUILD_FAILED", { problems: `${out} cannot be written` }, error);
  }
  process.stdout.write(`${out}: ${kernels.join(", ")} (${Math.ceil(wasm.length / 1000)} kB)\n`);
  return undefined;
}
