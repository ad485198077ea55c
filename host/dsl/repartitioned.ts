import { keyed } from "../operators/keyed.ts";
import { merge } from "../operators/merge.ts";
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
  /** Records without key go on, too: they are joined with null. */
  readonly keepsNullKeys?: boolean;
}

/** Kafka Streams' own name for what has none. */
const GENERATED = /^K(STREAM|TABLE)-.*-\d{10}$/;

/** Records without key are dropped. @returns the source behind the topic */
export function appendRepartition(log: NodeLog, parent: NodeId, through: RepartitionThrough): NodeId {
  const { name, partitions, partitioner, errors, key, value, keepsNullKeys = false } = through;
  const topic = `${name}-repartition`;
  const internal = true;
  const filter = keyed();
  // Numbers are used up in any case, so that the names behind stay what they are when this one is given a name.
  const generated = {
    sink: log.nameFor("SINK", undefined),
    filter: log.nameFor(filter.role, undefined),
    source: log.nameFor("SOURCE", undefined),
  };
  const given = { sink: `${topic}-sink`, filter: `${topic}-filter`, source: `${topic}-source` };
  const names = GENERATED.test(name) ? generated : given;
  const operator = keepsNullKeys ? { ...merge(), role: filter.role } : filter;
  const node = log.appendNamed({ kind: "processor", parents: [parent], operator }, names.filter);
  const sink = {
    kind: "sink" as const,
    parents: [node],
    topic,
    internal,
    partitions,
    key,
    value,
    partitioner,
  };
  log.appendNamed(sink, names.sink);
  const timestamps = failOnInvalidTimestamp;
  const source = { kind: "source" as const, topics: [topic], internal, key, value, timestamps };
  return log.appendNamed({ ...source, errors: { ...errors } }, names.source);
}

/** The same for rows that have keys: nothing is dropped. */
export function appendThrough(
  log: NodeLog,
  parent: NodeId,
  name: string,
  { key, value }: { readonly key: AnySerde; readonly value: AnySerde },
): NodeId {
  const topic = `${name}-repartition`;
  const named = (end: string) => (GENERATED.test(name) ? undefined : `${topic}-${end}`);
  const internal = true;
  log.append({ kind: "sink", parents: [parent], topic, internal, key, value }, "SINK", named("sink"));
  const timestamps = failOnInvalidTimestamp;
  const source = { kind: "source" as const, topics: [topic], internal, key, value, timestamps, errors: {} };
  return log.append(source, "SOURCE", named("source"));
}
