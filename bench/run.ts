import { parseArgs } from "node:util";
import { EmbeddedBroker, json, memoryTransport, peridot, string, systemClock } from "../host/index.ts";
import { Address, LOWER_CASE } from "./apps/address.ts";
import { Addresses } from "./lib/addresses.ts";
import { partitionOf } from "./lib/partition.ts";
import { ProgressBar } from "./lib/progress-bar.ts";
import { Expectation } from "./lib/proof.ts";
import { thousands } from "./lib/report.ts";

/**
 * The main job on the embedded broker (`npm run demo`, `npm run bench`): JSON records read, decoded, encoded with other
 * field names, written, exactly once, with transactions committed each 100 ms, 6 partitions. Broker, client and
 * kernels share one thread of one process, and the CPU seconds are those of all three. Ends with figure and proof.
 */
const { values } = parseArgs({
  options: { records: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
});
const RECORDS = Number(values.records);
const SEED = Number(values.seed);
const PARTITIONS = 6;
const BATCH_RECORDS = 500;
const LOOK_EACH_MS = 50;

const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
for (const topic of ["addresses", "addresses-lower-case"])
  broker.createTopic(topic, { partitions: PARTITIONS });

console.log(
  `The main job: ${thousands(RECORDS)} JSON records, ${PARTITIONS} partitions, exactly once, commits each 100 ms.`,
);
fill();
const { seconds, cpuSeconds, transactions } = await runApp();
const { records, missing, wrong } = prove();

const exact = missing === 0 && wrong === 0 && records === RECORDS;
console.log(`
  ${thousands(RECORDS / seconds)} records/s, ${(cpuSeconds / (RECORDS / 1e6)).toFixed(2)} CPU seconds per million records (broker included)
  ${thousands(transactions)} transactions committed in ${seconds.toFixed(2)} s
  proof: ${thousands(records)} records read back, ${missing} missing, ${wrong} wrong or out of order: ${exact ? "exact" : "NOT EXACT"}`);
process.exitCode = exact ? 0 : 1;

function fill(): void {
  const addresses = new Addresses(SEED);
  const open: { key: string; value: string }[][] = Array.from({ length: PARTITIONS }, () => []);
  const flush = (partition: number) => {
    if (open[partition]!.length > 0) broker.append("addresses", partition, open[partition]!);
    open[partition] = [];
  };
  const bar = new ProgressBar(RECORDS);
  for (let made = 0; made < RECORDS; made++) {
    const record = addresses.next();
    const partition = partitionOf(record.key, PARTITIONS);
    open[partition]!.push(record);
    if (open[partition]!.length === BATCH_RECORDS) flush(partition);
    if (made % 10_000 === 0) bar.show(made, "generated");
  }
  for (let partition = 0; partition < PARTITIONS; partition++) flush(partition);
  bar.show(RECORDS, "generated");
  bar.end();
}

async function runApp(): Promise<{ seconds: number; cpuSeconds: number; transactions: number }> {
  const app = peridot({ applicationId: "demo", transport: memoryTransport(broker), commitIntervalMs: 100 });
  app
    .stream("addresses", { key: string, value: json(Address) })
    .mapValues(LOWER_CASE)
    .to("addresses-lower-case", { key: string });
  const bar = new ProgressBar(RECORDS);
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const done = new Promise<void>((resolve) => {
    const looking = setInterval(() => {
      const { records, transactions } = app.progress;
      bar.show(records, `processed, ${transactions} transactions`);
      if (records < RECORDS) return;
      clearInterval(looking);
      bar.end();
      resolve();
    }, LOOK_EACH_MS);
  });
  await app.start();
  await done;
  await app.close(); // commits what is left
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
    transactions: app.progress.transactions,
  };
}

/** Reads the output back as a read_committed consumer sees it, and compares it with what the generator says. */
function prove() {
  const expectation = new Expectation(RECORDS, SEED);
  for (const partition of broker.read("addresses-lower-case")) {
    for (const { key, value } of partition) expectation.take(key?.toString() ?? "", value?.toString() ?? "");
  }
  return expectation.proof();
}
