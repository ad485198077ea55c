import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runSeed, tell } from "./run-seed.ts";

/**
 * `npm run test:sim`: many seeds, on all cores.
 *
 *   --seeds N   so many of them (default 2,000), from --from M on (default 1)
 *   --seed N    one of them, with its whole trace
 */
const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: process.env.SIM_SEEDS ?? "2000" },
    from: { type: "string", default: "1" },
    workers: { type: "string", default: String(availableParallelism()) },
    /** Of a forked process: which seeds are its own. */
    share: { type: "string" },
  },
});

const WHOLE_TRACE = 1_000_000;
const first = Number(values.from);
const last = first + Number(values.seeds) - 1;
const workers = Number(values.workers);

if (values.seed !== undefined) await runOne(Number(values.seed));
else if (values.share !== undefined) await runShare(Number(values.share));
else await runAll();

async function runOne(seed: number): Promise<void> {
  const verdict = await runSeed(seed);
  console.log(tell(verdict, WHOLE_TRACE));
  if (verdict.failure !== undefined) process.exitCode = 1;
}

async function runShare(share: number): Promise<void> {
  for (let seed = first + share; seed <= last; seed += workers) {
    const verdict = await runSeed(seed);
    if (verdict.failure === undefined) continue;
    console.log(tell(verdict));
    process.exitCode = 1;
  }
}

async function runAll(): Promise<void> {
  const shares = Array.from({ length: workers }, (_, share) => {
    const child = fork(import.meta.filename, [...process.argv.slice(2), "--share", String(share)]);
    return new Promise<boolean>((resolve) => child.on("exit", (code) => resolve(code === 0)));
  });
  const passed = (await Promise.all(shares)).every((each) => each);
  console.log(passed ? `seeds ${first} to ${last}: all exact` : `seeds ${first} to ${last}: FAILED`);
  if (!passed) process.exitCode = 1;
}
