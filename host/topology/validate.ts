import { PeridotError } from "../errors.ts";
import { checkFields } from "./check-fields.ts";
import type { GlobalTableSpec } from "./global-table.ts";
import type { LogicalTopology, ProcessorNode, SourceNode } from "./node.ts";
import { matchesTopic } from "./pattern.ts";
import { type Children, childrenOf, sourcesOf, waysBelow } from "./tree.ts";

/**
 * Refuses topologies that cannot run.
 *
 * @throws TOPOLOGY_INVALID: no source; a topic read by two sources, or by one and a global table; so many merges behind each other that the plan
 *   would not end; declarative steps that name fields which the rows do not have, or compare what cannot be compared; a
 *   dead letter topic without a name; a kernel behind functions
 */
export function validate(topology: LogicalTopology): void {
  const sources = sourcesOf(topology);
  if (sources.length === 0) {
    throw invalid("it has no source", 'Begin with builder.stream("topic", …)');
  }
  refuseSharedTopics(sources);
  refuseGlobalTopics(topology.globals, sources);
  refuseNamedAndMatched(sources);
  refuseUnknownStores(topology);
  const children = childrenOf(topology);
  for (const source of sources) {
    refuseNamelessDeadLetters(source);
    refuseManyWays(source, children);
    if (source.value.rows !== undefined) checkFields(source.id, source.value.rows.fields, children);
    checkKernels(source.id, undefined, children);
  }
}

function refuseUnknownStores({ nodes, stores }: LogicalTopology): void {
  const known = new Set(stores.map(({ name }) => name));
  for (const node of nodes) {
    if (node.kind !== "processor") continue;
    const missing = node.operator.facts.stores.find((name) => !known.has(name));
    if (missing === undefined) continue;
    throw invalid(
      `${node.name} names the store "${missing}", which does not exist`,
      `Add it: builder.addStateStore(…); there are ${[...known].join(", ") || "none"}`,
    );
  }
}

function refuseSharedTopics(sources: readonly SourceNode[]): void {
  const readers = new Map<string, string>();
  for (const source of sources) {
    for (const topic of source.topics) {
      const other = readers.get(topic);
      if (other !== undefined) {
        throw invalid(
          `the topic "${topic}" is read by two sources (${other} and ${source.name}) with different options`,
          "Call stream() once, and use the stream that it gives twice",
        );
      }
      readers.set(topic, source.name);
    }
  }
}

/** What is a task's input and what all tasks see can not be one topic: records would join with themselves at random. */
function refuseGlobalTopics(globals: readonly GlobalTableSpec[], sources: readonly SourceNode[]): void {
  for (const [index, { topic, source }] of globals.entries()) {
    const other =
      globals.slice(0, index).find((each) => each.topic === topic)?.source ??
      sources.find(({ topics }) => topics.includes(topic))?.name ??
      sources.find(({ pattern }) => pattern !== undefined && matchesTopic(pattern, topic))?.name;
    if (other === undefined) continue;
    throw invalid(
      `the topic "${topic}" of a global table (${source}) is read by ${other} as well`,
      "Call globalTable() once for a topic, and read a topic either as a global table or as a stream",
    );
  }
}

/** As in Kafka Streams; topics of the application's own are left out of patterns. */
function refuseNamedAndMatched(sources: readonly SourceNode[]): void {
  for (const { pattern, name } of sources) {
    if (pattern === undefined) continue;
    for (const other of sources) {
      const topic = other.internal ? undefined : other.topics.find((each) => matchesTopic(pattern, each));
      if (topic === undefined) continue;
      throw invalid(
        `the topic "${topic}" is read by ${other.name}, and matches the pattern ${pattern} of ${name} as well`,
        "Make the pattern exclude it, or use one stream twice",
      );
    }
  }
}

/** Whether an action needs one is known with the application's settings. */
function refuseNamelessDeadLetters(source: SourceNode): void {
  if (source.errors.deadLetterTopic === "") {
    throw invalid(`the source ${source.name} has a dead letter topic without a name`, "Name it");
  }
}

/** Steps of the plan below one source, at most: what stands behind a merge is there once for each way that leads to it. */
const STEPS_MAX = 10_000;

function refuseManyWays(source: SourceNode, children: Children): void {
  const steps = [...waysBelow(source, children).values()].reduce((sum, each) => sum + each, 0);
  if (steps <= STEPS_MAX) return;
  throw invalid(
    `records of the source ${source.name} have more than ${STEPS_MAX} ways through branches and merges`,
    "Merge fewer streams of the same source behind each other, or put a repartition() between",
  );
}

/**
 * A kernel reads bytes: what a function has made of a record has none yet.
 *
 * @param maker the node that changed key or value on the way; undefined: none.
 */
function checkKernels(parent: number, maker: ProcessorNode | undefined, children: Children): void {
  for (const node of children.get(parent) ?? []) {
    if (node.kind === "sink") continue;
    const { call, facts } = node.operator;
    if (call.shape !== "kernel") {
      checkKernels(node.id, facts.changesKey || facts.changesValue ? node : maker, children);
      continue;
    }
    if (maker !== undefined) {
      throw invalid(
        `the kernel of ${node.name} is to read records that ${maker.name} has made, which have no bytes yet`,
        "Call kernel() before functions and projections that change key or value, or put a repartition() between",
      );
    }
    const { rows } = call.kernel.value;
    if (rows !== undefined) checkFields(node.id, rows.fields, children);
    checkKernels(node.id, undefined, children);
  }
}

function invalid(problem: string, remedy: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", { problem, remedy });
}
