/**
 * One value as JSON text: JSON.stringify, with bigint written as the integer that it is.
 *
 * @returns undefined where JSON has no text for it: undefined, a function, a symbol.
 */
export function encodeValue(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // a replacer costs every value; so only what JSON.stringify refuses (a bigint, a cycle) is tried again with one
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_name, inner: unknown) =>
      typeof inner === "bigint" ? exactly(inner) : inner,
    );
  }
}

/** JSON.rawJSON: Node 22 and later, not in TypeScript's library yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

function exactly(integer: bigint): unknown {
  return rawJSON(String(integer));
}
