import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { PeridotError } from "../errors.ts";
import { buildKernels } from "../kernel-build/build-kernels.ts";

const OUT_DEFAULT = "kernels.wasm";

/** What `peridot kernel build` was told; undefined: nothing that makes sense. */
export function kernelBuildWords(words: readonly string[]): { files: string[]; out: string } | undefined {
  const files: string[] = [];
  let out = OUT_DEFAULT;
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === "--out") {
      const next = words[++index];
      if (next === undefined) return undefined;
      out = next;
    } else if (word.startsWith("-")) return undefined;
    else files.push(word);
  }
  return files.length === 0 ? undefined : { files, out };
}

/** Builds users' kernels into one module. @returns what to say. Errors: as buildKernels; KERNEL_BUILD_FAILED. */
export async function buildKernelsTo({ files, out }: { files: string[]; out: string }): Promise<string> {
  const { wasm, kernels } = await buildKernels(files, process.cwd());
  try {
    mkdirSync(dirname(resolve(out)), { recursive: true });
    writeFileSync(out, wasm);
  } catch (error) {
    throw new PeridotError("KERNEL_BUILD_FAILED", { problems: `${out} cannot be written` }, error);
  }
  return `${out}: ${kernels.join(", ")} (${Math.ceil(wasm.length / 1000)} kB)\n`;
}
