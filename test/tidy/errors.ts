import { codeOf } from "./code.ts";
import { type Finding, filesBelow, findingsOf, type Tree } from "./tree.ts";

/** Every error of the host is a row of the table in host/errors.ts. */
export function plainErrors(tree: Tree): readonly Finding[] {
  return [...filesBelow(tree, "host/")]
    .filter(([file]) => file !== "host/errors.ts")
    .flatMap(([file, text]) =>
      findingsOf(
        file,
        codeOf(text),
        /\bnew (?:Type|Range|Syntax|Aggregate)?Error\(/g,
        "raise a PeridotError: host/errors.ts",
      ),
    );
}

/** The kernels' codes differ from each other, in number as in name. */
export function errorCodes(tree: Tree): readonly Finding[] {
  const file = "kernels/abi/errors.ts";
  const text = tree.get(file) ?? "";
  const seen = new Map<string, string>();
  return findingsOf(file, text, /^export const (\w+) = (-?\w+);/gm, ([, name, code]) => {
    const first = seen.get(code!);
    seen.set(code!, first ?? name!);
    return first === undefined ? "" : `${name} has the code of ${first}`;
  }).filter(({ says }) => says !== "");
}

/** A row of the table that no code raises tells a story that does not happen. */
export function unusedErrors(tree: Tree): readonly Finding[] {
  const file = "host/errors.ts";
  const text = tree.get(file) ?? "";
  const others = [...filesBelow(tree, "host/")].filter(([name]) => name !== file).map(([, other]) => other);
  const elsewhere = others.join("\n");
  return findingsOf(file, text, /^ {2}([A-Z][A-Z0-9_]+): \{/gm, ([, name]) => name!)
    .filter(({ says: name }) => name !== "ASSERTION_FAILED" && !new RegExp(`\\b${name}\\b`).test(elsewhere))
    .map((finding) => ({ ...finding, says: `nothing raises ${finding.says}` }));
}
