import { PeridotError } from "../errors.ts";
import type { Compiler } from "./syntax.ts";

/** The version that kernels are built and tested with. */
export const COMPILER_VERSION = "0.28.20";

// Names, not literals: the compiler's own declarations stay out of everybody's type check.
const MAIN: string = "assemblyscript";
const ASC: string = "assemblyscript/asc";

/** AssemblyScript's compiler, an optional peer dependency. Errors: KERNEL_COMPILER_MISSING. */
export async function loadCompiler(
  load: (specifier: string) => Promise<unknown> = (name) => import(name),
): Promise<Compiler> {
  try {
    return { asc: await load(ASC), assemblyscript: await load(MAIN) } as Compiler;
  } catch (error) {
    throw new PeridotError("KERNEL_COMPILER_MISSING", { version: COMPILER_VERSION }, error);
  }
}
