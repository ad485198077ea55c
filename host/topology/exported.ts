import type { Serde } from "./serde.ts";

/** A stream's way out of the application: what `KStream#export` gives, or the same written down by hand. */
export interface Exported<K, V> {
  readonly name: string;
  /** Default: `<application id>-<name>-export`. */
  readonly topic?: string | undefined;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

/** A committed record. */
export interface ExportedRecord<K, V> {
  readonly topic: string;
  readonly partition: number;
  /** With topic and partition it names the record for ever: who stores it can tell what has come twice. */
  readonly offset: bigint;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: K | null;
  readonly value: V | null;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/** How an export is read. */
export interface ExportOptions {
  /**
   * By partition, the offset to begin with; a partition that is not there is read from its start. Who gives it keeps
   * the positions: all partitions are read, and nothing is committed.
   */
  readonly from?: ReadonlyMap<number, bigint> | undefined;
}
