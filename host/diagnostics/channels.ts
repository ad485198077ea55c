import { channel } from "node:diagnostics_channel";

/**
 * All of Peridot's channels. An event is built only while somebody listens, and once a batch at most. Channels are
 * Node's own and reach the thread that they are in: with `threads: N`, subscribe in the topology module.
 *
 *   peridot:task:batch   TaskBatchEvent    a task has processed rows
 *   peridot:task:bad     BadRecordsEvent   records were skipped, or made dead letters
 *   peridot:restore    RestoreEvent      a store comes back from its changelog: once a second, and when it is there
 *   peridot:purge        RecordPurgeEvent  consumed records of repartition topics were deleted (in the main thread)
 */
/** `peridot:task:batch`, of TaskBatchEvent. */
export const taskBatchChannel = channel("peridot:task:batch");
/** `peridot:task:bad`, of BadRecordsEvent. */
export const badRecordsChannel = channel("peridot:task:bad");
/** `peridot:purge`, of RecordPurgeEvent. */
export const recordPurgeChannel = channel("peridot:purge");

/** `peridot:restore`, of RestoreEvent. */
export const restoreChannel = channel("peridot:restore");

/** How far a store has come back from its changelog. */
export interface RestoreEvent {
  /** "0_3" */
  readonly task: string;
  readonly store: string;
  /** Records that were read, since the restore began. */
  readonly restored: number;
  /** Offsets that are left; 0: it is there. */
  readonly left: number;
  readonly recordsPerSecond: number;
  /** Milliseconds that it will take still; undefined: nobody knows. */
  readonly estimateMs: number | undefined;
}

/** Rows of one source partition that a task has processed. Their transaction is not committed yet. */
export interface TaskBatchEvent {
  /** "0_3" */
  readonly task: string;
  readonly topic: string;
  readonly partition: number;
  /** Source rows consumed. */
  readonly rows: number;
  readonly skipped: number;
  readonly deadLettered: number;
}

/** Records that the error settings passed over. */
export interface BadRecordsEvent {
  readonly task: string;
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly {
    readonly offset: bigint;
    /** The node of the topology that it failed in. */
    readonly node: string;
    readonly error: Error;
    readonly became: "skipped" | "deadLetter";
  }[];
}

/** Consumed records of repartition topics were deleted, or could not be: then they are at the next purge. */
export interface RecordPurgeEvent {
  /** Records below `before` are gone. Empty if it failed. */
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly before: bigint;
  }[];
  readonly error: Error | undefined;
}
