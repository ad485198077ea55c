import { PeridotError } from "../../host/index.ts";
import { unsupportedOp } from "./build-topology.ts";
import { differences, textOf } from "./differences.ts";
import { isError, type Scenario, type ScenarioRow } from "./scenario.ts";
import { ScenarioRun } from "./scenario-run.ts";

/** What running a scenario has shown. */
export type Verdict =
  | { readonly is: "passed" }
  /** In lines of text. */
  | { readonly is: "failed"; readonly because: readonly string[] }
  | { readonly is: "skipped"; readonly op: string };

/** Runs a scenario and compares what comes out with what the reference gave. */
export function runScenario(scenario: Scenario): Verdict {
  const op = unsupportedOp(scenario.topology);
  if (op !== undefined) return { is: "skipped", op };
  const because = [...differencesOf(scenario)];
  if (because.length === 0) return { is: "passed" };
  const { quirk } = scenario;
  return { is: "failed", because: quirk === undefined ? because : [...because, `quirk: ${quirk}`] };
}

/** The first step that differs says the most: those behind it are not compared. */
function differencesOf(scenario: Scenario): readonly string[] {
  let run: ScenarioRun;
  try {
    run = new ScenarioRun(scenario);
  } catch (error) {
    if (scenario.buildError !== undefined && error instanceof PeridotError) return [];
    return [`building the topology failed: ${error}`];
  }
  if (scenario.buildError !== undefined) {
    return [`building the topology had to fail (${scenario.buildError}), and has not`];
  }
  const sensitive = new Set(scenario.storeSensitive);
  for (const [index, step] of scenario.inputs.entries()) {
    const found = stepDifferences(run, scenario, index);
    if (found.length > 0 && !sensitive.has("expected")) {
      return [`step ${index}: ${textOf(step)}`, ...found.map((line) => `  ${line}`)];
    }
  }
  if (!sensitive.has("stores")) {
    const stores = Object.entries(scenario.stores ?? {});
    const found = stores.flatMap(([name, rows]) => storeDifferences(name, rows, run.rows(name)));
    if (found.length > 0) return found;
  }
  if (scenario.dropped === undefined || sensitive.has("dropped") || run.dropped === scenario.dropped)
    return [];
  return ["dropped", `  - ${scenario.dropped}`, `  + ${run.dropped}`];
}

function stepDifferences(run: ScenarioRun, scenario: Scenario, index: number): readonly string[] {
  const expected = scenario.expected[index]!;
  const error = expected.find(isError);
  try {
    const found = run.step(scenario.inputs[index]!);
    if (error !== undefined || "error" in found)
      return differences(error, "error" in found ? found : undefined);
    return differences(expected, found);
  } catch (defect) {
    return [`failed: ${defect instanceof Error ? defect.stack : defect}`];
  }
}

/** The order of rows carries no meaning. */
function storeDifferences(
  name: string,
  expected: readonly ScenarioRow[],
  found: readonly ScenarioRow[],
): readonly string[] {
  const sorted = (rows: readonly ScenarioRow[]) => rows.map((row) => textOf(row)).toSorted();
  const [wanted, there] = [sorted(expected), sorted(found)];
  if (wanted.join() === there.join()) return [];
  return [
    `store ${name}`,
    ...wanted.filter((row) => !there.includes(row)).map((row) => `  - ${row}`),
    ...there.filter((row) => !wanted.includes(row)).map((row) => `  + ${row}`),
  ];
}
