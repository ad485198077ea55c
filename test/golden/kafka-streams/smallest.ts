import type { Scenario } from "../scenario.ts";
import { type Difference, differencesFrom } from "./held-out.ts";

/** Leaves out steps, half of them first, one by one at last, as long as a difference is left. */
export async function smallest(difference: Difference): Promise<Difference> {
  let found = difference;
  for (let size = Math.ceil(found.scenario.inputs.length / 2); size >= 1; ) {
    const smaller = await firstDifferent(withoutRuns(found.scenario, size));
    if (smaller !== undefined) found = smaller;
    else if (size === 1) break;
    size = Math.min(smaller === undefined ? Math.floor(size / 2) : size, found.scenario.inputs.length);
  }
  return found;
}

/** The scenario without one run of `size` steps, for each place where it may stand. */
function withoutRuns(scenario: Scenario, size: number): readonly Scenario[] {
  const { inputs } = scenario;
  return Array.from({ length: Math.ceil(inputs.length / size) }, (_, run) => ({
    ...scenario,
    inputs: inputs.toSpliced(run * size, size),
  })).filter(({ inputs }) => inputs.length > 0);
}

async function firstDifferent(scenarios: readonly Scenario[]): Promise<Difference | undefined> {
  return scenarios.length === 0 ? undefined : (await differencesFrom(scenarios))[0];
}
