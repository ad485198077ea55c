import { createHash } from "node:crypto";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { randomInputs } from "../random-inputs.ts";
import { runScenario } from "../run-scenario.ts";
import { readScenarios, SCENARIO_FOLDER, type Scenario } from "../scenario.ts";
import { askKafkaStreams } from "./ask.ts";
import { withoutIntended } from "./on-purpose.ts";
import { varied } from "./vary.ts";

/** A scenario with inputs that nobody has chosen, and where we differ from Kafka Streams there. */
export interface Difference {
  readonly scenario: Scenario;
  readonly because: readonly string[];
}

/** The topologies of some areas with the inputs of some seeds; `vary`: others like them. */
export function heldOut(
  areas: readonly string[],
  seeds: readonly number[],
  { vary = false } = {},
): readonly Scenario[] {
  const scenarios = areas.flatMap((area) => readScenarios(SCENARIO_FOLDER, area));
  return scenarios.flatMap((scenario) =>
    seeds.flatMap((seed) => {
      const random = new SeededRandom(seed ^ hashOf(scenario.name));
      const other = vary ? varied(scenario, random) : scenario;
      const inputs = randomInputs(other, random);
      const name = `${scenario.name}, seed ${seed}`;
      return inputs.length === 0 ? [] : [withoutIntended({ ...other, name, inputs })];
    }),
  );
}

/** Has Kafka Streams answer, and compares. What its own kinds of stores do not agree on is not compared. */
export async function differencesFrom(scenarios: readonly Scenario[]): Promise<readonly Difference[]> {
  const answers = await askKafkaStreams(scenarios);
  const failed = answers.filter((scenario) => runScenario(scenario).is === "failed");
  if (failed.length === 0) return [];
  const others = await askKafkaStreams(failed, "in-memory");
  return failed.flatMap((scenario, index) => {
    const marked = { ...scenario, storeSensitive: disagreements(scenario, others[index]!) };
    const verdict = runScenario(marked);
    return verdict.is === "failed" ? [{ scenario: marked, because: verdict.because }] : [];
  });
}

function disagreements(one: Scenario, other: Scenario): NonNullable<Scenario["storeSensitive"]> {
  const parts = ["expected", "stores", "dropped"] as const;
  return parts.filter((part) => JSON.stringify(one[part]) !== JSON.stringify(other[part]));
}

/** So that a seed means other inputs for each scenario. */
function hashOf(text: string): number {
  return createHash("sha256").update(text).digest().readInt32BE();
}
