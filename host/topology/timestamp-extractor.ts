/** A source record as a timestamp extractor sees it. */
export interface ExtractedRecord<K, V> {
  readonly key: K;
  readonly value: V;
  /** As stored in the log, in milliseconds since the epoch; negative: none. */
  readonly timestamp: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * Gives a record's event time, in milliseconds. A negative answer drops the record (counter `skipped`); throwing
 * stops the application, as in Kafka Streams.
 *
 * @param partitionTime the largest timestamp of the partition so far, -1 before the first
 */
export type ExtractTimestamp<K, V> = (record: ExtractedRecord<K, V>, partitionTime: number) => number;

/** Where event time comes from. The first four need no call a record. */
export type TimestampExtractor =
  /** The record's own; what follows where it is negative: stop, drop the record, or take the partition's time. */
  | { readonly from: "record"; readonly onInvalid: "fail" | "skip" | "partition-time" }
  | { readonly from: "wall-clock" }
  // biome-ignore lint/suspicious/noExplicitAny: a node forgets the types that the DSL has checked
  | { readonly from: "function"; readonly extract: ExtractTimestamp<any, any> };
