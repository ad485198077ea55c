import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Bench } from "tinybench";
import { json, type StreamsBuilder, string } from "../host/index.ts";
import { Address } from "./apps/address.ts";
import { thousands } from "./lib/report.ts";
import { fetchedBatches } from "./micro/fetched.ts";
import { kernelPath } from "./micro/kernel-path.ts";
import { Orders, ordersByFunction, ordersDeclared } from "./micro/orders.ts";
import { lowerCase, type Path } from "./micro/path.ts";
import { plainPath } from "./micro/plain-path.ts";
import { runtimePath } from "./micro/runtime-path.ts";

/**
 * Kernels against plain JavaScript over the main job's records, by records a batch (`npm run bench:micro`):
 *
 *   kernels      the job as a projection: no JavaScript touches a record
 *   functions    a user's TypeScript function over plain objects, in the runtime as a stream thread runs it
 *   plain        the same job by hand: JSON.parse, the function, JSON.stringify, record batches in JavaScript
 *
 * And arithmetic on fields (bench/micro/orders.ts), declared and as a TypeScript function, both in the runtime.
 *
 * Every path decodes with CRC check and ends with finished record batches; all must make as many bytes. They take
 * turns, round after round, so that other load on the machine meets them alike. Options: --json FILE, --time MS
 * (of each path in each round), --rounds N.
 */
const { values } = parseArgs({
  options: {
    json: { type: "string" },
    time: { type: "string", default: "200" },
    rounds: { type: "string", default: "5" },
  },
});
const TIME_MS = Number(values.time);
const ROUNDS = Number(values.rounds);
const BATCH_ROWS = [1, 10, 100, 500, 2000];
/** Records of one timed pass. */
const PASS_ROWS = 10_000;

/** Records a batch for the arithmetic. */
const ARITHMETIC_ROWS = 500;

interface Measured {
  readonly batchRows: number;
  /** Records a second: of the median pass, the median of the rounds. */
  readonly kernels: number;
  readonly views: number;
  readonly plain: number;
}

const results: Measured[] = [];
for (const batchRows of BATCH_ROWS) {
  const measured = await measure(batchRows);
  results.push(measured);
  print(measured);
}
const arithmetic = await measurePaths(
  { declared: runtimePath(ordersDeclared), called: runtimePath(ordersByFunction) },
  fetchedBatches(PASS_ROWS, ARITHMETIC_ROWS, new Orders()),
);
console.log(
  `arithmetic    declared ${thousands(arithmetic.declared)} records/s, as a function ${thousands(arithmetic.called)} (${(arithmetic.declared / arithmetic.called).toFixed(1)} times)`,
);
if (values.json !== undefined) {
  const all = [...results, { batchRows: ARITHMETIC_ROWS, arithmetic }];
  writeFileSync(values.json, `${JSON.stringify(all, undefined, 2)}\n`);
}

async function measure(batchRows: number): Promise<Measured> {
  const paths = { kernels: kernelPath(batchRows), views: runtimePath(userFunction), plain: plainPath() };
  return { batchRows, ...(await measurePaths(paths, fetchedBatches(PASS_ROWS, batchRows))) };
}

/** Records a second by path: of the median pass, the median of the rounds. */
async function measurePaths<Name extends string>(
  paths: Readonly<Record<Name, Path>>,
  fetched: readonly Buffer[],
): Promise<Record<Name, number>> {
  const entries = Object.entries(paths) as [Name, Path][];
  prove(
    entries.map(([, path]) => path),
    fetched,
  );
  const rounds = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    const bench = new Bench({ time: TIME_MS, warmupTime: TIME_MS / 4 });
    for (const [name, path] of entries) {
      bench.add(name, () => {
        for (const batch of fetched) path.push(batch);
        path.flush();
      });
    }
    await bench.run();
    for (const { name, result } of bench.tasks) {
      if (!("latency" in result)) throw new RangeError(`${name} was not measured: ${result.state}`);
      rounds.get(name)!.push((PASS_ROWS / result.latency.p50) * 1000);
    }
  }
  return Object.fromEntries([...rounds].map(([name, all]) => [name, median(all)])) as Record<Name, number>;
}

function userFunction(builder: StreamsBuilder): void {
  builder
    .stream("in", { key: string, value: json(Address) })
    .mapValues((value) => lowerCase(value))
    .to("out", { key: string, value: json<object>() });
}

/** All paths take the same records and make the same number of bytes of them. */
function prove(paths: readonly Path[], all: readonly Buffer[]): void {
  const fetched = all.slice(0, all.length >> 1); // less than the size at which paths finish output on their own
  const made = paths.map((path) => {
    const records = fetched.reduce((sum, batch) => sum + path.push(batch), 0);
    return `${records} records, ${path.flush()} bytes`;
  });
  if (
    new Set(made).size !== 1 ||
    !made[0]?.startsWith(`${(fetched.length * PASS_ROWS) / all.length} records`)
  ) {
    throw new RangeError(`the paths differ: ${made.join("; ")}`);
  }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

function print({ batchRows, kernels, views, plain }: Measured): void {
  const cells = [
    `${batchRows} a batch`.padEnd(14),
    `kernels ${thousands(kernels)} records/s (${(kernels / plain).toFixed(1)} times)`.padEnd(44),
    `functions ${thousands(views)} (${(views / plain).toFixed(1)} times)`.padEnd(34),
    `plain ${thousands(plain)}`,
  ];
  console.log(cells.join(""));
}
