import type { ErrorSettings } from "./error-settings.ts";
import type { Expression } from "./expression.ts";
import type { GlobalTableSpec } from "./global-table.ts";
import type { Import } from "./imported.ts";
import type { NodeId } from "./node.ts";
import type { Call, KernelUse } from "./operator.ts";
import type { RowComparison } from "./row-comparison.ts";
import type { AnySerde, ProjectedField } from "./serde.ts";
import type { ExtractTopic, Partitioner } from "./sink-choice.ts";
import type { SourceChangelog } from "./source-changelogs.ts";
import type { StoreSpec } from "./store-spec.ts";
import type { TimestampExtractor } from "./timestamp-extractor.ts";

/** The physical plan: what each task runs. Pure data and the user's functions; equal topologies give equal plans. */
export interface Plan {
  readonly subTopologies: readonly SubTopology[];
  /** Topics of the application's own, which it makes where they do not exist. */
  readonly internalTopics: readonly InternalTopic[];
  readonly imports: readonly PlannedImport[];
  readonly globals: readonly GlobalTableSpec[];
  /** Topics, as Kafka knows them, whose records are joined by key: those of one group must have as many partitions. */
  readonly copartitions: readonly (readonly string[])[];
  /** SHA-256 in hex over everything that tells plans apart: main thread and workers must agree on it. */
  readonly hash: string;
}

/** What is fed into a source's topic. */
export interface PlannedImport {
  readonly imported: Import;
  /** As Kafka knows it. */
  readonly topic: string;
}

/** Sources, and all that they reach without a topic between. Its tasks: one a partition. */
export interface SubTopology {
  readonly id: number;
  readonly sources: readonly PlanSource[];
  /** Its processors, and all that is below them: a record goes through these alone, depth first. Rising by id. */
  readonly graph: readonly GraphNode[];
  readonly stores: readonly PlannedStore[];
}

/** "without-cache": unless it has a record cache. */
export type InKernels = "never" | "without-cache" | "always";

/** A store that the tasks of a sub-topology have. */
export interface PlannedStore {
  readonly spec: StoreSpec;
  /** As Kafka knows it; undefined: the store has none. */
  readonly changelog: string | undefined;
  /** What it is restored from in place of a changelog of its own. */
  readonly source?: SourceChangelog;
  /** Whether kernels change it. */
  readonly inKernels: InKernels;
}

/** A node that records come to one by one. */
export interface GraphNode {
  readonly id: NodeId;
  readonly name: string;
  readonly work: GraphWork;
  /** In the order in which they see a record. Of a branch: of the predicate with the same number. */
  readonly children: readonly NodeId[];
}

export type GraphWork =
  | (Extract<Call, { readonly shape: "process" }> & { readonly stores: readonly string[] })
  | CallStep["call"]
  | { readonly shape: "branch"; readonly predicates: BranchStep["predicates"] }
  | { readonly shape: "pass" }
  | ({ readonly shape: "sink" } & Pick<SinkStep, "topic" | "key" | "value" | "partitioner">);

/** A source and what is below it, as a tree: what several sources or branches reach stands below each of them. */
export interface PlanSource {
  readonly name: string;
  /** As Kafka knows them. Empty where there is a pattern. */
  readonly topics: readonly string[];
  readonly pattern: RegExp | undefined;
  readonly key: AnySerde;
  readonly value: AnySerde;
  readonly timestamps: TimestampExtractor;
  readonly errors: Partial<ErrorSettings>;
  /** One record goes through all that is below, depth first, before the next (see goesRowByRow). */
  readonly rowByRow: boolean;
  /** In the order in which they see a record. */
  readonly children: readonly PlanStep[];
}

export type PlanStep = CallStep | BranchStep | SegmentStep | KernelStep | ProcessStep | SinkStep;

/** Runs a function over each record. */
export interface CallStep {
  readonly kind: "call";
  /** The logical node that the function belongs to. */
  readonly name: string;
  readonly call: Exclude<Call, { readonly shape: "branch" | "kernel" | "pass" | "process" }>;
  readonly children: readonly PlanStep[];
}

/** Sends each record one way: that of the first predicate which holds; where none does, nowhere. */
export interface BranchStep {
  readonly kind: "branch";
  readonly name: string;
  readonly predicates: readonly ((key: never, value: never) => unknown)[];
  /** By predicate. */
  readonly ways: readonly (readonly PlanStep[])[];
}

/**
 * Declarative steps in a row, right behind a source whose values kernels turn into rows: all fused into one look
 * at the source's row. Comparisons, key and projection name fields of that row.
 */
