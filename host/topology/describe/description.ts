/** A topology as its pictures need it: which nodes there are, how they hang together, which topics they touch. */
export interface Description {
  /** In the order of their numbers, which begin at 0. */
  readonly subTopologies: readonly DescribedSubTopology[];
}

export interface DescribedSubTopology {
  readonly id: number;
  /** A global table: no tasks are made of it. */
  readonly isGlobal: boolean;
  /** In the order of the builder's calls: parents stand before their children. */
  readonly nodes: readonly DescribedNode[];
}

export type DescribedNode = DescribedSource | DescribedProcessor | DescribedSink;

export interface DescribedSource {
  readonly kind: "source";
  readonly name: string;
  /** Topics by name, or the regular expression that names match. */
  readonly topics: readonly DescribedTopic[] | { readonly pattern: string };
}

export interface DescribedProcessor {
  readonly kind: "processor";
  readonly name: string;
  /** Its method in the DSL: "mapValues". */
  readonly method: string;
  readonly stores: readonly string[];
  readonly parents: readonly string[];
}

export interface DescribedSink {
  readonly kind: "sink";
  readonly name: string;
  /** One topic, or the function that chooses a topic for each record. */
  readonly topic: DescribedTopic | { readonly extractor: string };
  readonly parents: readonly string[];
}

export interface DescribedTopic {
  readonly name: string;
  /** Made by the application: on the cluster its name begins with the application id. */
  readonly internal: boolean;
}

/** Names of the nodes that a node is fed by; a source has none. */
export function parentsOf(node: DescribedNode): readonly string[] {
  return node.kind === "source" ? [] : node.parents;
}
