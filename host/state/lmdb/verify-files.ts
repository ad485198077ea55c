import { openEnvironment } from "./environment.ts";
import { POSITIONS, soundEntry } from "./stored-entry.ts";

/**
 * Reads an environment to its end, in a process of its own: it may be killed by what it reads. Ends with 0 if every entry
 * is what was written, and keys lie in their order.
 */
const path = process.argv[2]!;
const environment = await openEnvironment(path, true);
for (const name of environment.getKeys()) {
  const store = environment.openDB<Buffer, Buffer>({
    name: String(name),
    encoding: "binary",
    keyEncoding: "binary",
  });
  let before: Buffer | undefined;
  for (const { key, value } of store.getRange({})) {
    const isOrdered = before === undefined || Buffer.compare(before, key) < 0;
    if (!isOrdered || (String(name) !== POSITIONS && soundEntry(key, value) === undefined)) process.exit(1);
    before = Buffer.from(key);
  }
}
await environment.close();