export interface SegmentStep {
  readonly kind: "segment";
  /** Names of the logical nodes in it, the last one last. */
  readonly names: readonly string[];
  /** All must hold. */
  readonly filters: readonly RowFilter[];
  /**
   * Expressions that must come to something (integers within 64 bits) for all rows that pass the filters: those of
   * the projection of its last node that may not. A row for which one does not is a bad record of that node.
   */
  readonly checks: readonly Expression[];
  /** What of the source's row is the key behind it; undefined: the key as it comes. */
  readonly key: Expression | undefined;
  /** undefined: the row as it is. */
  readonly projection: readonly ProjectedField[] | undefined;
  readonly children: readonly PlanStep[];
}

/** Runs a user's kernel over the batch in which the records stand, and makes a batch: of its rows the steps below are. */
export interface KernelStep {
  readonly kind: "kernel";
  readonly name: string;
  readonly kernel: KernelUse;
  readonly children: readonly PlanStep[];
}

/** The way into the sub-topology's graph: each record goes through it by itself. */
export interface ProcessStep {
  readonly kind: "process";
  readonly name: string;
  readonly node: NodeId;
  /** false: of values it only sees whether they are null. */
  readonly readsValue: boolean;
  /** The same by kernels, batch by batch, where its store is theirs. */
  readonly inKernels?: AggregateStep;
}

/** An aggregate of records by their keys: of each the new value goes on. */
export interface AggregateStep {
  readonly kind: "count";
  readonly store: StoreSpec;
  /** What the graph has below the node. */
  readonly children: readonly PlanStep[];
}

/** Keeps the rows for which "all comparisons hold" equals `keeps`. */
export interface RowFilter {
  readonly all: readonly RowComparison[];
  readonly keeps: boolean;
}

export interface SinkStep {
  readonly kind: "sink";
  readonly name: string;
  /** As Kafka knows it. */
  readonly topic: string | ExtractTopic;
  readonly key: AnySerde;
  readonly value: AnySerde;
  readonly partitioner: Partitioner | undefined;
  /**
   * The record's bytes of the source (of the kernel above, if there is one) go out as they are: nothing has changed the
   * key (the value), and both ends use the same format.
   */
  readonly keepsKey: boolean;
  readonly keepsValue: boolean;
}

/** A topic between two sub-topologies. */
export interface InternalTopic {
  /** As Kafka knows it. */
  readonly topic: string;
  /** undefined: as many as the topics have that feed it. */
  readonly partitions: number | undefined;
  /** Sub-topologies that write it. */
  readonly writtenBy: readonly number[];
  /** false: it is there for others, so that nothing says when a record has been consumed. */
  readonly isRead: boolean;
  /** What the topic must have beside the cluster's defaults: it is a store's changelog. */
  readonly changelog?: Readonly<Record<string, string>> | undefined;
}

/** Every topic that the plan reads by name, in the order of its sources. */
export function sourceTopics(plan: Plan): readonly string[] {
  return [...new Set(plan.subTopologies.flatMap((each) => each.sources.flatMap((source) => source.topics)))];
}

/** Every topic that the plan is known to write, dead letter topics of single sources included. */
export function sinkTopics(plan: Plan): readonly string[] {
  const topics = new Set<string>();
  for (const { sources, graph, stores } of plan.subTopologies) {
    for (const source of sources) {
      if (source.errors.deadLetterTopic !== undefined) topics.add(source.errors.deadLetterTopic);
      for (const { topic } of sinksBelow(source.children)) if (typeof topic === "string") topics.add(topic);
    }
    for (const { work } of graph)
      if (work.shape === "sink" && typeof work.topic === "string") topics.add(work.topic);
    for (const { changelog } of stores) if (changelog !== undefined) topics.add(changelog);
  }
  return [...topics];
}

/** The sinks below some steps, in depth-first order. */
export function sinksBelow(steps: readonly PlanStep[]): readonly SinkStep[] {
  return steps.flatMap((step) => {
    if (step.kind === "sink") return [step];
    if (step.kind === "process") return [];
    return step.kind === "branch" ? step.ways.flatMap(sinksBelow) : sinksBelow(step.children);
  });
}

/** The ways into the graph below some steps. */
export function processesBelow(steps: readonly PlanStep[]): readonly ProcessStep[] {
  return steps.flatMap((step) => {
    if (step.kind === "process") return [step];
    if (step.kind === "sink") return [];
    return step.kind === "branch" ? step.ways.flatMap(processesBelow) : processesBelow(step.children);
  });
}

/** The users' kernels below some steps. */
export function kernelsBelow(steps: readonly PlanStep[]): readonly KernelUse[] {
  return steps.flatMap((step) => {
    if (step.kind === "sink" || step.kind === "process") return [];
    if (step.kind === "branch") return step.ways.flatMap(kernelsBelow);
    return step.kind === "kernel"
      ? [step.kernel, ...kernelsBelow(step.children)]
      : kernelsBelow(step.children);
  });
}
