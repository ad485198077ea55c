import type { ErrorSettings } from "../topology/error-settings.ts";
import type { Partitioner } from "../topology/sink-choice.ts";
import type { KnownSerdes, Produced } from "./produced.ts";

/**
 * How a stream is written to a topic of the application's own and read again. The topic is called
 * `<application id>-<name>-repartition`; it is made at the start where it does not exist.
 */
export type Repartitioned<K, V, Known extends KnownSerdes> = Omit<Produced<K, V, Known>, "name"> & {
  /** Part of the topic's name: it outlives the process, so it is given and not generated (KIP-1111). */
  readonly name: string;
  /** Of the topic; default: as many as the topics have that feed it, the largest number of them. */
  readonly partitions?: number;
  readonly partitioner?: Partitioner<K, V>;
  /** What differs, for records read from the topic, from the application's error settings: the source's do not reach here. */
  readonly errors?: Partial<ErrorSettings>;
};
