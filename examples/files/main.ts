import { appendFileSync, createReadStream, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  EmbeddedBroker,
  type ImportedRecord,
  json,
  memoryTransport,
  peridot,
  string,
  systemClock,
} from "peridot-streams";
import { ExactFile } from "./exact-file.ts";

/** Hot cities, from a file to a file, each line exactly once although the program is run again after a crash. */
interface Reading {
  readonly city: string;
  readonly celsius: number;
}

const input = new URL("./input.ndjson", import.meta.url);
const output = join(mkdtempSync(join(tmpdir(), "files-example-")), "hot.txt");
const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });

/** The lines of a file of UTF-8 from a byte on; each one's position is the byte behind it. */
async function* lines(file: URL, from = 0): AsyncGenerator<ImportedRecord<string, Reading, number>> {
  let position = from;
  let rest = "";
  for await (const chunk of createReadStream(file, { start: from, encoding: "utf8" })) {
    const parts = `${rest}${chunk}`.split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      position += Buffer.byteLength(line) + 1;
      const value: Reading = JSON.parse(line);
      yield { key: value.city, value, position };
    }
  }
}

/** One run of the program: it ends by itself, or crashes behind so many lines. */
async function run(crashesBehind = Number.POSITIVE_INFINITY): Promise<void> {
  const app = peridot({ applicationId: "files-example", transport: memoryTransport(broker) });
  const hot = app
    .import("readings", {
      source: (position: number | undefined) => lines(input, position),
      key: string,
      value: json<Reading>(),
    })
    .filter((_city, { celsius }) => celsius > 35)
    .mapValues(({ city, celsius }) => `${city}: ${celsius} °C`)
    .export("hot", { value: string });

  await app.start();
  const file = new ExactFile(output);
  let written = 0;
  for await (const record of app.exported(hot, { from: file.from })) {
    if (++written > crashesBehind) {
      appendFileSync(output, "half a li"); // as a crash may leave it
      break;
    }
    file.append(record.value ?? "", record);
    if (record.key === "Sydney") break; // the last one
  }
  await app.close();
}

await run(2);
console.log(readFileSync(output, "utf8"));
await run();
console.log(readFileSync(output, "utf8"));
