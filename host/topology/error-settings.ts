/** What becomes of a record that cannot be processed. */
export type ErrorAction =
  /** Commit everything before it, then stop with an error that names it. */
  | "fail"
  /** Pass over it; the counter `skipped` rises. */
  | "continue"
  /** Write it, with its error as headers, to `deadLetterTopic` in the same transaction. */
  | "deadLetter";

/** Where a record failed: in its key or value bytes, in a user function, or on its way into a topic. */
export type FailureStage = "deserialization" | "processing" | "production";

/** A record that cannot be processed, as an error handler sees it. The bytes are copies. */
export interface RecordFailure {
  readonly stage: FailureStage;
  /** The node of the topology that it failed in. */
  readonly node: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly error: Error;
}

/** An action, or a function that chooses one for each failure. */
export type ErrorHandler = ErrorAction | ((failure: RecordFailure) => ErrorAction);

/** Kafka Streams' three exception handlers and its dead letter queue (KIP-161, KIP-1033, KIP-1034). */
export interface ErrorSettings {
  readonly onDeserializationError: ErrorHandler;
  readonly onProcessingError: ErrorHandler;
  readonly onProductionError: ErrorHandler;
  /** Required as soon as an action is "deadLetter". */
  readonly deadLetterTopic?: string | undefined;
}

/** Kafka Streams' defaults: fail. */
export const DEFAULT_ERROR_SETTINGS: ErrorSettings = Object.freeze({
  onDeserializationError: "fail",
  onProcessingError: "fail",
  onProductionError: "fail",
});
