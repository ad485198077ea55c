import type { LogicalNode, LogicalTopology } from "./node.ts";
import { mergeSources } from "./passes/merge-sources.ts";
import { belowOf, type Children, childrenOf, subTopologiesOf } from "./tree.ts";

/** The topology as text, in the format of Kafka Streams' `Topology#describe().toString()`. */
export function describe(topology: LogicalTopology): string {
  const merged = mergeSources(topology);
  const children = childrenOf(merged);
  const byId = new Map(merged.nodes.map((node) => [node.id, node]));
  const parts = subTopologiesOf(merged).map((group, index) => {
    const below = group.filter((node) => node.kind === "source").flatMap((node) => belowOf(node, children));
    const nodes = [...new Set(below)].map((node) => describeNode(node, children, byId));
    return `  Sub-topology: ${index}\n${nodes.join("")}\n`;
  });
  return `Topologies:\n ${parts.join("")}`;
}

function describeNode(node: LogicalNode, children: Children, byId: ReadonlyMap<number, LogicalNode>): string {
  const successors = (children.get(node.id) ?? []).map((child) => child.name).join(", ") || "none";
  const parents = node.kind === "source" ? "" : node.parents.map((id) => byId.get(id)!.name).join(", ");
  switch (node.kind) {
    case "source": {
      const topics = node.pattern === undefined ? `[${node.topics.join(", ")}]` : node.pattern.source;
      return `    Source: ${node.name} (topics: ${topics})\n      --> ${successors}\n`;
    }
    case "processor": {
      const stores = node.operator.facts.stores.join(", ");
      return `    Processor: ${node.name} (stores: [${stores}])\n      --> ${successors}\n      <-- ${parents}\n`;
    }
    case "sink": {
      const topic = typeof node.topic === "string" ? `topic: ${node.topic}` : "extractor: function";
      return `    Sink: ${node.name} (${topic})\n      <-- ${parents}\n`;
    }
  }
}
