import type { GlobalStore } from "../state/global-store.ts";
import type { KeyText } from "../state/key-text.ts";
import type { TextRange } from "../state/ordered-keys.ts";
import type { TableEntry } from "../state/store-table.ts";
import type { TaskStates } from "./task-states.ts";
import type { TaskName } from "./thread-port.ts";

/** What is asked of a store of some tasks: plain data, since it goes to workers. */
export type StoreQuery =
  /** Of one task, or of the first that has it. */
  | { readonly store: string; readonly task?: TaskName; readonly key: KeyText }
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
  const global = states.globals?.rows(query.store);
  if (global !== undefined) return answerGlobal(global, query);
  const tasks = states.tasks.filter((task) => states.of(task)!.stores.has(query.store));
  const tableOf = (task: TaskName) => states.of(task)!.store(query.store).table;
  if ("key" in query) {
    const { key, task: only } = query;
    const asked = only === undefined ? tasks : tasks.filter((task) => task === only);
    const found = asked.map((task) => tableOf(task).committed(key)).find((value) => value !== undefined);
    return { tasks, entries: found === undefined ? [] : [[key, found]] };
  }
  if (!("range" in query) || !tasks.includes(query.task)) return { tasks, entries: [] };
  return { tasks, entries: firstOf(tableOf(query.task).committedRange(query.range), query.limit) };
}

/** In place of a task's name: a global table belongs to none. */
const GLOBAL: TaskName = "global";

function answerGlobal(rows: GlobalStore, query: StoreQuery): StoreAnswer {
  const tasks = [GLOBAL];
  if ("key" in query) {
    const found = rows.get(query.key);
    return { tasks, entries: found === undefined ? [] : [[query.key, found]] };
  }
  return { tasks, entries: "range" in query ? firstOf(rows.range(query.range), query.limit) : [] };
}

function firstOf(found: Iterable<TableEntry>, limit: number): TableEntry[] {
  const entries: TableEntry[] = [];
  for (const entry of found) {
    entries.push(entry);
    if (entries.length === limit) break;
  }
  return entries;
}
