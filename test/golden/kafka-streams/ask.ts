import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brokerJars, classesOf, HOME, javaCommand, KAFKA_VERSION } from "../../../bench/cluster/jars.ts";
import { finished, launch } from "../../../bench/cluster/processes.ts";
import type { Scenario } from "../scenario.ts";

/** What holds the entries of Kafka Streams' stores. */
export type StoreKind = "rocksdb" | "in-memory";

/**
 * The same scenarios with what Kafka Streams makes of their inputs (java/Capture.java). Inputs behind an error are left
 * out; `stores` names the stores whose contents are wanted.
 */
export async function askKafkaStreams(
  scenarios: readonly Scenario[],
  stores: StoreKind = "rocksdb",
): Promise<readonly Scenario[]> {
  const classes = await classesOf("golden", join(import.meta.dirname, "java"));
  const path = `${classes}:${await brokerJars(KAFKA_VERSION)}`;
  // where a container sees it, too
  mkdirSync(join(HOME, "runs"), { recursive: true });
  const folder = mkdtempSync(join(HOME, "runs", "golden-"));
  try {
    const [asked, answered] = [join(folder, "scenarios.json"), join(folder, "answers.json")];
    writeFileSync(asked, JSON.stringify(scenarios));
    const flags = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g", "-Dlevel=OFF", "-cp", path];
    await finished(launch(javaCommand([...flags, "Capture", stores, asked, answered])));
    return JSON.parse(readFileSync(answered, "utf8")) as Scenario[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
