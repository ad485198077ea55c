/**
 * The port between a task and what keeps its stores between two lives of the process. One backend holds all those
 * stores of one task that have picked it. Implementations: `memory` (nothing outlives the process) and `lmdb`;
 * test/state/backend-conformance.ts tests each guarantee below against each of them, and users may bring their own.
 *
 * A backend only ever holds what Kafka has committed: after a crash a store is a prefix of its changelog, as of the
 * position that was written with it.
 */
export interface StateBackend {
  /** Where a store had come to in its changelog, as of the last `commit` that named it; undefined: nothing is known. */
  position(store: string): ChangelogPosition | undefined;
  /** The bytes under a key, which may be kept and must not be changed; undefined: none. */
  get(store: string, key: Uint8Array): Uint8Array | undefined;
  /** Entries in the order of their keys' unsigned bytes. What is committed meanwhile may or may not be seen. */
  range(store: string, range: KeyRange): Iterable<readonly [key: Uint8Array, value: Uint8Array]>;
  /** How many entries a store has, about; 0 only if it has none. */
  size(store: string): number;
  /** All of it or nothing, also when the process is killed meanwhile. Synchronous. */
  commit(changes: readonly StoreChanges[]): void;
  /** Forgets a store's entries and its position. */
  clear(store: string): void;
  /** Everything that was committed is on disk when it resolves. Once. */
  close(): Promise<void>;
}

/** What one transaction of a backend does to one store. */
export interface StoreChanges {
  readonly store: string;
  /** undefined: the entry is deleted. The last one of a key counts. */
  readonly entries: Iterable<readonly [key: Uint8Array, value: Uint8Array | undefined]>;
  /** Where the store is in its changelog behind these changes; undefined: that stays as it was. */
  readonly position: ChangelogPosition | undefined;
}

/** A place in a changelog: everything below it is in the store. */
export interface ChangelogPosition {
  /** 32 hex digits: a topic that was deleted and made again is another one. All zeros: the broker has no topic ids. */
  readonly topicId: string;
  /** The first offset that is not in the store. */
  readonly offset: bigint;
  /** When it was so, in milliseconds since the epoch: older tombstones may be compacted away. */
  readonly at: number;
}

/** Keys from `from` on, up to and without `to`, by unsigned bytes; an absent end is open. */
export interface KeyRange {
  readonly from?: Uint8Array | undefined;
  readonly to?: Uint8Array | undefined;
  /** From the last to the first. */
  readonly reverse?: boolean | undefined;
}

/** Opens backends; an application's stores pick theirs by it. */
export interface StateBackendType {
  /** For logs, and for the name of its files. */
  readonly name: string;
  /** Whether entries outlive the process: where not, nothing is flushed, and each start restores from the changelogs. */
  readonly persistent: boolean;
  /**
   * @param directory of the task, which it makes if need be; two tasks never share one, and no two processes open it at a time.
   * @throws STATE_BACKEND_FAILED if it cannot be opened. What is damaged, foreign or of a newer format is set aside,
   *   and told to `warn`: the backend is then empty, and its stores are restored.
   */
  open(directory: string, warn: (problem: string) => void): Promise<StateBackend>;
}
