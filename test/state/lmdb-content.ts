import type { ChangelogPosition, StateBackend, StoreChanges } from "../../host/state/state-backend.ts";
import { SeededRandom } from "../sim/seeded-random.ts";

export const STORES = ["counts", "sums"];
const KEYS = 400;

/** What stores hold, as a text that can be compared. */
export type Snapshot = string;

/** The commit of a number, which a process of its own makes as well: the same for the same seed. */
export function commitOf(seed: number, commit: number): StoreChanges[] {
  const random = new SeededRandom(seed * 1000 + commit);
  return STORES.map((store) => ({
    store,
    entries: Array.from({ length: random.whole(1, 120) }, () => {
      const key = `key-${random.whole(0, KEYS - 1)}`;
      const value = random.chance(0.2)
        ? undefined
        : Buffer.from(`${commit}:`.repeat(random.chance(0.02) ? 3000 : 9));
      return [Buffer.from(random.chance(0.02) ? key.repeat(500) : key), value] as const;
    }),
    position: positionOf(commit),
  }));
}

export function positionOf(commit: number): ChangelogPosition {
  return { topicId: "ab".repeat(16), offset: BigInt(commit), at: commit };
}

/** The number of the last commit; undefined: it knows none. */
export function lastCommit(backend: StateBackend): number | undefined {
  const position = backend.position(STORES[0]!);
  return position && Number(position.offset);
}

export function snapshotOf(backend: StateBackend): Snapshot {
  return JSON.stringify(
    STORES.map((store) => [
      String(backend.position(store)?.offset),
      Array.from(backend.range(store, {}), (entry) =>
        entry.map((part) => Buffer.from(part).toString("base64")),
      ),
    ]),
  );
}
