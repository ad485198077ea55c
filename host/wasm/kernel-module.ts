import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PeridotError } from "../errors.ts";
import { Module, type WasmModule } from "./web-assembly.ts";

let compiled: WasmModule | undefined;

/**
 * The built-in kernel module, compiled once a process; workers are handed this one (a WebAssembly.Module may be
 * sent by postMessage). Errors: KERNEL_MODULE_MISSING.
 */
export function kernelModule(): WasmModule {
  compiled ??= new Module(readModule());
  return compiled;
}

function readModule(): Uint8Array<ArrayBuffer> {
  const path = fileURLToPath(new URL("../../kernels/build/kernels.wasm", import.meta.url));
  try {
    return readFileSync(path);
  } catch (error) {
    throw new PeridotError("KERNEL_MODULE_MISSING", { path }, error);
  }
}
