import type { LogicalNode, LogicalTopology } from "../node.ts";

/** Gives internal topics the names that they have in Kafka: `<application id>-<topic>`. */
export function nameInternalTopics(topology: LogicalTopology, applicationId: string): LogicalTopology {
  const named = (topic: string) => `${applicationId}-${topic}`;
  const nodes = topology.nodes.map((node): LogicalNode => {
    if (node.kind === "processor" || !node.internal) return node;
    if (node.kind === "source") return Object.freeze({ ...node, topics: node.topics.map(named) });
    return typeof node.topic === "string" ? Object.freeze({ ...node, topic: named(node.topic) }) : node;
  });
  return Object.freeze({ ...topology, nodes: Object.freeze(nodes) });
}
