import { keyed } from "../operators/keyed.ts";
import type { ErrorSettings } from "../topology/error-settings.ts";
import type { NodeId } from "../topology/node.ts";
import type { AnySerde } from "../topology/serde.ts";
import type { Partitioner } from "../topology/sink-choice.ts";
import type { NodeLog } from "./node-log.ts";
import type { KnownSerdes, Produced } from "./produced.ts";
import { failOnInvalidTimestamp } from "./timestamp-extractors.ts";

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

/** Through which topic records go to come to the task of their key. */
export interface RepartitionThrough {
  readonly name: string;
  readonly partitions: number | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: of any stream
  readonly partitioner: Partitioner<any, any> | undefined;
  readonly errors: Partial<ErrorSettings>;
  readonly key: AnySerde;
  readonly value: AnySerde;
}

/** Records without key are dropped. @returns the source behind the topic */
export function appendRepartition(log: NodeLog, parent: NodeId, through: RepartitionThrough): NodeId {
  const { name, partitions, partitioner, errors, key, value } = through;
  const topic = `${name}-repartition`;
  const internal = true;
  const filter = keyed();
  const node = log.append(
    { kind: "processor", parents: [parent], operator: filter },
    filter.role,
    `${topic}-filter`,
  );
  log.append(
    { kind: "sink", parents: [node], topic, internal, partitions, key, value, partitioner },
    "SINK",
    `${topic}-sink`,
  );
  const timestamps = failOnInvalidTimestamp;
  return log.append(
    { kind: "source", topics: [topic], internal, key, value, timestamps, errors: { ...errors } },
    "SOURCE",
    `${topic}-source`,
  );
}
