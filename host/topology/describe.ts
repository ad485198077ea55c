import type { LogicalNode, LogicalTopology } from "./node.ts";
import { mergeSources } from "./passes/merge-sources.ts";
import { belowOf, type Children, childrenOf, sourcesOf } from "./tree.ts";

/** The topology as text, in the format of Kafka Streams' `Topology#describe().toString()`. */
export function describe(topology: LogicalTopology): string {
  const merged = mergeSources(topology);
  const children = childrenOf(merged);
  const byId = new Map(merged.nodes.map((node) => [node.id, node]));
  const parts = sourcesOf(merged).map((source, index) => {
    const nodes = belowOf(source, children).map((node) => describeNode(node, children, byId));
    return `  Sub-topology: ${index}\n${nodes.join("")}\n`;
  });
  return `Topologies:\n ${parts.join("")}`;
}

function describeNode(node: LogicalNode, children: Children, byId: ReadonlyMap<number, LogicalNode>): string {
  const successors = (children.get(node.id) ?? []).map((child) => child.name).join(", ") || "none";
  switch (node.kind) {
    case "source":
      return `    Source: ${node.name} (topics: [${node.topics.join(", ")}])\n      --> ${successors}\n`;
    case "processor": {
      const stores = node.operator.facts.stores.join(", ");
      const parent = byId.get(node.parent)!.name;
      return `    Processor: ${node.name} (stores: [${stores}])\n      --> ${successors}\n      <-- ${parent}\n`;
    }
    case "sink":
      return `    Sink: ${node.name} (topic: ${node.topic})\n      <-- ${byId.get(node.parent)!.name}\n`;
  }
}
