import type { LogicalNode } from "./node.ts";
import type { InternalTopic } from "./plan.ts";

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
