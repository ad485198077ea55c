import { codeOf } from "./code.ts";
import { importsOf } from "./imports.ts";
import { type Finding, filesBelow, findingsOf, type Tree } from "./tree.ts";

const TIME_AND_CHANCE =
  /\bDate\.now\b|\bnew Date\b|\bperformance\.now\b|\bprocess\.hrtime\b|\b(?:setTimeout|setInterval)\b|\bMath\.random\b/g;

/** Where chance enters, as a default that a simulation replaces. */
const CHANCE_ENTERS: readonly string[] = [
  "host/transport/kafka/kafka-transport.ts",
  "host/transport/memory/memory-transport.ts",
];
const DEFAULT_OF_CHANCE = /\?\? Math\.random\b|\brandom: Math\.random\b/g;

/** Time comes from a Clock and randomness from whoever calls, so that a simulation can rule both. */
export function clocks(tree: Tree): readonly Finding[] {
  return [...filesBelow(tree, "host/")]
    .filter(([file]) => file !== "host/clock.ts")
    .flatMap(([file, text]) =>
      findingsOf(
        file,
        CHANCE_ENTERS.includes(file) ? codeOf(text).replace(DEFAULT_OF_CHANCE, "") : codeOf(text),
        TIME_AND_CHANCE,
        ([what]) => `${what}: time and chance are passed in (host/clock.ts)`,
      ),
    );
}

/** A decision may take the values of other pure files beside it, and of these. */
const PURE = ["kernels/abi/", "host/assert.ts", "host/errors.ts"];

/** `decide-*.ts` goes from facts to a decision: it waits for nothing, and knows no stage but by its types. */
export function decisions(tree: Tree): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [file, text] of filesBelow(tree, "host/")) {
    if (!/\/decide-[^/]*\.ts$/.test(file)) continue;
    const code = codeOf(text);
    findings.push(
      ...findingsOf(
        file,
        code,
        /\b(?:await|async|Promise)\b/g,
        ([what]) => `${what}: a decision waits for nothing`,
      ),
    );
    findings.push(
      ...findingsOf(
        file,
        code,
        /\b(?:randomUUID|randomBytes|process)\b/g,
        ([what]) => `${what}: a decision sees its facts only`,
      ),
    );
    const folder = file.slice(0, file.lastIndexOf("/") + 1);
    for (const { line, target, typeOnly } of importsOf(file, text)) {
      if (typeOnly || PURE.some((may) => target.startsWith(may)) || target.startsWith(folder)) continue;
      findings.push({ file, line, says: `imports values of ${target}: a decision imports types` });
    }
  }
  return findings;
}

/** A file that a decision takes values from must be as pure as the decision itself. */
export function decisionHelp(tree: Tree): readonly Finding[] {
  const used = new Set<string>();
  for (const [file, text] of filesBelow(tree, "host/")) {
    if (!/\/decide-[^/]*\.ts$/.test(file)) continue;
    for (const { target, typeOnly } of importsOf(file, text)) if (!typeOnly) used.add(target);
  }
  return [...filesBelow(tree, "host/")]
    .filter(([file]) => used.has(file) && !PURE.includes(file))
    .flatMap(([file, text]) =>
      findingsOf(file, codeOf(text), /\bawait\b/g, "a decision uses this file: nothing in it may wait"),
    );
}
