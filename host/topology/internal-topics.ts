import type { LogicalNode } from "./node.ts";
import type { InternalTopic } from "./plan.ts";

/** The internal topics that a topology or an import writes; their names are Kafka's already (see nameInternalTopics). */
export function internalTopics(
  subTopologies: readonly { readonly id: number; readonly nodes: readonly LogicalNode[] }[],
): readonly InternalTopic[] {
  const topics = new Map<string, { partitions: number | undefined; writtenBy: Set<number> }>();
  for (const { id, nodes } of subTopologies) {
    for (const node of nodes) {
      if (node.kind === "source" && node.internal && node.imported !== undefined)
        topics.set(node.topics[0]!, { partitions: node.partitions, writtenBy: new Set() });
      if (node.kind !== "sink" || !node.internal || typeof node.topic !== "string") continue;
      const topic = topics.get(node.topic) ?? { partitions: undefined, writtenBy: new Set() };
      topic.partitions = node.partitions ?? topic.partitions;
      topic.writtenBy.add(id);
      topics.set(node.topic, topic);
    }
  }
  const read = new Set(
    subTopologies
      .flatMap(({ nodes }) => nodes)
      .flatMap((node) => (node.kind === "source" && node.internal ? node.topics : [])),
  );
  return [...topics].map(([topic, { partitions, writtenBy }]) => ({
    topic,
    partitions,
    writtenBy: [...writtenBy],
    isRead: read.has(topic),
  }));
}
