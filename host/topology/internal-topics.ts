import type { LogicalNode } from "./node.ts";
import type { InternalTopic, Plan } from "./plan.ts";

/** How Kafka Streams makes repartition topics (RepartitionTopicConfig): records go when they are consumed. */
export const INTERNAL_TOPIC_CONFIGS: Readonly<Record<string, string>> = Object.freeze({
  "cleanup.policy": "delete",
  "segment.bytes": "52428800",
  "retention.ms": "-1",
  "message.timestamp.type": "CreateTime",
});

/**
 * Partitions of the plan's internal topics: as many as were asked for, else as many as the topics that feed them, the
 * largest number of them; through other internal topics, too.
 *
 * @param partitionsOf of the topics that exist.
 */
export function internalPartitions(
  plan: Plan,
  partitionsOf: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const byTopic = new Map(plan.internalTopics.map((each) => [each.topic, each]));
  const count = (topic: string, above: readonly string[]): number => {
    const internal = byTopic.get(topic);
    if (internal === undefined) return partitionsOf.get(topic) ?? 0;
    if (internal.partitions !== undefined) return internal.partitions;
    if (above.includes(topic)) return 0; // it feeds itself: others say
    const feeding = internal.writtenBy.flatMap((id) =>
      plan.subTopologies[id]!.sources.flatMap(({ topics }) => topics),
    );
    return Math.max(0, ...feeding.map((each) => count(each, [...above, topic])));
  };
  return new Map(plan.internalTopics.map(({ topic }) => [topic, count(topic, []) || 1]));
}

/** The internal topics that a topology writes; their names are Kafka's already (see nameInternalTopics). */
export function internalTopics(subTopologies: readonly (readonly LogicalNode[])[]): readonly InternalTopic[] {
  const topics = new Map<string, { partitions: number | undefined; writtenBy: Set<number> }>();
  subTopologies.forEach((nodes, id) => {
    for (const node of nodes) {
      if (node.kind !== "sink" || !node.internal || typeof node.topic !== "string") continue;
      const topic = topics.get(node.topic) ?? { partitions: undefined, writtenBy: new Set() };
      topic.partitions = node.partitions ?? topic.partitions;
      topic.writtenBy.add(id);
      topics.set(node.topic, topic);
    }
  });
  return [...topics].map(([topic, { partitions, writtenBy }]) => ({
    topic,
    partitions,
    writtenBy: [...writtenBy],
  }));
}
