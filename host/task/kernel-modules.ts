import { PeridotError } from "../errors.ts";
import { kernelsBelow, type Plan } from "../topology/plan.ts";
import { type KernelInstance, openKernelInstance } from "../wasm/kernel-instance.ts";
import { compileModule, isForeign, kernelModule } from "../wasm/kernel-module.ts";
import type { WasmModule } from "../wasm/web-assembly.ts";

/** Bound of linear memory where stores are in it, in bytes. */
const STATE_MEMORY_BYTES = 1 << 30;

/** A stream thread's instance. */
export function openInstance({ subTopologies }: Plan, { main, path }: KernelModules): KernelInstance {
  const hasStores = subTopologies.some(({ stores }) => stores.some(({ inKernels }) => inKernels !== "never"));
  return openKernelInstance(main, hasStores ? { path, memoryBytesMax: STATE_MEMORY_BYTES } : { path });
}

/** The modules that a plan's kernels are in. */
export interface KernelModules {
  /** What the thread's instance is made of: the users' module, which has ours in it, or ours. */
  readonly main: WasmModule;
  readonly path: string;
  /** Modules of other languages, by path. */
  readonly foreign: ReadonlyMap<string, WasmModule>;
}

/** Compiled modules of this process, by the hash of their bytes. */
const compiled = new Map<string, WasmModule>();

/** @throws PeridotError KERNEL_MODULE_MISSING, KERNEL_MODULE_INVALID; TOPOLOGY_INVALID: kernels of two builds. */
export function loadKernelModules(plan: Plan): KernelModules {
  const sources = plan.subTopologies.flatMap((each) => each.sources);
  const foreign = new Map<string, WasmModule>();
  let main: { readonly module: WasmModule; readonly path: string; readonly hash: string } | undefined;
  for (const { module: path, moduleHash: hash } of sources.flatMap(({ children }) =>
    kernelsBelow(children),
  )) {
    const module = compiled.get(hash) ?? compileModule(path);
    compiled.set(hash, module);
    if (isForeign(module)) foreign.set(path, module);
    else if (main === undefined || main.hash === hash) main = { module, path, hash };
    else {
      throw new PeridotError("TOPOLOGY_INVALID", {
        problem: `kernels are in two modules, ${main.path} and ${path}`,
        remedy: "Build them into one: npx peridot kernel build FILE FILE",
      });
    }
  }
  return { main: main?.module ?? kernelModule(), path: main?.path ?? "built-in", foreign };
}
