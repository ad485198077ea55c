import { type Finding, filesBelow, type Tree } from "./tree.ts";

const OFFSET = /^export const \w+_AT\b/;
const EDGE = /[│┌└├╭]|\+-{2,}|(\|.*){3,}/;

/**
 * A layout is drawn above the constants that encode it: a group of `*_AT` constants (lines of constants and blank
 * or comment lines between them) has a comment directly above it, with a drawing in it.
 */
export function drawings(tree: Tree): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [file, text] of filesBelow(tree, "host/", "kernels/")) {
    const lines = text.split("\n");
    let drawn = false;
    for (const [index, line] of lines.entries()) {
      if (/^(?:export )?(?:class|function|interface|type|import)\b/.test(line)) drawn = false;
      if (/^\s*(?:\/\*\*|\*|\/\/)/.test(line) && EDGE.test(line)) drawn = true;
      if (OFFSET.test(line) && !drawn) {
        findings.push({
          file,
          line: index + 1,
          says: "a *_AT constant without a drawing of its layout above the group",
        });
        drawn = true; // one finding a group
      }
    }
  }
  return findings;
}
