import { unreachable } from "../assert.ts";
import { PeridotError } from "../errors.ts";
import type { KeyValueStore, ValueAndTimestamp } from "../state/stores/key-value-store.ts";
import type { ReadOnlySessionStore } from "../state/stores/session-store.ts";
import type { SuppressBuffer } from "../state/stores/suppress-buffer.ts";
import type { ReadOnlyVersionedStore } from "../state/stores/versioned-store.ts";
import type { ReadOnlyWindowStore } from "../state/stores/window-store.ts";
import type { ProcessorContext } from "./processor.ts";
import type { StoreSpec } from "./store-spec.ts";
import type { Windowed } from "./windowed.ts";

/** How others look up a table's rows (Kafka Streams' KTableValueGetterSupplier). */
export interface TableView {
  /** That the rows are read from. */
  readonly stores: readonly string[];
  open(context: ProcessorContext): TableReader;
}

export interface TableReader {
  /** undefined: there is no such row. */
  get(key: unknown): ValueAndTimestamp<unknown> | undefined;
  /** As it was at a time; undefined: the table does not keep versions. */
  readonly getAsOf: ((key: unknown, time: number) => ValueAndTimestamp<unknown> | undefined) | undefined;
}

/** The rows that a table's store has. */
export function storeView({ name, kind }: Pick<StoreSpec, "name" | "kind">): TableView {
  return { stores: [name], open: (context) => storeReader(context.store(name), kind) };
}

function storeReader(store: unknown, kind: StoreSpec["kind"]): TableReader {
  switch (kind) {
    case "timestamped-key-value": {
      const rows = store as KeyValueStore<unknown, ValueAndTimestamp<unknown>>;
      return { get: (key) => rows.get(key), getAsOf: undefined };
    }
    case "versioned": {
      const rows = store as ReadOnlyVersionedStore<unknown, unknown>;
      return { get: (key) => rows.get(key), getAsOf: (key, time) => rows.getAsOf(key, time) };
    }
    case "timestamped-window": {
      const rows = store as ReadOnlyWindowStore<unknown, ValueAndTimestamp<unknown>>;
      const get = (key: unknown) =>
        rows.get((key as Windowed<unknown>).key, (key as Windowed<unknown>).start);
      return { get, getAsOf: undefined };
    }
    case "session": {
      const rows = store as ReadOnlySessionStore<unknown, unknown>;
      const get = (session: unknown) => {
        const { key, start, end } = session as Windowed<unknown>;
        const value = rows.fetchSession(key, start, end);
        return value === undefined ? undefined : { value, timestamp: end };
      };
      return { get, getAsOf: undefined };
    }
    case "key-value":
    case "lru":
    case "join-buffer":
    case "suppress-buffer":
    case "window":
      throw new PeridotError("ASSERTION_FAILED", { what: `a store of the kind ${kind} is a table's` });
    default:
      return unreachable(kind);
  }
}

/** Rows that are computed from those of another table whenever they are asked for. Null: there is none. */
export function computedView(
  parent: TableView,
  uses: readonly string[],
  begin: (context: ProcessorContext) => (key: unknown, value: unknown) => unknown,
): TableView {
  return {
    stores: [...parent.stores, ...uses],
    open(context) {
      const rows = parent.open(context);
      const compute = begin(context);
      const computed = (key: unknown, row: ValueAndTimestamp<unknown> | undefined) => {
        const value = compute(key, row?.value ?? null);
        return value === null ? undefined : { value, timestamp: row?.timestamp ?? -1 };
      };
      const { getAsOf } = rows;
      return {
        get: (key) => computed(key, rows.get(key)),
        getAsOf: getAsOf && ((key, time) => computed(key, getAsOf(key, time))),
      };
    },
  };
}

/** The rows of another table, as they were before what a suppression keeps back. */
export function suppressedView(buffer: string, parent: TableView): TableView {
  return {
    stores: [buffer, ...parent.stores],
    open(context) {
      const held: SuppressBuffer = context.store(buffer);
      const rows = parent.open(context);
      return {
        get(key) {
          const prior = held.prior(key);
          if (prior === undefined) return rows.get(key);
          return prior.value === null ? undefined : { value: prior.value, timestamp: -1 };
        },
        getAsOf: undefined,
      };
    },
  };
}

/** The rows of a global table: nothing has to be connected to it. */
export function globalView(store: string): TableView {
  return { stores: [], open: (context) => storeReader(context.store(store), "timestamped-key-value") };
}
