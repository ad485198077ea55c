import { PeridotError } from "./errors.ts";

/**
 * States what must hold here. It stays on in production: a failed assertion is our defect, aborts the
 * transaction and discards the kernel instance; nobody catches it to go on.
 */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new PeridotError("ASSERTION_FAILED", { what });
}

/** For the default branch of a switch over a tagged union: a compile error once a variant is missing. */
export function unreachable(value: never): never {
  throw new PeridotError("ASSERTION_FAILED", { what: `unreachable: ${JSON.stringify(value)}` });
}
