import type { LogicalNode, ProcessorNode } from "./node.ts";
import type { AnySerde } from "./serde.ts";
import type { StoreSpec } from "./store-spec.ts";

/** What may be done to a topology beyond what it says: none of it changes results, all of it changes topics. */
export type Optimization = "reuse-source-topics";

/** A source topic that stands in for the changelog of its table's store, and how the table reads it. */
export interface SourceChangelog {
  readonly topic: string;
  readonly key: AnySerde;
  readonly value: AnySerde;
}

/** Operators of which the user's own code reaches their stores, and may write them. */
const USERS_OWN: ReadonlySet<string> = new Set(["PROCESSOR", "PROCESSVALUES", "KTABLE-TRANSFORMVALUES"]);

/**
 * The topic out of which a store can be made again (Kafka Streams' reuse.ktable.source.topics): it is that of a table's
 * source, which alone writes it, at the times that the records have. A versioned store's changelog is compacted later than
 * others, which no source topic promises.
 */
export function sourceChangelog(
  { name, kind, logging }: StoreSpec,
  nodes: readonly LogicalNode[],
): SourceChangelog | undefined {
  if (kind !== "timestamped-key-value" || logging === false) return undefined;
  const uses = nodes.filter(
    (node): node is ProcessorNode => node.kind === "processor" && node.operator.facts.stores.includes(name),
  );
  if (uses.some(({ operator }) => USERS_OWN.has(operator.role))) return undefined;
  const source = nodes.find(
    (node) =>
      node.kind === "source" &&
      node.ofTable === true &&
      uses.some(({ parents }) => parents.length === 1 && parents[0] === node.id),
  );
  if (source?.kind !== "source" || source.topics.length !== 1) return undefined;
  const { topics, key, value, timestamps } = source;
  const asRecorded = timestamps.from === "record" && timestamps.onInvalid !== "partition-time";
  return asRecorded ? { topic: topics[0]!, key, value } : undefined;
}
