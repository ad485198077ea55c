/** What AssemblyScript's runtime takes memory with. */
const ALLOCATES = /^~lib\/rt\/(?:stub\/__(?:new|alloc|renew)|[^/]+\/__alloc)$/;

/**
 * A kernel has no heap: the linear memory behind the module's constants belongs to our allocator. The rules refuse what
 * allocates by its syntax; what a function of AssemblyScript's library does inside is seen in the compiled module.
 *
 * @param text the module, before it is optimised, in WebAssembly's text format.
 * @returns functions that call each other, from one of `isUser` down to the one that takes memory; or nothing.
 */
export function findAllocation(text: string, isUser: (name: string) => boolean): readonly string[] {
  const callers = new Map<string, Set<string>>();
  let present = "";
  for (const [, defined, called] of text.matchAll(/^ \(func \$(\S+)|\(call \$([^\s)]+)/gm)) {
    if (defined !== undefined) {
      present = defined;
      continue;
    }
    const known = callers.get(called!);
    if (known === undefined) callers.set(called!, new Set([present]));
    else known.add(present);
  }
  const paths = [...callers.keys()].filter((name) => ALLOCATES.test(name)).map((name) => [name]);
  const seen = new Set<string>();
  for (const path of paths) {
    for (const caller of callers.get(path[0]!) ?? []) {
      if (seen.has(caller)) continue;
      seen.add(caller);
      if (isUser(caller)) return [caller, ...path];
      paths.push([caller, ...path]);
    }
  }
  return [];
}
