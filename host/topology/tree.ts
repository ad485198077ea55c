import type { LogicalNode, LogicalTopology, NodeId, ProcessorNode, SinkNode, SourceNode } from "./node.ts";

/** Children of each node, in the order in which they were attached. */
export type Children = ReadonlyMap<NodeId, readonly (ProcessorNode | SinkNode)[]>;

export function childrenOf(topology: LogicalTopology): Children {
  const children = new Map<NodeId, (ProcessorNode | SinkNode)[]>();
  for (const node of topology.nodes) {
    if (node.kind === "source") continue;
    const siblings = children.get(node.parent);
    if (siblings === undefined) children.set(node.parent, [node]);
    else siblings.push(node);
  }
  return children;
}

export function sourcesOf(topology: LogicalTopology): readonly SourceNode[] {
  return topology.nodes.filter((node) => node.kind === "source");
}

/** A node and all below it, depth first. */
export function belowOf(node: LogicalNode, children: Children): readonly LogicalNode[] {
  return [node, ...(children.get(node.id) ?? []).flatMap((child) => belowOf(child, children))];
}
