import { PeridotError } from "../../host/errors.ts";
import { type Plant, plantNothing } from "./defect.ts";
import { judge } from "./judge.ts";
import { kernelProgram, relayProgram } from "./kernel-program.ts";
import { type Program, plainProgram } from "./program.ts";
import { drawScenario, type Scenario } from "./scenario.ts";
import { World } from "./world.ts";

const LINES_TOLD = 120;

export interface Verdict {
  readonly seed: number;
  /** undefined: all is well. */
  readonly failure: { readonly kind: string; readonly says: string } | undefined;
  readonly fingerprint: string;
  readonly records: number;
  readonly scenario: Scenario;
  readonly lines: readonly string[];
}

/** Every fourth seed runs the real runner, every second of these in two sub-topologies; all are judged in the same way. */
const KERNELS_EVERY = 4;

function programOf(seed: number): Program {
  if (seed % KERNELS_EVERY > 0) return plainProgram;
  return seed % (2 * KERNELS_EVERY) === 0 ? relayProgram : kernelProgram;
}

/** One world, from its first request to the judgement. */
export async function runSeed(
  seed: number,
  plant: Plant = plantNothing,
  program: Program = programOf(seed),
): Promise<Verdict> {
  const scenario = drawScenario(seed);
  const world = new World(scenario, plant, program);
  const failure = await outcomeOf(world, scenario, program);
  return {
    seed,
    failure,
    fingerprint: world.trace.fingerprint,
    records: world.input.records,
    scenario,
    lines: world.trace.last(4_000),
  };
}

async function outcomeOf(
  world: World,
  scenario: Scenario,
  { judgeOffsets, judgeState }: Program,
): Promise<Verdict["failure"]> {
  try {
    await world.run();
  } catch (error) {
    if (!(error instanceof PeridotError) || error.code !== "CLOCK_STUCK") throw error;
    return {
      kind: "stuck",
      says: `${error.message}; ${judge(scenario, world.broker, world.input, judgeOffsets)?.says ?? ""}`,
    };
  }
  const flaw = world.flaws[0];
  if (flaw !== undefined) return { kind: "flaw", says: flaw };
  const { broker, input, disks } = world;
  return judge(scenario, broker, input, judgeOffsets) ?? judgeState?.(broker, input, disks.all);
}

/** What to read of a failed seed. */
export function tell(verdict: Verdict, lines = LINES_TOLD): string {
  const { seed, failure, scenario, fingerprint } = verdict;
  const { schedule, ...settings } = scenario;
  return [
    `seed ${seed}: ${failure === undefined ? "ok" : `${failure.kind}: ${failure.says}`}`,
    `  ${JSON.stringify(settings)}`,
    ...schedule.map((each) => `  ${JSON.stringify(each)}`),
    ...verdict.lines.slice(-lines),
    `  (${fingerprint}; again: npm run test:sim -- --seed ${seed})`,
  ].join("\n");
}
