import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The release of Kafka whose message definitions and error codes are taken over. */
export const KAFKA_VERSION = "4.3.1";

/** The kafka-clients jar: the path given on the command line, else fetched with Maven. */
export function kafkaClientsJar(): string {
  const given = process.argv[2];
  if (given !== undefined) return given;
  const folder = mkdtempSync(join(tmpdir(), "kafka-clients-"));
  const artifact = `org.apache.kafka:kafka-clients:${KAFKA_VERSION}`;
  execFileSync("mvn", [
    "-q",
    "-B",
    "dependency:copy",
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${folder}`,
  ]);
  return join(folder, `kafka-clients-${KAFKA_VERSION}.jar`);
}
