import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json, string } from "../../host/index.ts";
import { Address } from "../apps/address.ts";
import type { Path } from "./path.ts";
import { runtimePath } from "./runtime-path.ts";

const SOURCE = join(import.meta.dirname, "../../examples/kernel/kernels/words.ts");
const COMMAND = join(import.meta.dirname, "../../host/cli.ts");

/** The kernel of examples/kernel, and the same function in TypeScript, both as a stream thread runs them. */
export function wordPaths(): { readonly kernel: Path; readonly typescript: Path } {
  const folder = mkdtempSync(join(tmpdir(), "peridot-bench-"));
  try {
    const module = join(folder, "kernels.wasm");
    execFileSync(process.execPath, [COMMAND, "kernel", "build", SOURCE, "--out", module]);
    return { kernel: kernelWords(module), typescript: typescriptWords() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function kernelWords(module: string): Path {
  return runtimePath((builder) => {
    builder
      .stream("in", { key: string, value: json(Address) })
      .kernel("words", { module, key: string, value: string })
      .to("out");
  });
}

function typescriptWords(): Path {
  return runtimePath((builder) => {
    builder
      .stream("in", { key: string, value: json(Address) })
      .flatMap((_, { Address: text, City }) => {
        const words = text.toLowerCase().split(" ");
        return words.filter((word) => word !== "").map((word) => [word, City] as const);
      })
      .to("out", { key: string, value: string });
  });
}
