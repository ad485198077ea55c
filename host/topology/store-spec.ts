import type { StateBackendType } from "../state/state-backend.ts";
import type { PlannedStore } from "./plan.ts";
import type { AnySerde } from "./serde.ts";

/**
 * What a store holds: values by key; the same with timestamps; so many of them as were used last; values by key with
 * their past; by key and window; the same with timestamps; by key and session; records
 * that wait to be joined; changes that are kept back.
 */
export type StoreKind =
  | "key-value"
  | "timestamped-key-value"
  | "lru"
  | "versioned"
  | "window"
  | "timestamped-window"
  | "session"
  | "join-buffer"
  | "suppress-buffer";

/** How long a store of windows or sessions keeps them, in milliseconds of its own stream time. */
export interface WindowRetention {
  readonly retentionMs: number;
  /** Windows are forgotten in segments of so much time. */
  readonly segmentMs: number;
  /** From a window's start to its end; of sessions 0: each has its own. */
  readonly sizeMs: number;
  /** Several values under one key and window. */
  readonly keepsDuplicates: boolean;
  /** Windows can be read in the order of their times, whatever their keys are. */
  readonly isTimeOrdered: boolean;
}

/** A store as data. S: what processors get of it. */
export interface StoreSpec<S = unknown> {
  /** It outlives the process: it is part of the names of its changelog and its files. */
  readonly name: string;
  readonly kind: StoreKind;
  readonly key: AnySerde;
  readonly value: AnySerde;
  /** Where it lives; undefined: as the application's option `stateBackend` says. */
  readonly backend: StateBackendType | undefined;
  /** Whether several changes of a key between two commits become one: see the application's option `cacheMaxBytes`. */
  readonly caching: boolean;
  /** Configuration of the changelog topic beside what the store needs; false: it has none, and is empty after a loss. */
  readonly logging: false | Readonly<Record<string, string>>;
  /** Of a versioned store: how far back in stream time its past can be asked for, in milliseconds. */
  readonly historyMs?: number | undefined;
  /** Of a store of windows or sessions. */
  readonly windows?: WindowRetention | undefined;
  /** Of an LRU store: entries at most. */
  readonly entriesMax?: number | undefined;
  /** Headers of the records that change it go to its changelog, too: Kafka Streams does so for one store of its own. */
  readonly logsHeaders?: boolean | undefined;
  /** There is nothing here at run time. */
  readonly store?: S;
}

/** Whether kernels change a store in place of processors. */
export function kernelsChange({ spec, inKernels }: PlannedStore, cacheBytesMax: number): boolean {
  return inKernels === "always" || (inKernels === "without-cache" && !hasRecordCache(spec, cacheBytesMax));
}

/** Whether the store's changes are told, and logged, at commits, and not when they are made: once for each key. */
export function hasRecordCache({ kind, caching }: StoreSpec, cacheBytesMax: number): boolean {
  return kind === "suppress-buffer" || (caching && cacheBytesMax > 0);
}
