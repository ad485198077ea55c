import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PeridotError } from "../errors.ts";
import type { KernelUse, Operator } from "../topology/operator.ts";

/**
 * KStream#kernel: any number of records for each one, by a user's kernel.
 *
 * @param module its module's file, which is read here: its bytes are part of what the topology is.
 * @throws PeridotError KERNEL_MODULE_MISSING.
 */
export function kernel(module: URL | string, use: Omit<KernelUse, "module" | "moduleHash">): Operator {
  const path = typeof module === "string" ? module : fileURLToPath(module);
  const moduleHash = createHash("sha256").update(bytesOf(path)).digest("hex");
  return {
    role: "KERNEL",
    facts: { changesKey: true, changesValue: true, terminal: false, stores: [], needsStreamTime: false },
    call: { shape: "kernel", kernel: { ...use, module: path, moduleHash } },
  };
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new PeridotError("KERNEL_MODULE_MISSING", { path }, error);
  }
}
