import type { KeyText } from "./key-text.ts";
import type { TextRange } from "./ordered-keys.ts";
import type { TableEntry } from "./store-table.ts";

/** The bytes of one store, as the typed stores (host/state/stores/) see them. */
export interface StoreAccess {
  /** The bytes must not be changed, and may be kept. */
  get(key: KeyText): Uint8Array | undefined;
  /** In the order of the keys' bytes. Changes made meanwhile are seen or not. */
  range(range: TextRange): Iterable<TableEntry>;
  /** Entries, about. */
  readonly size: number;
  /**
   * It has a record cache. Windows older than the retention are seen then, until they are forgotten: Kafka Streams finds
   * them in the cache.
   */
  readonly isCached?: boolean;
  /**
   * @param value undefined deletes. It is kept: nobody may change it afterwards.
   * @param logged the record that goes to the changelog, in Kafka Streams' format; undefined: none, such as for what a
   *   store remembers of its own, which a restore makes anew.
   */
  put(key: KeyText, value: Uint8Array | undefined, logged: LoggedRecord | undefined): void;
}

/** A record of a changelog. */
export interface LoggedRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Raw headers; undefined: none. */
  readonly rawHeaders?: Uint8Array;
}
