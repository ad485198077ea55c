import { openDatabase, openEnvironment } from "./environment.ts";
import { NOTHING, RunningSummary, readSummary, SUMMARIES } from "./store-summary.ts";
import { soundEntry, storedKey } from "./stored-entry.ts";

/**
 * Reads an environment to its end, in a process of its own: it may be killed by what it reads. Ends with 0 if every
 * entry is what was written, keys lie in their order, and each store has as many entries, with the same checksums, as
 * its last commit says.
 */
if (await isSound(process.argv[2]!)) process.stdout.write("sound");

async function isSound(path: string): Promise<boolean> {
  const environment = await openEnvironment(path, true);
  const names = [...environment.getKeys()].map((key) => String(key).replace(/\0$/, "")); // as C ends them
  const summaries = names.includes(SUMMARIES) ? openDatabase(environment, SUMMARIES) : undefined;
  let summed = 0;
  for (const name of names) {
    const database = openDatabase(environment, name);
    const found = new RunningSummary(NOTHING);
    let before: Buffer | undefined;
    for (const { key, value } of database.getRange({})) {
      if (before !== undefined && Buffer.compare(before, key) >= 0) return false;
      if (soundEntry(key, value) === undefined) return false;
      found.add(value);
      before = Buffer.from(key);
    }
    if (name === SUMMARIES) {
      summed += found.entries;
      continue;
    }
    const stored = storedKey(Buffer.from(name));
    const written = summaries?.get(stored);
    if (written !== undefined) summed--;
    const summary = written === undefined ? NOTHING : readSummary(path, stored, written);
    if (found.entries !== summary.entries || found.checksum !== summary.checksum) return false;
  }
  return summed === 0; // else a store is gone of which there is a summary
}
