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

/** Compiles a module file. Errors: KERNEL_MODULE_MISSING. */
export function compileModule(path: string): WasmModule {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new PeridotError("KERNEL_MODULE_MISSING", { path }, error);
  }
  return new Module(bytes);
}
