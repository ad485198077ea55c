import { unreachable } from "../assert.ts";
import type { StateBackendType } from "../state/state-backend.ts";
import type { AnySerde, Serde } from "../topology/serde.ts";
import type { StoreSpec } from "../topology/store-spec.ts";
import type { EmitStrategy, Windows } from "../topology/windows.ts";
import type { NodeLog } from "./node-log.ts";
import type { Named } from "./produced.ts";
import { retentionOf, specOf, storeMisuse } from "./stores.ts";

/** How a table is kept (Kafka Streams' Materialized). */
export interface Materialized<K, V> extends Named {
  /**
   * The store's name: it outlives the process, as part of the names of its changelog and its files, and queries ask by
   * it. Default: generated, where there must be a store; else there is none.
   */
  readonly store?: string;
  /** Default: as the stream has them. */
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
  /** Where the store lives; default: as the application's option `stateBackend` says. */
  readonly backend?: StateBackendType;
  /** Whether changes of a key between two commits become one; default true. See the option `cacheMaxBytes`. */
  readonly caching?: boolean;
  /** Configuration of the changelog topic; false: there is none. */
  readonly logging?: false | Readonly<Record<string, string>>;
  /** The store keeps its past, so far back in stream time, in milliseconds (a versioned store, KIP-914). */
  readonly historyMs?: number;
  /**
   * Of windows: how long they can be seen, in milliseconds of stream time. Default: as long as they can change, which is
   * their size (of sliding windows twice, of sessions the gap) and grace.
   */
  readonly retentionMs?: number;
}

/** @param serdes what the table has of its own. */
export function materializedSpec(
  name: string,
  given: Materialized<never, never> | Materialized<unknown, unknown>,
  serdes: { readonly key: AnySerde | undefined; readonly value: AnySerde | undefined },
): StoreSpec {
  const key = (given.key as AnySerde | undefined) ?? serdes.key;
  const value = (given.value as AnySerde | undefined) ?? serdes.value;
  if (key === undefined) throw serdeMissing(name, "key");
  if (value === undefined) throw serdeMissing(name, "value");
  const { backend, caching = true, logging = {}, historyMs } = given;
  const options = { name, key, value, logging, ...(backend === undefined ? {} : { backend }) };
  if (historyMs === undefined) return Object.freeze(specOf("timestamped-key-value", { ...options, caching }));
  if (!(Number.isSafeInteger(historyMs) && historyMs >= 0)) {
    throw storeMisuse(
      `the store "${name}" is to keep a history of ${historyMs} ms`,
      "Give a whole number from 0 on",
    );
  }
  // each version counts
  return Object.freeze({ ...specOf("versioned", { ...options, caching: false }), historyMs });
}

/** The store of an aggregation over windows. @param value as for `materializedSpec` */
export function windowedSpec(
  name: string,
  given: Materialized<never, never> | Materialized<unknown, unknown>,
  serdes: { readonly key: AnySerde | undefined; readonly value: AnySerde | undefined },
  windows: Windows,
  emits: EmitStrategy,
): StoreSpec {
  const { needsMs, sizeMs } = lengthOf(windows);
  const { retentionMs = needsMs, historyMs } = given;
  if (historyMs !== undefined)
    throw storeMisuse(`the store "${name}" of windows is to keep versions`, "Leave historyMs out");
  const spec = materializedSpec(name, given, serdes);
  if (!(Number.isSafeInteger(retentionMs) && retentionMs >= needsMs)) {
    throw storeMisuse(
      `the store "${name}" is to keep its windows for ${retentionMs} ms, and they can change for ${needsMs} ms`,
      "Keep them at least so long",
    );
  }
  const isFinal = emits === "on-window-close";
  return Object.freeze({
    ...spec,
    kind: windows.kind === "session" ? "session" : "timestamped-window",
    // Kafka Streams caches results that are told once for these windows, and for no others
    caching: spec.caching && (!isFinal || windows.kind === "time"),
    windows: retentionOf(retentionMs, sizeMs, { isTimeOrdered: isFinal }),
  });
}

/** For how long windows can change, and from their start to their end, in milliseconds. */
function lengthOf(windows: Windows): { readonly needsMs: number; readonly sizeMs: number } {
  switch (windows.kind) {
    case "time":
      return { needsMs: windows.sizeMs + windows.graceMs, sizeMs: windows.sizeMs };
    case "sliding":
      return { needsMs: 2 * windows.differenceMs + windows.graceMs, sizeMs: windows.differenceMs };
    case "session":
      return { needsMs: windows.gapMs + windows.graceMs, sizeMs: 0 };
    default:
      return unreachable(windows);
  }
}

/** The name given, or a generated one, whose number is used up in any case but that. */
export function storeName(
  log: NodeLog,
  prefix: string,
  { store }: Pick<Materialized<never, never>, "store">,
): string {
  return store ?? log.newStoreName(prefix);
}

function serdeMissing(store: string, part: "key" | "value") {
  return storeMisuse(
    `no serde for the ${part}s of the store "${store}": a function has made them, so their type is not known`,
    `Give one: { store: "${store}", ${part}: … }`,
  );
}
