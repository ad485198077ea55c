import type { TaskState } from "../state/task-state.ts";
import type { GraphOutputs } from "./graph/graph-outputs.ts";

/**
 * Brings what a run has logged of its stores to their changelogs, each to the partition of its task.
 *
 * @param changelogOf a store's topic; undefined: it has none.
 */
export function addChangelogRecords(
  state: TaskState,
  outputs: GraphOutputs,
  partition: number,
  changelogOf: (store: string) => string | undefined,
): void {
  for (const [store, logged] of state.logged) {
    const topic = changelogOf(store);
    if (topic === undefined) continue;
    for (const { row, record } of logged) {
      outputs.add({ row, place: -1, path: undefined }, topic, store, partition, record);
    }
  }
}
