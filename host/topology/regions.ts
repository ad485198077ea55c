import type { LogicalTopology, NodeId, SourceNode } from "./node.ts";
import { belowOf, type Children, childrenOf, waysBelow } from "./tree.ts";

/**
 * Whether a source's records must go through what is below it one by one, depth first: a region is there; or several ways
 * lead to a function that only looks (peek, forEach), which would see the records way by way.
 */
export function goesRowByRow(source: SourceNode, inRegion: ReadonlySet<NodeId>, children: Children): boolean {
  const ways = waysBelow(source, children);
  return belowOf(source, children).some(
    (node) =>
      inRegion.has(node.id) ||
      (node.kind === "processor" && node.operator.call.shape === "peek" && ways.get(node.id)! > 1),
  );
}

/**
 * The nodes that must take one record through all of them before the next, since they see each other's changes: those
 * that reach a common store, those between them, and all that are joined by sharing one of these. Everything else may
 * run node by node over many records: the outcome is the same.
 *
 * @returns node ids by region, each rising; a store that one node alone reaches makes none.
 */
export function regionsOf(topology: LogicalTopology): readonly (readonly NodeId[])[] {
  const children = childrenOf(topology);
  let regions = joined([...nodesByStore(topology).values()].filter((nodes) => nodes.length > 1));
  for (;;) {
    const grown = joined(regions.map((region) => [...region, ...between(region, topology, children)]));
    // What joining brings between the nodes of a region belongs to it as well, and may join it to another.
    const isDone = grown.flat().length === regions.flat().length && grown.length === regions.length;
    if (isDone) return grown;
    regions = grown;
  }
}

/** Those that share a node made one. */
function joined(regions: readonly (readonly NodeId[])[]): readonly (readonly NodeId[])[] {
  let apart: (readonly NodeId[])[] = [];
  for (const region of regions) {
    const touching = apart.filter((other) => other.some((id) => region.includes(id)));
    const whole = [...new Set([...touching.flat(), ...region])].sort((a, b) => a - b);
    apart = [...apart.filter((other) => !touching.includes(other)), whole];
  }
  return apart;
}

function nodesByStore({ nodes }: LogicalTopology): ReadonlyMap<string, readonly NodeId[]> {
  const byStore = new Map<string, NodeId[]>();
  for (const node of nodes) {
    if (node.kind !== "processor") continue;
    for (const store of node.operator.facts.stores) {
      const reaching = byStore.get(store);
      if (reaching === undefined) byStore.set(store, [node.id]);
      else reaching.push(node.id);
    }
  }
  return byStore;
}

/** Nodes on a path from one of some nodes to another of them. */
function between(some: readonly NodeId[], { nodes }: LogicalTopology, children: Children): readonly NodeId[] {
  const below = new Set<NodeId>();
  const above = new Set<NodeId>();
  const isOne = new Set(some);
  for (const node of nodes) {
    if (node.kind !== "source" && node.parents.some((id) => isOne.has(id) || below.has(id)))
      below.add(node.id);
  }
  for (const { id } of nodes.toReversed()) {
    if (children.get(id)?.some((child) => isOne.has(child.id) || above.has(child.id))) above.add(id);
  }
  return [...below].filter((id) => above.has(id));
}
