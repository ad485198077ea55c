import type { GlobalTableSpec } from "../global-table.ts";
import type { LogicalNode, LogicalTopology, NodeId, SinkNode, SourceNode } from "../node.ts";
import { mergeSources } from "../passes/merge-sources.ts";
import { numberedSubTopologies } from "../tree.ts";
import type { DescribedNode, DescribedSink, DescribedSource, Description } from "./description.ts";

/** What a topology consists of. Internal topics have their names without the application id, as in Kafka Streams. */
export function describeTopology(topology: LogicalTopology): Description {
  const merged = mergeSources(topology);
  const nameOf = new Map(merged.nodes.map(({ id, name }) => [id, name]));
  const subTopologies = numberedSubTopologies(merged).map(({ id, nodes }) => ({
    id,
    isGlobal: false,
    nodes: nodes.map((node) => describeNode(node, nameOf)),
  }));
  const numbers = new Set(subTopologies.map(({ id }) => id));
  const free = merged.nodes
    .map((_node, index) => index)
    .concat(merged.globals.map((_each, index) => merged.nodes.length + index));
  const globalNumbers = free.filter((id) => !numbers.has(id));
  const globals = merged.globals.map((spec, index) => ({
    id: globalNumbers[index]!,
    isGlobal: true,
    nodes: describeGlobal(spec),
  }));
  return { subTopologies: [...subTopologies, ...globals].sort((a, b) => a.id - b.id) };
}

function describeGlobal({ source, name, topic, store }: GlobalTableSpec): readonly DescribedNode[] {
  return [
    { kind: "source", name: source, topics: [{ name: topic, internal: false }] },
    { kind: "processor", name, method: "globalTable", stores: [store.name], parents: [source] },
  ];
}

function describeNode(node: LogicalNode, nameOf: ReadonlyMap<NodeId, string>): DescribedNode {
  const { kind, name } = node;
  if (kind === "source") return { kind, name, topics: topicsOf(node) };
  const parents = node.parents.map((id) => nameOf.get(id)!);
  if (kind === "sink") return { kind, name, topic: topicOf(node), parents };
  const { role, facts } = node.operator;
  return { kind, name, method: METHODS.get(role) ?? role.toLowerCase(), stores: facts.stores, parents };
}

function topicsOf({ topics, pattern, internal }: SourceNode): DescribedSource["topics"] {
  if (pattern === undefined) return topics.map((name) => ({ name, internal }));
  // only JavaScript escapes a slash
  return { pattern: pattern.source.replace(/\\(.)/g, (pair, escaped) => (escaped === "/" ? "/" : pair)) };
}

function topicOf({ topic, internal }: SinkNode): DescribedSink["topic"] {
  return typeof topic === "string" ? { name: topic, internal } : { extractor: topic.name || "anonymous" };
}

/** Methods of the DSL by their part in Kafka Streams' generated names, where that is not the same word. */
const METHODS: ReadonlyMap<string, string> = new Map([
  ["BRANCH", "split"],
  ["BRANCHCHILD", "branch"],
  ["FLATMAP", "flatMap"],
  ["FLATMAPVALUES", "flatMapValues"],
  ["FOREACH", "forEach"],
  ["KEY-SELECT", "selectKey"],
  ["MAPVALUES", "mapValues"],
]);
