import type { StateBackendType } from "../state/state-backend.ts";
import type { AnySerde, Serde } from "../topology/serde.ts";
import type { StoreSpec } from "../topology/store-spec.ts";
import type { NodeLog } from "./node-log.ts";
import type { Named } from "./produced.ts";
import { specOf, storeMisuse } from "./stores.ts";

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
