import type { PeridotError } from "../errors.ts";
import type { MemberIdentity, TopicPartition } from "../transport/port.ts";
import type { StoreAnswer, StoreQuery } from "./store-query.ts";

/** A sub-topology on one partition, written "0_3". */
export type TaskName = string;

export interface TaskToOpen {
  readonly task: TaskName;
  readonly partitions: readonly TopicPartition[];
}

/** Who answers questions about the stores of a thread's tasks. */
export interface Queried {
  /** No tasks: they are being restored, or there are none, or the thread has ended. */
  query(query: StoreQuery): Promise<StoreAnswer>;
}

/** Generation and task set, in one message: a thread never learns the one without the other. */
export interface ThreadAssignment {
  readonly identity: MemberIdentity;
  readonly tasks: readonly TaskToOpen[];
  /** Stable committed offsets by "topic-partition"; absent: none yet. */
  readonly committed: ReadonlyMap<string, bigint>;
  /** What was noted beside them. */
  readonly notes?: ReadonlyMap<string, string>;
  /** Where to begin on partitions without one, if it is not as the offset reset policy says. */
  readonly starts?: ReadonlyMap<string, bigint>;
  /** Topics that only patterns have found: they may be deleted at any time. */
  readonly matched?: ReadonlySet<string>;
}

/** What a thread tells about itself; sums since its start. */
export interface ThreadProgress {
  readonly records: number;
  readonly transactions: number;
  readonly aborts: number;
}

/** What the main thread hears without having asked. */
export interface ThreadEvents {
  /** The tasks were lost (fenced): what is to follow is `drop`, joining again, then `assign`. */
  lost(error: PeridotError): void;
  /** The thread has stopped for good; its transaction is not committed. */
  failed(error: PeridotError): void;
  progress(progress: ThreadProgress): void;
}

/**
 * A stream thread as the main thread sees it: inline in the same thread, or in a worker. Each call resolves once
 * the thread has done it; after `failed` all calls resolve at once.
 */
export interface ThreadHandle {
  /** Connects and makes the producer: an older life of this transactional.id is fenced from here on. */
  start(): Promise<void>;
  /** Only after `revoke` or `drop`: the thread owns nothing. */
  assign(assignment: ThreadAssignment): Promise<void>;
  /** Commits what is computed, then gives up all tasks. "dropped": it could not be committed and is undone. */
  revoke(): Promise<"committed" | "dropped">;
  /** Gives up all tasks without a commit: they are others' already. */
  drop(): Promise<void>;
  /** Commits, gives up all tasks, closes connections. */
  close(): Promise<void>;
}
