import type { LogicalNode, LogicalTopology, NodeId, ProcessorNode, SinkNode, SourceNode } from "../node.ts";

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
      nodes.push(withParents(node, stands));
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
  return stands.size === 0 ? topology : Object.freeze({ ...topology, nodes: Object.freeze(nodes) });
}

/**
 * A merge of two sources that are one now has that one as its only parent. A parent that is another now comes last, as in
 * Kafka Streams.
 */
function withParents(node: ProcessorNode | SinkNode, stands: ReadonlyMap<NodeId, NodeId>): LogicalNode {
  if (!node.parents.some((parent) => stands.has(parent))) return node;
  const kept = node.parents.filter((parent) => !stands.has(parent));
  const parents = new Set([...kept, ...node.parents.flatMap((parent) => stands.get(parent) ?? [])]);
  return Object.freeze({ ...node, parents: Object.freeze([...parents]) });
}

function readAlike(a: SourceNode, b: SourceNode): boolean {
  return (
    a.ofTable !== true &&
    b.ofTable !== true &&
    a.topics.length === b.topics.length &&
    a.topics.every((topic) => b.topics.includes(topic)) &&
    String(a.pattern) === String(b.pattern) &&
    a.internal === b.internal &&
    a.imported === b.imported &&
    a.key === b.key &&
    a.value === b.value &&
    a.timestamps === b.timestamps &&
    a.errors.deadLetterTopic === b.errors.deadLetterTopic &&
    a.errors.onDeserializationError === b.errors.onDeserializationError &&
    a.errors.onProcessingError === b.errors.onProcessingError &&
    a.errors.onProductionError === b.errors.onProductionError
  );
}
