import type { LogicalNode, LogicalTopology, NodeId, ProcessorNode, SinkNode, SourceNode } from "./node.ts";

/** Children of each node, in the order in which they were attached. */
export type Children = ReadonlyMap<NodeId, readonly (ProcessorNode | SinkNode)[]>;

export function childrenOf(topology: LogicalTopology): Children {
  const children = new Map<NodeId, (ProcessorNode | SinkNode)[]>();
  for (const node of topology.nodes) {
    if (node.kind === "source") continue;
    for (const parent of node.parents) {
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [node]);
      else siblings.push(node);
    }
  }
  return children;
}

export function sourcesOf(topology: LogicalTopology): readonly SourceNode[] {
  return topology.nodes.filter((node) => node.kind === "source");
}

/** A node and all below it, depth first; each once, where it is met first. */
export function belowOf(node: LogicalNode, children: Children): readonly LogicalNode[] {
  const met = new Set<LogicalNode>();
  const visit = (each: LogicalNode): void => {
    if (met.has(each)) return;
    met.add(each);
    children.get(each.id)?.forEach(visit);
  };
  visit(node);
  return [...met];
}

/** How many ways lead from a source to each node below it. */
export function waysBelow(source: SourceNode, children: Children): ReadonlyMap<NodeId, number> {
  const below = belowOf(source, children).toSorted((a, b) => a.id - b.id); // parents come before their children
  const ways = new Map([[source.id, 1]]);
  for (const node of below) {
    if (node.kind === "source") continue;
    const count = node.parents.reduce((sum, parent) => sum + (ways.get(parent) ?? 0), 0);
    ways.set(node.id, count);
  }
  return ways;
}

/** A sub-topology before it is planned. */
export interface NumberedNodes {
  readonly id: number;
  readonly nodes: readonly LogicalNode[];
}

/** Sub-topologies with their numbers: global tables have numbers, too, in the order of the calls. */
export function numberedSubTopologies(topology: LogicalTopology): readonly NumberedNodes[] {
  return subTopologiesOf(topology).map((nodes, index) => {
    const before = topology.globals.filter((each) => each.before <= nodes[0]!.id);
    return { id: index + before.length, nodes };
  });
}

/**
 * The nodes of each sub-topology: those that hang together without a topic between, or share a store. Numbered as in Kafka Streams, by
 * their first nodes in the order of the calls; nodes by id.
 */
export function subTopologiesOf(topology: LogicalTopology): readonly (readonly LogicalNode[])[] {
  const groupOf = new Map<NodeId | string, Set<LogicalNode>>();
  for (const node of topology.nodes) {
    const joined = new Set([node]);
    const parents = node.kind === "source" ? [] : node.parents;
    const stores = node.kind === "processor" ? node.operator.facts.stores : [];
    for (const linked of [...parents, ...stores])
      for (const each of groupOf.get(linked) ?? []) joined.add(each);
    for (const each of joined) groupOf.set(each.id, joined);
    for (const store of storesIn(joined)) groupOf.set(store, joined);
  }
  const groups = new Set(topology.nodes.map(({ id }) => groupOf.get(id)!));
  return [...groups].map((group) => [...group].sort((a, b) => a.id - b.id));
}

function storesIn(nodes: Iterable<LogicalNode>): readonly string[] {
  return [...nodes].flatMap((node) => (node.kind === "processor" ? node.operator.facts.stores : []));
}
