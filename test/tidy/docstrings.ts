import { posix } from "node:path";
import { type Finding, lineAt, type Tree } from "./tree.ts";

const FROM = /export (type )?\{([^}]*)\} from "([^"]+)"/g;
const STAR = /export \* from/g;

/** What host/index.ts exports is the public API: each name has a docstring where it is declared. */
export function docstrings(tree: Tree): readonly Finding[] {
  const index = "host/index.ts";
  const text = tree.get(index) ?? "";
  const findings: Finding[] = [...text.matchAll(STAR)].map((match) => ({
    file: index,
    line: lineAt(text, match.index),
    says: "name what is exported",
  }));
  for (const [, , names, specifier] of text.matchAll(FROM)) {
    for (const name of names!.split(",").map(importedName)) {
      if (name !== "") findings.push(...declarationFindings(tree, posix.join("host", specifier!), name));
    }
  }
  return findings;
}

/** `type A as B` imports A. */
function importedName(part: string): string {
  return part
    .trim()
    .replace(/^type\s+/, "")
    .split(/\s+as\s+/)[0]!;
}

function declarationFindings(tree: Tree, file: string, name: string): Finding[] {
  const text = tree.get(file) ?? "";
  const declared = new RegExp(
    `^export (?:abstract |async |declare )*(?:class|function|interface|type|const) ${name}\\b`,
    "m",
  ).exec(text);
  if (declared !== null) {
    if (/\*\/\s*$/.test(text.slice(0, declared.index))) return [];
    return [{ file, line: lineAt(text, declared.index), says: `${name} is public and has no docstring` }];
  }
  for (const [, , names, specifier] of text.matchAll(FROM)) {
    if (names!.split(",").map(importedName).includes(name)) {
      return declarationFindings(tree, posix.join(posix.dirname(file), specifier!), name);
    }
  }
  return [{ file, line: 0, says: `does not declare ${name}, which host/index.ts exports` }];
}
