import { type DescribedNode, type DescribedSubTopology, type Description, parentsOf } from "./description.ts";
import { hashOrder, JavaTreeSet } from "./java-order.ts";

/**
 * Kafka Streams' `Topology#describe().toString()`, to the letter. (Its source: InternalTopologyBuilder.)
 *
 * @example
 *   Topologies:
 *      Sub-topology: 0
 *       Source: KSTREAM-SOURCE-0000000000 (topics: [in])
 *         --> KSTREAM-SINK-0000000001
 *       Sink: KSTREAM-SINK-0000000001 (topic: out)
 *         <-- KSTREAM-SOURCE-0000000000
 */
export function asText(description: Description): string {
  return `Topologies:\n ${description.subTopologies.map(subTopologyText).join("")}`;
}

function subTopologyText({ id, isGlobal, nodes }: DescribedSubTopology): string {
  const linked = [...link(nodes).values()].sort(bySize);
  const global = isGlobal ? " for global store (will not generate tasks)" : "";
  return `  Sub-topology: ${id}${global}\n${linked.map((each) => `    ${nodeText(each)}\n`).join("")}\n`;
}

function nodeText({ node, parents, children }: Linked): string {
  const to = `\n      --> ${names(children)}`;
  const from = `\n      <-- ${names(parents)}`;
  switch (node.kind) {
    case "source":
      return `Source: ${node.name} (topics: ${topicsText(node.topics)})${to}`;
    case "processor":
      return `Processor: ${node.name} (stores: [${hashOrder(node.stores, "copied").join(", ")}])${to}${from}`;
    case "sink": {
      const topic =
        "extractor" in node.topic ? `extractor class: ${node.topic.extractor}` : `topic: ${node.topic.name}`;
      return `Sink: ${node.name} (${topic})${from}`;
    }
  }
}

function topicsText(topics: (DescribedNode & { kind: "source" })["topics"]): string {
  if ("pattern" in topics) return topics.pattern;
  const inOrder = hashOrder(
    topics.map((topic) => topic.name),
    "copied",
  );
  return `[${inOrder.join(", ")}]`;
}

function names(nodes: Iterable<Linked>): string {
  return Array.from(nodes, (each) => each.node.name).join(", ") || "none";
}

/** A node among its neighbours. */
interface Linked {
  readonly node: DescribedNode;
  readonly parents: JavaTreeSet<Linked>;
  readonly children: JavaTreeSet<Linked>;
  /** How many paths lead down from it, the one that ends at itself included. */
  size: number;
}

/** The largest first. */
function bySize(a: Linked, b: Linked): number {
  if (a.size !== b.size) return b.size - a.size;
  return a.node.name < b.node.name ? -1 : 1;
}

/**
 * Links nodes in the order of a HashMap of their names, as Kafka Streams does: a neighbour takes its place by the
 * sizes as they are at that moment.
 */
function link(nodes: readonly DescribedNode[]): ReadonlyMap<string, Linked> {
  const all = new Map<string, Linked>();
  for (const node of nodes) {
    const neighbours = { parents: new JavaTreeSet(bySize), children: new JavaTreeSet(bySize) };
    all.set(node.name, { node, ...neighbours, size: 1 });
  }
  for (const name of hashOrder([...all.keys()], "grown")) {
    const linked = all.get(name)!;
    for (const parentName of new Set(parentsOf(linked.node))) {
      const parent = all.get(parentName)!;
      linked.parents.add(parent);
      parent.children.add(linked);
      grow(parent, linked.size, all);
    }
  }
  return all;
}

/** Adds to the size of a node and, for each path that leads down to it, to those above. */
function grow(grown: Linked, by: number, all: ReadonlyMap<string, Linked>): void {
  const paths = new Map([[grown, 1]]);
  for (const linked of [...all.values()].reverse()) {
    const count = paths.get(linked);
    if (count === undefined) continue;
    linked.size += by * count;
    for (const parent of linked.parents) paths.set(parent, (paths.get(parent) ?? 0) + count);
  }
}
