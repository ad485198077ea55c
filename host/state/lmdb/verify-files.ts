import { openEnvironment } from "./environment.ts";
import { POSITIONS, soundEntry } from "./stored-entry.ts";

/**
 * Reads an environment to its end, in a process of its own: it may be killed by what it reads. Says "sound" if every
 * entry is what was written, and keys lie in their order; how it ends says nothing then.
 */
const path = process.argv[2]!;
const environment = await openEnvironment(path, true);
for (const key of environment.getKeys()) {
  const name = String(key).replace(/\0$/, ""); // names end as C has it
  const store = environment.openDB<Buffer, Buffer>({
    name,
    encoding: "binary",
    keyEncoding: "binary",
  });
  let before: Buffer | undefined;
  for (const { key: stored, value } of store.getRange({})) {
    const isOrdered = before === undefined || Buffer.compare(before, stored) < 0;
    if (!isOrdered || (name !== POSITIONS && soundEntry(stored, value) === undefined)) process.exit(1);
    before = Buffer.from(stored);
  }
}
process.stdout.write("sound");
