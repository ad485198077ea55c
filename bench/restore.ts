import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Cluster, startCluster } from "./cluster/cluster.ts";
import { KAFKA_VERSION } from "./cluster/jars.ts";
import { clusterSource, hasJava } from "./cluster/source.ts";
import { type Contender, kafkaStreams, peridot, TUNED } from "./lib/contenders.ts";
import { thousands } from "./lib/report.ts";

/**
 * How fast a store comes back from its changelog: a count by key, as many keys as records, is stopped, its state
 * directory removed, and some more records are written; measured is the time from the second start to the last of their
 * counts, which an independent reader then verifies. Peridot and Kafka Streams in turn, over the same brokers.
 *
 * Claims this stands for: README, "How fast". Linux only, since CPU seconds come from /proc.
 */
const USAGE = `npm run bench:restore -- [options]
  --records N   5000000, each under a key of its own
  --runs N      2 of each contender
  --only TEXT   contenders whose name contains this`;

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "5000000" },
    runs: { type: "string", default: "2" },
    only: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});
const records = Number(values.records);
/** Records that are counted behind the restore. */
const MORE = 6000;
const PARTITIONS = 6;
/** Kafka Streams does not leave its group when it is closed: its next life waits until this is over. */
const SESSION_MS = 6000;
const STREAMS = {
  job: "count",
  "statestore.cache.max.bytes": "0",
  "consumer.session.timeout.ms": `${SESSION_MS}`,
};
const CONTENDERS: readonly Contender[] = [
  peridot("Peridot", { CACHE: "0" }, "count"),
  kafkaStreams("Kafka Streams, defaults", STREAMS),
  kafkaStreams("Kafka Streams, tuned", { ...STREAMS, ...TUNED }),
];

if (values.help) console.log(USAGE);
else if (clusterSource().kind === "none" || !hasJava()) {
  console.error("This benchmark cannot run here: it needs brokers, a JDK (17 or later) and Maven.");
  process.exitCode = 1;
} else await main();

async function main(): Promise<void> {
  console.log(`1 broker, Kafka ${KAFKA_VERSION}, ${thousands(records)} records, 1 thread`);
  const cluster = await startCluster({ brokers: 1 });
  try {
    for (let run = 1; run <= Number(values.runs); run++) {
      for (const contender of CONTENDERS.filter(({ name }) => name.includes(values.only))) {
        const { seconds, cpuSeconds, rssPeakMiB } = await restoreOnce(cluster, contender, run);
        console.log(
          `run ${run}, ${contender.name}: restored after ${seconds.toFixed(1)} s ` +
            `(${thousands(records / seconds)} records/s), ${cpuSeconds.toFixed(1)} CPU s, ${rssPeakMiB} MiB, counts exact`,
        );
      }
    }
  } finally {
    await cluster.stop();
  }
}

async function restoreOnce(cluster: Cluster, contender: Contender, run: number) {
  const { tools } = cluster;
  const id = `restore-${process.pid}-${run}-${contender.name.replaceAll(/\W+/g, "-")}`;
  const [input, output] = [`${id}-in`, `${id}-out`];
  const directory = mkdtempSync(join(tmpdir(), "peridot-restore-"));
  await tools.createTopic(input, PARTITIONS, 1);
  await tools.createTopic(output, PARTITIONS, 1, { "message.timestamp.type": "LogAppendTime" });
  const start = () =>
    contender.start({ cluster, input, other: undefined, output, applicationId: id, threads: 1, directory });
  try {
    await tools.seed(input, records, { keys: records, inOrder: true });
    const first = await tools.measure(output, records, start);
    await first.app.stop();
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    await tools.seed(input, MORE, { keys: records, inOrder: true });
    await sleep(2 * SESSION_MS);
    const { app, measurement } = await tools.measure(output, records + MORE, start, { stallSeconds: 300 });
    await app.stop();
    const { exact, ...facts } = await tools.verifyCounts(input, output);
    if (!exact) throw new Error(`${contender.name}: the counts are wrong: ${JSON.stringify(facts)}`);
    const { wallSeconds: seconds, cpuSeconds, rssPeakMiB } = measurement;
    return { seconds, cpuSeconds, rssPeakMiB };
  } finally {
    for (const topic of [input, output, `${id}-counts-changelog`]) await tools.deleteTopic(topic);
    rmSync(directory, { recursive: true, force: true });
  }
}
