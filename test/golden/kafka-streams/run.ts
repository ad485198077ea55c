import { parseArgs } from "node:util";
import { areasIn, SCENARIO_FOLDER } from "../scenario.ts";
import { type Difference, differencesFrom, heldOut } from "./held-out.ts";
import { smallest } from "./smallest.ts";

/**
 * `npm run golden:kafka-streams -- [--seed N] [--count N] [--vary] [--smallest] [AREA]...`: random inputs over the topologies of
 * these areas (default: all), answered by Kafka Streams and by us. Says each difference, with the scenario as JSON
 * (--vary: over topologies like them, --smallest: with as few inputs as show it); the last line counts. Exit status 1 when there is one.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "10" },
    smallest: { type: "boolean", default: false },
    vary: { type: "boolean", default: false },
  },
});
const areas = positionals.length === 0 ? areasIn(SCENARIO_FOLDER) : positionals;
const [first, count] = [Number(values.seed), Number(values.count)];

let [asked, different] = [0, 0];
for (let seed = first; seed < first + count; seed++) {
  const scenarios = heldOut(areas, [seed], { vary: values.vary });
  asked += scenarios.length;
  for (const difference of await differencesFrom(scenarios)) {
    different++;
    console.log(told(values.smallest ? await smallest(difference) : difference));
  }
}
console.log(`${asked} runs, ${different} different`);
process.exitCode = different === 0 ? 0 : 1;

function told({ scenario, because }: Difference): string {
  const lines = because.map((line) => `    ${line}`);
  return [`failed ${scenario.name}`, ...lines, JSON.stringify(scenario)].join("\n");
}
