import type { KeyText } from "../state/key-text.ts";
import type { TextRange } from "../state/ordered-keys.ts";
import type { TaskStates } from "./task-states.ts";
import type { TaskName } from "./thread-port.ts";

/** What is asked of a store of some tasks: plain data, since it goes to workers. */
export type StoreQuery =
  | { readonly store: string; readonly key: KeyText }
  /** So many entries of one task, in the order of their keys. */
  | { readonly store: string; readonly task: TaskName; readonly range: TextRange; readonly limit: number }
  /** Which tasks there are. */
  | { readonly store: string };

/** The committed state of the tasks of one thread, as of one moment. */
export interface StoreAnswer {
  /** Those that have the store. */
  readonly tasks: readonly TaskName[];
  readonly entries: readonly (readonly [key: KeyText, value: Uint8Array])[];
}

/** Answers from the last commit, whatever is being computed. */
export function answerQuery(states: TaskStates, query: StoreQuery): StoreAnswer {
  const tasks = states.tasks.filter((task) => states.of(task)!.stores.has(query.store));
  const tableOf = (task: TaskName) => states.of(task)!.store(query.store).table;
  if ("key" in query) {
    const { key } = query;
    const found = tasks.map((task) => tableOf(task).committed(key)).find((value) => value !== undefined);
    return { tasks, entries: found === undefined ? [] : [[key, found]] };
  }
  if (!("range" in query) || !tasks.includes(query.task)) return { tasks, entries: [] };
  const entries: [KeyText, Uint8Array][] = [];
  for (const [key, value] of tableOf(query.task).committedRange(query.range)) {
    entries.push([key, value]);
    if (entries.length === query.limit) break;
  }
  return { tasks, entries };
}
