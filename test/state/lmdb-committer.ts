import { lmdb } from "../../host/state/lmdb/lmdb-backend.ts";
import { commitOf, lastCommit, STORES } from "./lmdb-content.ts";

/**
 * A process that commits until it is killed, and says the number of each commit that is made; or, with "fill", commits
 * more than there is room for, and says what it was told.
 */
const [, , directory, seed, mode] = process.argv;
const backend = await lmdb.open(directory!, (problem) => process.stdout.write(`warning ${problem}\n`));
if (mode === "fill") {
  const entries = Array.from(
    { length: 200 },
    (_, key) => [Buffer.from(`${key}`), Buffer.alloc(20_000)] as const,
  );
  try {
    backend.commit([{ store: STORES[0]!, entries, position: undefined }]);
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    process.stdout.write(`${JSON.stringify({ code, message })}\n`);
  }
  const next = lastCommit(backend)! + 1;
  backend.commit(commitOf(Number(seed), next));
  process.stdout.write(`${next}\n`);
  await backend.close();
} else {
  process.stdout.write("opened\n");
  for (let commit = (lastCommit(backend) ?? 0) + 1; ; commit++) {
    backend.commit(commitOf(Number(seed), commit));
    process.stdout.write(`${commit}\n`);
    await new Promise(setImmediate);
  }
}
