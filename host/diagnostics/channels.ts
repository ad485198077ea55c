import { channel } from "node:diagnostics_channel";

/**
 * All of Peridot's channels. An event is built only while somebody listens, and once a batch at most.
 *
 *   peridot:task:batch   TaskBatchEvent    a task has processed rows
 *   peridot:task:bad     BadRecordsEvent   records were skipped, or made dead letters
 */
export const taskBatchChannel = channel("peridot:task:batch");
export const badRecordsChannel = channel("peridot:task:bad");

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
