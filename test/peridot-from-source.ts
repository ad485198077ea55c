import { registerHooks } from "node:module";

/**
 * `node --import` this file: "peridot-streams" is then the source, in the main thread and in workers, so that
 * examples run as they stand without the package being built.
 */
const source = new URL("../host/index.ts", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "peridot-streams" ? { url: source, shortCircuit: true } : next(specifier, context),
});
