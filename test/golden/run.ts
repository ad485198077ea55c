import { resolve } from "node:path";
import { runScenario, type Verdict } from "./run-scenario.ts";
import { areasIn, readScenarios, SCENARIO_FOLDER, type Scenario } from "./scenario.ts";

/**
 * `npm run golden -- DIR`: runs every scenario of every file AREA.json in DIR (default: the project's own) through our
 * DSL and test driver. One line a scenario, and the difference where one fails; the last line counts. Exit status 1
 * when something failed.
 */
const [given] = process.argv.slice(2);
// npm runs scripts in the project's folder; DIR is meant from where the user stands
const folder = given === undefined ? SCENARIO_FOLDER : resolve(process.env.INIT_CWD ?? ".", given);
const counts = { passed: 0, failed: 0, skipped: 0 };

const areas = areasIn(folder);
if (areas.length === 0) throw new RangeError(`${folder} has no files AREA.json`);
for (const scenario of areas.flatMap((area) => readScenarios(folder, area))) {
  const verdict = runScenario(scenario);
  counts[verdict.is]++;
  console.log(told(scenario, verdict));
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

function told({ name, pins }: Scenario, verdict: Verdict): string {
  switch (verdict.is) {
    case "passed":
      return `passed ${name}`;
    case "skipped":
      return `not supported yet (op ${verdict.op}) ${name}`;
    case "failed":
      return [`failed ${name}: ${pins}`, ...verdict.because.map((line) => `    ${line}`)].join("\n");
  }
}
