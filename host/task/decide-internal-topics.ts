import type { InternalTopic } from "../topology/plan.ts";
import type { NewTopic } from "../transport/port.ts";
import type { SubTopologySources } from "./decide-assignment.ts";

export interface InternalTopicFacts {
  readonly internalTopics: readonly InternalTopic[];
  /** Topics that others have to make: what is read or written by name. */
  readonly required: readonly string[];
  /** With the topics that their patterns match. */
  readonly subTopologies: readonly SubTopologySources[];
  /** See Plan. */
  readonly copartitions?: readonly (readonly string[])[];
  /** Of the topics that exist. */
  readonly partitionsOf: ReadonlyMap<string, number>;
}

export type InternalTopicDecision =
  /** All exist as they should be. */
  | { readonly act: "proceed" }
  | { readonly act: "create"; readonly topics: readonly NewTopic[] }
  | { readonly act: "refuse"; readonly refusal: InternalTopicRefusal };

export type InternalTopicRefusal =
  | { readonly why: "topics-missing"; readonly topics: readonly string[] }
  /** How many partitions a topic is to have, nobody can tell: no topic exists that feeds these sub-topologies. */
  | { readonly why: "sources-unmatched"; readonly topic: string; readonly subTopologies: readonly number[] }
  /** `isAskedFor`: by the topology; else `wanted` follows from the topics that feed it. */
  | {
      readonly why: "partitions-differ";
      readonly topic: string;
      readonly found: number;
      readonly wanted: number;
      readonly isAskedFor: boolean;
    };

/**
 * As Kafka Streams makes repartition topics (RepartitionTopicConfig): records stay until they are consumed. What only
 * others read, an export, is kept for as long as the cluster keeps other topics.
 */
const CONFIGS: NewTopic["configs"] = Object.freeze({
  "cleanup.policy": "delete",
  "segment.bytes": "52428800",
  "retention.ms": "-1",
  "message.timestamp.type": "CreateTime",
});

/**
 * What is to be done about the topology's own topics before it runs (Kafka Streams: RepartitionTopics,
 * InternalTopicManager). One that exists is left as it is if its partitions are as many as wanted: those that the
 * topology asks for, else the largest number of the topics that feed it, through other internal topics too.
 */
export function decideInternalTopics(facts: InternalTopicFacts): InternalTopicDecision {
  const { internalTopics, required, partitionsOf } = facts;
  const missing = required.filter((topic) => !partitionsOf.has(topic));
  if (missing.length > 0) return refuse({ why: "topics-missing", topics: missing });

  const partitionsWanted = wantedPartitions(facts);
  const create: NewTopic[] = [];
  for (const each of internalTopics) {
    const { topic, writtenBy } = each;
    const wanted = partitionsWanted.get(topic) ?? 0;
    if (wanted === 0) return refuse({ why: "sources-unmatched", topic, subTopologies: writtenBy });
    const found = partitionsOf.get(topic);
    if (found === undefined)
      create.push({ topic, partitions: wanted, replicationFactor: -1, configs: configsOf(each) });
    else if (found !== wanted) {
      const isAskedFor = each.partitions !== undefined;
      return refuse({ why: "partitions-differ", topic, found, wanted, isAskedFor });
    }
  }
  return create.length === 0 ? { act: "proceed" } : { act: "create", topics: create };
}

function configsOf({ isRead, changelog }: InternalTopic): NewTopic["configs"] {
  return changelog ?? (isRead ? CONFIGS : {});
}

/** How many partitions each internal topic is to have. 0: no topic exists that feeds it. */
export function wantedPartitions(facts: Omit<InternalTopicFacts, "required">): ReadonlyMap<string, number> {
  return new Map(facts.internalTopics.map(({ topic }) => [topic, wantedFor(topic, facts, new Set())]));
}

/**
 * As many as the topology asks for; as the topics have with which it is joined, if others make them; else the most of what
 * feeds it, or those with which it is joined.
 *
 * @param met topics that are being looked at: a sub-topology may read what it writes.
 */
function wantedFor(topic: string, facts: Omit<InternalTopicFacts, "required">, met: Set<string>): number {
  const own = facts.internalTopics.find((each) => each.topic === topic);
  if (own === undefined) return facts.partitionsOf.get(topic) ?? 0;
  if (own.partitions !== undefined) return own.partitions;
  if (met.has(topic)) return 0;
  met.add(topic);
  const joined = facts.copartitions?.find((group) => group.includes(topic)) ?? [];
  const fixed = joined.filter((each) => {
    const internal = facts.internalTopics.find((other) => other.topic === each);
    return internal === undefined || internal.partitions !== undefined;
  });
  if (fixed.length > 0) return largest(fixed, facts, met);
  const feeding = facts.subTopologies.filter(({ subTopology }) => own.writtenBy.includes(subTopology));
  return largest([...feeding.flatMap(({ sourceTopics }) => sourceTopics), ...joined], facts, met);
}

function largest(
  topics: readonly string[],
  facts: Omit<InternalTopicFacts, "required">,
  met: Set<string>,
): number {
  return Math.max(0, ...topics.map((topic) => wantedFor(topic, facts, met)));
}

function refuse(refusal: InternalTopicRefusal): InternalTopicDecision {
  return { act: "refuse", refusal };
}
