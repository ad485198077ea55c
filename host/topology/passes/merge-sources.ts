import type { LogicalNode, LogicalTopology, NodeId, SourceNode } from "../node.ts";

/**
 * Makes sources that read the same topics in the same way one, as Kafka Streams does: the first takes over the
 * children of the others. Ids stay as they are, and so does the order of siblings.
 */
export function mergeSources(topology: LogicalTopology): LogicalTopology {
  const firsts: SourceNode[] = [];
  const stands = new Map<NodeId, NodeId>();
  const nodes: LogicalNode[] = [];
  for (const node of topology.nodes) {
    if (node.kind !== "source") {
      const parent = stands.get(node.parent);
      nodes.push(parent === undefined ? node : Object.freeze({ ...node, parent }));
      continue;
    }
    const first = firsts.find((each) => readAlike(each, node));
    if (first === undefined) {
      firsts.push(node);
      nodes.push(node);
    } else {
      stands.set(node.id, first.id);
    }
  }
  return stands.size === 0 ? topology : Object.freeze({ nodes: Object.freeze(nodes) });
}

function readAlike(a: SourceNode, b: SourceNode): boolean {
  return (
    a.topics.length === b.topics.length &&
    a.topics.every((topic) => b.topics.includes(topic)) &&
    a.key === b.key &&
    a.value === b.value &&
    a.timestamps === b.timestamps &&
    a.errors.deadLetterTopic === b.errors.deadLetterTopic &&
    a.errors.onDeserializationError === b.errors.onDeserializationError &&
    a.errors.onProcessingError === b.errors.onProcessingError &&
    a.errors.onSerializationError === b.errors.onSerializationError
  );
}
