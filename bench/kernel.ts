import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { thousands } from "./lib/report.ts";
import { fetchedBatches } from "./micro/fetched.ts";
import type { Path } from "./micro/path.ts";
import { wordPaths } from "./micro/word-paths.ts";

/**
 * A user's kernel against the same function in TypeScript (`npm run bench:kernel`): examples/kernel over the main job's
 * records, both through the runtime as a stream thread has it, from fetched record batches to finished ones. The two take
 * turns; both must make as many bytes. CPU seconds per million records come first: other load moves them least.
 * Options: --rounds N, --json FILE.
 */
const { values } = parseArgs({
  options: { rounds: { type: "string", default: "7" }, json: { type: "string" } },
});
const ROUNDS = Number(values.rounds);
const PASS_ROWS = 200_000;
const BATCH_ROWS = 1_000;

const fetched = fetchedBatches(PASS_ROWS, BATCH_ROWS);
const paths = wordPaths();
const made = Object.values(paths).map((path) => pass(path).bytes);
if (new Set(made).size !== 1) throw new RangeError(`the paths differ: ${made.join(" and ")} bytes`);

const rounds = { kernel: [] as number[], typescript: [] as number[] };
for (let round = 0; round < ROUNDS; round++) {
  for (const name of ["kernel", "typescript"] as const)
    rounds[name].push(pass(paths[name]).cpuSecondsPerMillion);
}
const kernel = median(rounds.kernel);
const typescript = median(rounds.typescript);
console.log(
  `kernel      ${kernel.toFixed(3)} CPU s per million records, ${thousands(1e6 / kernel)} records/s of one core`,
);
console.log(
  `TypeScript  ${typescript.toFixed(3)} CPU s per million records, ${thousands(1e6 / typescript)} records/s of one core`,
);
console.log(`the kernel is ${(typescript / kernel).toFixed(1)} times as fast`);
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ kernel, typescript }, undefined, 2)}\n`);
}

function pass(path: Path): { readonly bytes: number; readonly cpuSecondsPerMillion: number } {
  const before = process.cpuUsage();
  let bytes = 0;
  for (const [index, batch] of fetched.entries()) {
    path.push(batch);
    if (index % 10 === 9) bytes += path.flush();
  }
  bytes += path.flush();
  const { user, system } = process.cpuUsage(before);
  return { bytes, cpuSecondsPerMillion: (user + system) / PASS_ROWS };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
}
