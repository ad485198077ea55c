import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Cluster, startCluster } from "./cluster/cluster.ts";
import { KAFKA_VERSION } from "./cluster/jars.ts";
import { clusterSource, hasJava } from "./cluster/source.ts";
import { barChart } from "./lib/bar-chart.ts";
import type { Contender } from "./lib/contenders.ts";
import { type Inputs, JOBS } from "./lib/jobs.ts";
import { markdownTable, type Row, type RunResult, rowsOf, thousands } from "./lib/report.ts";

/**
 * A job on a real cluster: Peridot and Kafka Streams in turn (A B C A B C …) over the same warm brokers and the
 * same input, every output verified by an independent reader.
 *
 * Claims this stands for: README, "How fast". Linux only, since CPU seconds come from /proc.
 */
const USAGE = `npm run bench:kafka -- [options]
  --job NAME         ${Object.entries(JOBS)
    .map(([name, { title }]) => `${name}: ${title}`)
    .join("\n                   ")}
  --brokers 1|3      1
  --records N        5000000 on one broker, 1000000 on three
  --runs N           3 of each contender
  --threads N        1
  --warmups N        runs before the first that counts: 2 on one broker, 7 on three
  --only TEXT        contenders whose name contains this
  --name NAME        of the results: one-broker or three-brokers
  --out DIRECTORY    bench/results/local`;

const { values } = parseArgs({
  options: {
    job: { type: "string", default: "main" },
    brokers: { type: "string", default: "1" },
    records: { type: "string" },
    runs: { type: "string", default: "3" },
    threads: { type: "string", default: "1" },
    warmups: { type: "string" },
    only: { type: "string", default: "" },
    name: { type: "string" },
    out: { type: "string", default: join(import.meta.dirname, "results", "local") },
    help: { type: "boolean", default: false },
  },
});
const job = JOBS[values.job];
const brokers = values.brokers === "3" ? 3 : 1;
const settings = {
  brokers,
  records: Number(values.records ?? (brokers === 1 ? 5_000_000 : 1_000_000)),
  runs: Number(values.runs),
  threads: Number(values.threads),
  warmups: Number(values.warmups ?? (brokers === 1 ? 2 : 7)),
} as const;
const WARMUP_RECORDS = 1_000_000;
let started = 0;

if (values.help || job === undefined) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const source = clusterSource();
  if (source.kind === "none" || !hasJava()) {
    const why =
      source.kind === "none"
        ? source.why
        : "Kafka Streams and the measuring tools need a JDK (17 or later) and Maven";
    console.error(`This benchmark cannot run here: ${why}.`);
    process.exitCode = 1;
    return;
  }
  const contenders = job!.contenders.filter(({ name }) => name.includes(values.only));
  say(`Brokers: ${source.says}.`);
  say(
    `${settings.brokers} broker(s), Kafka ${KAFKA_VERSION}, ${thousands(settings.records)} records, ${settings.threads} thread(s)`,
  );
  const cluster = await startCluster({ brokers: settings.brokers });
  try {
    await warmUp(cluster, contenders);
    const inputs = await makeInputs(cluster, "main", settings.records);
    const results: RunResult[] = [];
    for (let run = 1; run <= settings.runs; run++) {
      for (const contender of contenders) {
        const result = await runOnce(cluster, contender, inputs, settings.records);
        results.push(result);
        const { recordsPerSecond, cpuSecondsPerMillion, rssPeakMiB } = result;
        say(
          `run ${run}, ${contender.name}: ${thousands(recordsPerSecond)} records/s, ` +
            `${cpuSecondsPerMillion.toFixed(2)} CPU s per million, ${rssPeakMiB} MiB, output exact`,
        );
      }
    }
    report(results);
  } finally {
    await cluster.stop();
  }
}

/** Fresh brokers are several times slower at first; nothing of that may reach a figure. */
async function warmUp(cluster: Cluster, contenders: readonly Contender[]): Promise<void> {
  if (settings.warmups === 0) return;
  const inputs = await makeInputs(cluster, "warm", WARMUP_RECORDS);
  for (let run = 0; run < settings.warmups; run++) {
    const contender = contenders[run % contenders.length]!;
    const { recordsPerSecond } = await runOnce(cluster, contender, inputs, WARMUP_RECORDS);
    say(
      `warm-up ${run + 1} of ${settings.warmups}, ${contender.name}: ${thousands(recordsPerSecond)} records/s`,
    );
  }
}

