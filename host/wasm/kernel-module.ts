import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PeridotError } from "../errors.ts";
import { Module, type WasmModule } from "./web-assembly.ts";

let compiled: WasmModule | undefined;

/** Beside the sources as beside what is built of them. */
const BUILT_IN = fileURLToPath(new URL("../../kernels/build/kernels.wasm", import.meta.url));

/**
 * The built-in kernel module, compiled once a process; workers are handed this one (a WebAssembly.Module may be
 * sent by postMessage). Errors: KERNEL_MODULE_MISSING.
 */
export function kernelModule(): WasmModule {
  compiled ??= compileModule(BUILT_IN);
  return compiled;
}

/** Compiles a module file. Errors: KERNEL_MODULE_MISSING, KERNEL_MODULE_INVALID. */
export function compileModule(path: string): WasmModule {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new PeridotError("KERNEL_MODULE_MISSING", { path }, error);
  }
  try {
    return new Module(bytes);
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : String(error), error);
  }
}

/** Names of the kernels that users' modules export: as the build makes them, and as modules of other languages do. */
const OWN_PREFIX = "kernel_";
const FOREIGN_PREFIX = "peridot_kernel_";
/** What tells a module of another language. */
const FOREIGN_MARK = "peridot_abi_version";

/** The users' kernels in a module, by their functions' names. */
export function kernelsIn(module: WasmModule): readonly string[] {
  const prefix = isForeign(module) ? FOREIGN_PREFIX : OWN_PREFIX;
  return Module.exports(module)
    .filter(({ name, kind }) => kind === "function" && name.startsWith(prefix))
    .map(({ name }) => name.slice(prefix.length));
}

/** The module has a memory of its own, and gets copies of batches (kernels/ABI.md). */
export function isForeign(module: WasmModule): boolean {
  return Module.exports(module).some(({ name }) => name === FOREIGN_MARK);
}

/**
 * The export that a kernel's name means.
 *
 * @param path how the user knows the module. Errors: KERNEL_MISSING.
 */
export function exportOf(module: WasmModule, path: string, kernel: string): string {
  const kernels = kernelsIn(module);
  if (!kernels.includes(kernel)) {
    throw new PeridotError("KERNEL_MISSING", {
      module: path,
      kernel,
      kernels: kernels.length === 0 ? "none" : kernels.join(", "),
    });
  }
  return (isForeign(module) ? FOREIGN_PREFIX : OWN_PREFIX) + kernel;
}

/** A module that is not what it should be. */
export function invalid(path: string, problem: string, cause?: unknown): PeridotError {
  return new PeridotError("KERNEL_MODULE_INVALID", { path, problem }, cause);
}
