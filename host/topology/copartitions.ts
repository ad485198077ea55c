import type { LogicalNode, NodeId } from "./node.ts";

/**
 * Which topics a sub-topology joins by key: their records of one key must lie in partitions of the same number (Kafka
 * Streams: copartition groups). A join finds what others have put into its stores, so all sources above any of them count.
 * Those that match patterns are not known here.
 *
 * @param nodes of the sub-topology, parents before children.
 */
export function copartitionsOf(nodes: readonly LogicalNode[]): readonly (readonly string[])[] {
  const topicsOf = topicsAbove(nodes);
  const groups: Set<string>[] = [];
  for (const node of nodes) {
    if (node.kind !== "processor" || node.operator.facts.joins !== true) continue;
    const { stores } = node.operator.facts;
    const others = nodes.filter(
      (each) =>
        each.kind === "processor" && each.operator.facts.stores.some((store) => stores.includes(store)),
    );
    add(groups, new Set([node, ...others].flatMap(({ id }) => [...topicsOf.get(id)!])));
  }
  return groups.filter(({ size }) => size > 1).map((group) => [...group].sort());
}

/** By node: the topics whose records come to it. */
function topicsAbove(nodes: readonly LogicalNode[]): ReadonlyMap<NodeId, ReadonlySet<string>> {
  const above = new Map<NodeId, ReadonlySet<string>>();
  for (const node of nodes) {
    const own = node.kind === "source" ? node.topics : node.parents.flatMap((id) => [...above.get(id)!]);
    above.set(node.id, new Set(own));
  }
  return above;
}

/** Groups that have a topic in common are one. */
function add(groups: Set<string>[], topics: Set<string>): void {
  const meeting = groups.filter((group) => [...topics].some((topic) => group.has(topic)));
  for (const group of meeting) groups.splice(groups.indexOf(group), 1);
  groups.push(new Set([...meeting.flatMap((group) => [...group]), ...topics]));
}
