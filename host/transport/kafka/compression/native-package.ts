import { createRequire } from "node:module";
import { PeridotError } from "../../../errors.ts";

const load = createRequire(import.meta.url);

/**
 * Loads a package with a native binary when it is first used, so that a machine for which there is none can do
 * everything else. Errors: COMPRESSION_MISSING.
 */
export function nativePackage<Exports>(name: string): () => Exports {
  let loaded: Exports | undefined;
  return () => {
    try {
      return (loaded ??= load(name) as Exports);
    } catch (cause) {
      const machine = `${process.platform} ${process.arch}`;
      throw new PeridotError("COMPRESSION_MISSING", { package: name, machine }, cause);
    }
  };
}
