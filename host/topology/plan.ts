import type { ErrorSettings } from "./error-settings.ts";
import type { Call, Comparison } from "./operator.ts";
import type { AnySerde, ProjectedField } from "./serde.ts";
import type { TimestampExtractor } from "./timestamp-extractor.ts";

/** The physical plan: what each task runs. Pure data and the user's functions; equal topologies give equal plans. */
export interface Plan {
  readonly subTopologies: readonly SubTopology[];
  /** SHA-256 in hex over everything that tells plans apart: main thread and workers must agree on it. */
  readonly hash: string;
}

/** A part of the topology that no other part feeds. Its tasks: one a partition. */
export interface SubTopology {
  readonly id: number;
  readonly sources: readonly PlanSource[];
}

export interface PlanSource {
  readonly name: string;
  readonly topics: readonly string[];
  readonly key: AnySerde;
  readonly value: AnySerde;
  readonly timestamps: TimestampExtractor;
  readonly errors: Partial<ErrorSettings>;
  /** In the order in which they see a record. */
  readonly children: readonly PlanStep[];
}

export type PlanStep = CallStep | SegmentStep | SinkStep;

/** Runs a function over each record. */
export interface CallStep {
  readonly kind: "call";
  /** The logical node that the function belongs to. */
  readonly name: string;
  readonly call: Call;
  readonly children: readonly PlanStep[];
}

/**
 * Declarative steps in a row, right behind a source whose values kernels turn into rows: all fused into one look
 * at the source's row. Comparisons and projection name fields of that row.
 */
export interface SegmentStep {
  readonly kind: "segment";
  /** Names of the logical nodes in it, the last one last. */
  readonly names: readonly string[];
  /** All must hold. */
  readonly filters: readonly RowFilter[];
  /** undefined: the row as it is. */
  readonly projection: readonly ProjectedField[] | undefined;
  readonly children: readonly PlanStep[];
}

/** Keeps the rows for which "all comparisons hold" equals `keeps`. */
export interface RowFilter {
  readonly all: readonly Comparison[];
  readonly keeps: boolean;
}

export interface SinkStep {
  readonly kind: "sink";
  readonly name: string;
  readonly topic: string;
  readonly key: AnySerde;
  readonly value: AnySerde;
  /** Its place in depth-first order within its sub-topology: where outputs of one record go first. */
  readonly ordinal: number;
  /**
   * The record's bytes of the source go out as they are: nothing has changed the key (the value), and both ends
   * use the same format.
   */
  readonly keepsKey: boolean;
  readonly keepsValue: boolean;
  /** Other sinks of the sub-topology write this topic too: their records must be merged by position. */
  readonly shared: boolean;
}

/** Every topic that the plan reads, in the order of its sources. */
export function sourceTopics(plan: Plan): readonly string[] {
  return [...new Set(plan.subTopologies.flatMap((each) => each.sources.flatMap((source) => source.topics)))];
}

/** Every topic that the plan writes, dead letter topics of single sources included. */
export function sinkTopics(plan: Plan): readonly string[] {
  const topics = new Set<string>();
  for (const source of plan.subTopologies.flatMap((each) => each.sources)) {
    if (source.errors.deadLetterTopic !== undefined) topics.add(source.errors.deadLetterTopic);
    for (const sink of sinksBelow(source.children)) topics.add(sink.topic);
  }
  return [...topics];
}

/** The sinks below some steps, in depth-first order. */
export function sinksBelow(steps: readonly PlanStep[]): readonly SinkStep[] {
  return steps.flatMap((step) => (step.kind === "sink" ? [step] : sinksBelow(step.children)));
}
