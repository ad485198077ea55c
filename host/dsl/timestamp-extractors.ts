import type { TimestampExtractor } from "../topology/timestamp-extractor.ts";

/** The record's timestamp; a negative one stops the application. Kafka Streams' default. */
export const failOnInvalidTimestamp: TimestampExtractor = Object.freeze({
  from: "record",
  onInvalid: "fail",
});

/** The record's timestamp; a record with a negative one is dropped. */
export const logAndSkipOnInvalidTimestamp: TimestampExtractor = Object.freeze({
  from: "record",
  onInvalid: "skip",
});

/** The record's timestamp; in place of a negative one, the largest that its partition has had so far. */
export const usePartitionTimeOnInvalidTimestamp: TimestampExtractor = Object.freeze({
  from: "record",
  onInvalid: "partition-time",
});

/** The wall-clock time at which the record is processed. */
export const wallclockTimestamp: TimestampExtractor = Object.freeze({ from: "wall-clock" });
