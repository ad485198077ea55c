import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The release of Kafka whose message definitions and error codes are taken over. */
export const KAFKA_VERSION = "4.3.1";
const ARTIFACTS = [`org.apache.kafka:kafka-clients:${KAFKA_VERSION}`, "org.slf4j:slf4j-api:1.7.36"];

/** A folder with the kafka-clients jar and what it needs to run: the one on the command line, else fetched with Maven. */
export function kafkaClientsFolder(): string {
  const given = process.argv[2];
  if (given !== undefined) return given;
  const folder = mkdtempSync(join(tmpdir(), "kafka-clients-"));
  for (const artifact of ARTIFACTS)
    execFileSync("mvn", [
      "-q",
      "-B",
      "dependency:copy",
      `-Dartifact=${artifact}`,
      `-DoutputDirectory=${folder}`,
    ]);
  return folder;
}

export function kafkaClientsJar(folder: string): string {
  return join(folder, `kafka-clients-${KAFKA_VERSION}.jar`);
}
