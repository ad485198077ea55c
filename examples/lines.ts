import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { EmbeddedBroker, Peridot, StoredRecord } from "peridot-streams";

/** Writes a file into partition 0 of a new topic: a record a line, its key up to the first space. @returns records. */
export function fill(broker: EmbeddedBroker, topic: string, file: URL): number {
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  broker.createTopic(topic);
  broker.append(topic, 0, lines.map(toRecord));
  return lines.length;
}

function toRecord(line: string): { key: string; value: string } {
  const space = line.indexOf(" ");
  return { key: line.slice(0, space), value: line.slice(space + 1) };
}

/** Starts an application, and closes it once it has processed so many records: closing commits. */
export async function runOver(app: Peridot, records: number): Promise<void> {
  await runUntil(app, () => app.progress.records >= records);
}

/** Starts an application, and closes it once it holds. */
export async function runUntil(app: Peridot, holds: () => boolean): Promise<void> {
  await app.start();
  while (!holds()) await Promise.race([sleep(10), app.ended]);
  await app.close();
}

/** Prints a topic's committed records, `also` behind each. */
export function print(broker: EmbeddedBroker, topic: string, also = (_record: StoredRecord) => ""): void {
  for (const record of broker.read(topic).flat())
    console.log(`${topic}: ${record.key} ${record.value}${also(record)}`);
}
