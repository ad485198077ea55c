import { entriesOf, isProcess } from "./graph.ts";
import type { LogicalNode, NodeId, SourceNode } from "./node.ts";
import { belowOf, type Children, waysBelow } from "./tree.ts";

/**
 * Whether a source's records must go through what is below it one by one. Behind a processor they do so by themselves,
 * each through the whole graph; more is needed where several ways lead
 * - into the graph, and one sees what another does: a node or a store that both reach (DESIGN's regions), or time that
 *   passes for a processor which punctuates;
 * - to a function that only looks (peek, forEach), which would see the records way by way.
 *
 * @param nodes of the source's sub-topology.
 */
export function goesRowByRow(source: SourceNode, nodes: readonly LogicalNode[], children: Children): boolean {
  const ways = waysBelow(source, children);
  const below = belowOf(source, children);
  const looksTwice = below.some(
    (node) => node.kind === "processor" && node.operator.call.shape === "peek" && ways.get(node.id)! > 1,
  );
  return (
    looksTwice || timePasses(source, nodes, children) || meet(entriesOf(source, children), nodes, children)
  );
}

/** A processor punctuates, and not all records of the task come to it by one way. */
function timePasses(source: SourceNode, nodes: readonly LogicalNode[], children: Children): boolean {
  const punctuates = nodes.some((node) => {
    const call = isProcess(node) ? node.operator.call : undefined;
    return call?.shape === "process" && call.punctuates;
  });
  const sources = nodes.filter(({ kind }) => kind === "source");
  return punctuates && (sources.length > 1 || entriesOf(source, children).length !== 1);
}

/** Two ways into the graph lead to a common node or store. */
function meet(entries: readonly NodeId[], nodes: readonly LogicalNode[], children: Children): boolean {
  const met = new Set<NodeId | string>();
  return entries.some((id) => {
    const entry = nodes.find((node) => node.id === id)!;
    const reached = new Set(belowOf(entry, children).flatMap((node) => [node.id, ...storesOf(node)]));
    const again = [...reached].some((each) => met.has(each));
    for (const each of reached) met.add(each);
    return again;
  });
}

function storesOf(node: LogicalNode): readonly string[] {
  return node.kind === "processor" ? node.operator.facts.stores : [];
}
