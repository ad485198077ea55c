import { importsOf } from "./imports.ts";
import { type Finding, filesBelow, type Tree } from "./tree.ts";

/** Ports whose implementations are folders, and the suite that tests each guarantee of the port. */
export const PORTS: Readonly<Record<string, string>> = {
  "host/transport/": "test/conformance/transport/suite.ts",
};

/** Each implementation of a port runs the port's suite: a test named after its folder imports it. */
export function conformance(tree: Tree): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [port, suite] of Object.entries(PORTS)) {
    const tests = [...filesBelow(tree, "test/")]
      .filter(([file, text]) => importsOf(file, text).some(({ target }) => target === suite))
      .map(([file]) => file);
    for (const folder of foldersBelow(tree, port)) {
      if (tests.some((file) => file.includes(folder) && file.endsWith(".test.ts"))) continue;
      findings.push({ file: port + folder, line: 0, says: `no test of that name runs ${suite}` });
    }
  }
  return findings;
}

function foldersBelow(tree: Tree, port: string): ReadonlySet<string> {
  const inside = [...filesBelow(tree, port)].map(([file]) => file.slice(port.length).split("/"));
  return new Set(inside.filter((parts) => parts.length > 1).map(([folder]) => folder!));
}
