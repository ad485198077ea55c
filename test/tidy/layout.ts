import { type Finding, filesBelow, findingsOf, type Tree } from "./tree.ts";

const WORDS_REFUSED = /(^|[-/])(utils?|helpers?|managers?|contexts?|data|infos?|misc|common)(?=[-./]|$)/;

/** Files are named in kebab-case, for what they hold or decide. */
export function fileNames(tree: Tree): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [file] of filesBelow(tree, "host/", "kernels/", "bench/", "test/", "examples/", "scripts/")) {
    const refused = WORDS_REFUSED.exec(file);
    if (refused !== null)
      findings.push({
        file,
        line: 0,
        says: `"${refused[2]}" says nothing: name what the file holds or decides`,
      });
    const name = file.slice(file.lastIndexOf("/") + 1);
    if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.ts$/.test(name))
      findings.push({ file, line: 0, says: "not in kebab-case" });
  }
  return findings;
}

/** Names that are the field's standard terms all the same. */
const TERMS: ReadonlySet<string> = new Set(["ProcessorContext"]);

const TYPE_WORDS =
  /^export (?:abstract )?(?:class|interface|type|enum) (\w*(?:Util|Helper|Manager|Context|Data|Info)s?)\b/gm;

export function typeNames(tree: Tree): readonly Finding[] {
  return [...filesBelow(tree, "host/", "kernels/")].flatMap(([file, text]) =>
    findingsOf(file, text, TYPE_WORDS, ([, name]) => `${name}: name what it holds or decides`).filter(
      ({ says }) => !TERMS.has(says.slice(0, says.indexOf(":"))),
    ),
  );
}

/** Files have one story each. What is longer tells two. */
export const LINES_MAX = 400;

export function lengths(tree: Tree): readonly Finding[] {
  return [...filesBelow(tree, "host/", "kernels/", "bench/", "test/", "examples/", "scripts/")]
    .map(([file, text]) => ({ file, line: 0, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ file, line, lines }) => ({ file, line, says: `${lines} lines: ${LINES_MAX} at most` }));
}

/** Operators with one half only, each with the reason. */
export const HOST_ONLY: Readonly<Record<string, string>> = {
  "aggregate-table.ts": "calls the user's functions",
  "branch.ts":
    "predicates as data are filters, whose kernel is operators/filter.ts; others call the user's functions",
  "aggregate-sessions.ts": "calls the user's functions",
  "aggregate-sliding.ts": "calls the user's functions",
  "aggregate-windows.ts": "calls the user's functions",
  "deduplicate.ts": "what has passed lies in a store, which JavaScript keeps",
  "filter-fields.ts": "a condition as data: its kernel is operators/filter.ts, as for filterNot",
  "final-results.ts": "what operators of windows have in common",
  "flat-map-values.ts": "calls the user's function",
  "flat-map.ts": "calls the user's function",
  "for-each.ts": "calls the user's function",
  "group-table.ts": "calls the user's function",
  "kernel.ts": "its kernel is the user's",
  "join-foreign-key.ts": "calls the user's function",
  "join-streams.ts": "calls the user's function",
  "join-table.ts": "calls the user's function",
  "join-tables.ts": "calls the user's function",
  "join-window.ts": "a record becomes an entry of a store, which JavaScript keeps",
  "keyed.ts": "where the key is a field, a filter on it, whose kernel is operators/filter.ts",
  "map-values.ts": "calls the user's function",
  "map-table.ts": "calls the user's function",
  "map.ts": "calls the user's function",
  "merge-joins.ts": "there is nothing to compute",
  "merge.ts": "there is nothing to compute",
  "peek.ts": "calls the user's function",
  "process.ts": "calls the user's processor",
  "project.ts": "a projection is a descriptor by which the JSON kernel writes: there is nothing to compute",
  "reduce.ts": "calls the user's function",
  "select-key-field.ts":
    "a key's field is part of the form by which the sink writes: there is nothing to compute",
  "select-key.ts": "calls the user's function",
  "subscribe-foreign-key.ts": "calls the user's function",
  "suppress.ts": "what is kept back lies in a store, which JavaScript keeps",
  "table-operator.ts": "what operators of tables have in common",
  "table-source.ts": "a record becomes a row of a store, which JavaScript keeps",
  "table-to-stream.ts": "there is nothing to compute",
};
export const KERNEL_ONLY: Readonly<Record<string, string>> = {};

/** One operator, one name, two halves: host/operators/ and kernels/operators/. */
export function pairs(tree: Tree): readonly Finding[] {
  const host = namesBelow(tree, "host/operators/");
  const kernel = namesBelow(tree, "kernels/operators/");
  return [
    ...alone(host, kernel, HOST_ONLY).map((name) => unpaired(`host/operators/${name}`, "kernels/operators/")),
    ...alone(kernel, host, KERNEL_ONLY).map((name) =>
      unpaired(`kernels/operators/${name}`, "host/operators/"),
    ),
  ];
}

/** A reason for having one half only is withdrawn when the other one comes. */
export function excuses(tree: Tree): readonly Finding[] {
  const excused = [...Object.keys(HOST_ONLY), ...Object.keys(KERNEL_ONLY)];
  return excused
    .filter((name) => tree.has(`host/operators/${name}`) && tree.has(`kernels/operators/${name}`))
    .map((name) => ({
      file: `host/operators/${name}`,
      line: 0,
      says: "has both halves, yet test/tidy/layout.ts excuses it",
    }));
}

function alone(
  names: ReadonlySet<string>,
  others: ReadonlySet<string>,
  excused: Readonly<Record<string, string>>,
) {
  return [...names].filter((name) => !others.has(name) && excused[name] === undefined);
}

function unpaired(file: string, there: string): Finding {
  return { file, line: 0, says: `has no half in ${there}, and no reason is listed in test/tidy/layout.ts` };
}

function namesBelow(tree: Tree, folder: string): ReadonlySet<string> {
  return new Set([...filesBelow(tree, folder)].map(([file]) => file.slice(folder.length)));
}
