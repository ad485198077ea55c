/** Where a record that reaches a sink came from, and what it carries beside key and value. */
export interface RecordOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Event time, in milliseconds since the epoch. */
  readonly timestamp: number;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/**
 * Chooses the topic of a record (Kafka Streams' TopicNameExtractor, KIP-303). The topic must exist: it is looked up when
 * it is first named. A record that goes to one that does not exist is a bad record of the stage "production".
 */
export type ExtractTopic<K = never, V = never> = (key: K, value: V, record: RecordOrigin) => string;

/**
 * Chooses the partitions of a record (Kafka Streams' StreamPartitioner, KIP-837): one, several (it is written to each),
 * none (it is written nowhere); undefined: as Kafka's default partitioner chooses, by the key.
 */
export type Partitioner<K = never, V = never> = (
  topic: string,
  key: K,
  value: V,
  partitions: number,
) => number | readonly number[] | undefined;
