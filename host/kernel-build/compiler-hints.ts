/** What the compiler says of texts and spans that were taken for each other, and what to write. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/\/Span' is not assignable to type '[^']*\/String \| null'/, 'compare a Span with .is("…")'],
  [
    /\/Span' is not assignable to type '[^']*\/String'/,
    "text(…) takes a constant; write a Span with span(…)",
  ],
  [
    /\/String' is not assignable to type '[^']*\/Span'/,
    'span(…) takes bytes of the record; write a constant with text("…"), in JSON with constant(name, "…")',
  ],
];

/** @returns a message of the compiler's about a user's file, with what to do behind it where that is known. */
export function withHint(message: string): string {
  const hint = HINTS.find(([pattern]) => pattern.test(message))?.[1];
  return hint === undefined ? message : `${message} ${hint}`;
}
