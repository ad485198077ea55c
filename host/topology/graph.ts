import { assert } from "../assert.ts";
import type { LogicalNode, NodeId, ProcessorNode, SinkNode, SourceNode } from "./node.ts";
import type { GraphNode, GraphWork } from "./plan.ts";
import { belowOf, type Children } from "./tree.ts";

/** The nodes of a sub-topology that records come to one by one: its processors and all below them. Rising by id. */
export function graphOf(nodes: readonly LogicalNode[], children: Children): readonly GraphNode[] {
  const inGraph = new Set(nodes.filter(isProcess).flatMap((node) => belowOf(node, children)));
  return nodes.flatMap((node) =>
    inGraph.has(node) && node.kind !== "source" ? [graphNode(node, children)] : [],
  );
}

export function isProcess(node: LogicalNode): node is ProcessorNode {
  return node.kind === "processor" && node.operator.call.shape === "process";
}

/** Where the ways from a source enter the graph: a node for each way. */
export function entriesOf(source: SourceNode, children: Children): readonly NodeId[] {
  const below = (id: NodeId): readonly NodeId[] =>
    (children.get(id) ?? []).flatMap((node) => (isProcess(node) ? [node.id] : below(node.id)));
  return below(source.id);
}

function graphNode(node: ProcessorNode | SinkNode, children: Children): GraphNode {
  const { id, name } = node;
  const below = children.get(id) ?? [];
  const work = node.kind === "sink" ? sinkWork(node) : processorWork(node);
  if (work.shape !== "branch") return { id, name, work, children: below.map((child) => child.id) };
  const ends = work.predicates.map((_, index) =>
    below.find((child) => child.kind === "processor" && child.operator.branch === index),
  );
  return { id, name, work, children: ends.map((end) => end!.id) };
}

function sinkWork({ topic, key, value, partitioner }: SinkNode): GraphWork {
  return { shape: "sink", topic, key, value, partitioner };
}

/** Validation has refused kernels here. */
function processorWork({ operator: { call, facts }, name }: ProcessorNode): GraphWork {
  if (call.shape === "process") return { ...call, stores: [...facts.stores, ...(facts.hiddenStores ?? [])] };
  assert(call.shape !== "kernel", `${name} has bytes to read`);
  return call;
}