async function makeInputs({ tools }: Cluster, name: string, records: number): Promise<Inputs> {
  const inputs = {
    input: `${name}-in`,
    other: job!.readsOther === true ? `${name}-other` : undefined,
  };
  for (const topic of [inputs.input, inputs.other]) {
    if (topic === undefined) continue;
    await tools.deleteTopic(topic); // of an earlier run, where the cluster is not fresh
    await tools.createTopic(topic, 6, settings.brokers);
  }
  await job!.seed(tools, inputs, records);
  return inputs;
}

async function runOnce(
  cluster: Cluster,
  contender: Contender,
  inputs: Inputs,
  records: number,
): Promise<RunResult> {
  const { tools } = cluster;
  const id = `run-${process.pid}-${++started}`;
  const output = `${id}-out`;
  const directory = mkdtempSync(join(tmpdir(), "peridot-bench-"));
  await tools.createTopic(output, 6, settings.brokers, { "message.timestamp.type": "LogAppendTime" });
  try {
    const run = { cluster, ...inputs, output, applicationId: id, threads: settings.threads, directory };
    const outputs = records * (job!.outputsEach ?? 1);
    const { app, measurement } = await tools.measure(output, outputs, () => contender.start(run), {
      brokers: cluster.pids(),
    });
    await app.stop();
    const wrong = await job!.verify(cluster, inputs, output);
    if (wrong !== undefined) throw new Error(`${contender.name}: the output is wrong: ${wrong}`);
    const millions = records / 1e6;
    return {
      contender: contender.name,
      recordsPerSecond: measurement.recordsPerSecond / (job!.outputsEach ?? 1),
      cpuSecondsPerMillion: measurement.cpuSeconds / millions,
      cpuSecondsPerMillionRunning: (measurement.cpuSeconds - measurement.cpuSecondsBeforeOutput) / millions,
      rssPeakMiB: measurement.rssPeakMiB,
      brokersCpuSecondsPerMillion: measurement.brokersCpuSeconds / millions,
    };
  } finally {
    await tools.deleteTopic(output);
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(results: readonly RunResult[]): void {
  const rows = rowsOf(results);
  const place = settings.brokers === 1 ? "one-broker" : "three-brokers";
  const name = values.name ?? (values.job === "main" ? place : `${values.job}-${place}`);
  const machine = {
    cpu: cpus()[0]?.model.trim() ?? "",
    cores: cpus().length,
    node: process.version,
    java: javaVersion(),
  };
  const table = markdownTable(rows);
  mkdirSync(values.out, { recursive: true });
  const file = (ending: string) => join(values.out, `${name}.${ending}`);
  const when = new Date().toISOString().slice(0, 10);
  writeFileSync(
    file("json"),
    `${JSON.stringify({ when, kafka: KAFKA_VERSION, ...settings, machine, rows, results }, null, 2)}\n`,
  );
  writeFileSync(file("md"), `${table}\n`);
  writeFileSync(file("svg"), chartOf(rows));
  console.log(
    `\n${table}\n\nEvery output was verified exact by an independent reader. Written to ${file("{json,md,svg}")}`,
  );
}

function chartOf(rows: readonly Row[]): string {
  const title = `${job!.title}, ${settings.brokers === 1 ? "one broker" : "three brokers, replication 3"}, exactly once`;
  const panel = (what: string, pick: (row: Row) => number, label: (value: number) => string) => ({
    title: what,
    bars: rows.map((row) => ({ name: row.contender, value: pick(row), label: label(pick(row)) })),
  });
  return barChart(title, [
    panel("records per second (more is better)", (row) => row.recordsPerSecond, thousands),
    panel(
      "CPU seconds per million records (less is better)",
      (row) => row.cpuSecondsPerMillion,
      (value) => value.toFixed(2),
    ),
  ]);
}

function javaVersion(): string {
  return execFileSync("java", ["--version"], { encoding: "utf8" }).split("\n")[0] ?? "";
}

function say(words: string): void {
  console.log(words);
}
