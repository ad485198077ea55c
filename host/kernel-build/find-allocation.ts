/** What AssemblyScript's runtime takes memory with. */
const ALLOCATES = /^~lib\/rt\/(?:stub\/__(?:new|alloc|renew)|[^/]+\/__alloc)$/;
/** The function that computes a file's constants, by its name in the compiled module. */
const START = "start:";

/** A user's function, or constant, that takes memory by way of others. */
export interface Allocation {
  /** Functions that call each other, from the user's down to the one that takes memory. */
  readonly calls: readonly string[];
  /** The constant that is computed so; undefined: it is a function. */
  readonly constant: string | undefined;
  /** Where the call stands, from 1, if the module was compiled with locations. */
  readonly at: { readonly path: string; readonly line: number; readonly column: number } | undefined;
}

type Call = Omit<Allocation, "calls">;

/**
 * A kernel has no heap: the linear memory behind the module's constants belongs to our allocator. The rules refuse what
 * allocates by its syntax; what a function of AssemblyScript's library does inside is seen in the compiled module.
 *
 * @param text the module, before it is optimised, in WebAssembly's text format.
 * @param isUser by the path of a function: its file's, a slash and its name.
 * @returns one of each function of a user's that allocates.
 */
export function findAllocations(text: string, isUser: (path: string) => boolean): readonly Allocation[] {
  const callers = callersIn(text);
  const found: Allocation[] = [];
  const paths = [...callers.keys()].filter((name) => ALLOCATES.test(name)).map((name) => [name]);
  const seen = new Set<string>();
  for (const path of paths) {
    for (const [caller, call] of callers.get(path[0]!) ?? []) {
      if (seen.has(caller)) continue;
      seen.add(caller);
      const calls = [caller, ...path];
      if (isUser(caller.replace(START, ""))) found.push({ ...call, calls });
      else paths.push(calls);
    }
  }
  return found;
}

/** By name of a function: those that call it, each with its first call. */
function callersIn(text: string): ReadonlyMap<string, ReadonlyMap<string, Call>> {
  const callers = new Map<string, Map<string, Call>>();
  let present = "";
  let constant: string | undefined;
  let at: Call["at"];
  for (const [, defined, global, path, line, column, called] of text.matchAll(
    /^ \(func \$(\S+)|\(global\.set \$(\S+)|;;@ (\S+):(\d+):(\d+)|\(call \$([^\s)]+)/gm,
  )) {
    if (defined !== undefined) {
      present = defined;
      constant = at = undefined;
    } else if (global !== undefined) {
      if (present.startsWith(START)) constant = lastName(global);
    } else if (path !== undefined) {
      at = { path, line: Number(line), column: Number(column) + 1 };
    } else {
      const known = callers.get(called!) ?? new Map<string, Call>();
      callers.set(called!, known);
      if (!known.has(present)) known.set(present, { constant, at });
    }
  }
  return callers;
}

/** A function's, without its file's path and its type arguments. */
export function lastName(name: string): string {
  const plain = name.replace(/<.*$/, "");
  return plain.slice(plain.lastIndexOf("/") + 1);
}
