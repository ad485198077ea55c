import type { ProcessorNode, SinkNode, SourceNode } from "./node.ts";
import type { PlanSource, PlanStep, SegmentStep, SinkStep } from "./plan.ts";
import type { AnySerde, ProjectedField } from "./serde.ts";
import type { Children } from "./tree.ts";

/** What has become of a record on its way from the source to some node. */
interface Way {
  readonly source: SourceNode;
  readonly keyChanged: boolean;
  readonly valueChanged: boolean;
  /** The value is the source's row still, seen through `projection`. */
  readonly rows: boolean;
  readonly projection: readonly ProjectedField[] | undefined;
}

/** Turns a source and all below it into plan steps, one for each logical node. */
export function lower(source: SourceNode, children: Children): PlanSource {
  const { name, topics, key, value, timestamps, errors } = source;
  const way: Way = {
    source,
    keyChanged: false,
    valueChanged: false,
    rows: value.rows !== undefined,
    projection: undefined,
  };
  return {
    name,
    topics,
    key,
    value,
    timestamps,
    errors,
    children: numbered(stepsBelow(source.id, way, children)),
  };
}

function stepsBelow(parent: number, way: Way, children: Children): readonly PlanStep[] {
  return (children.get(parent) ?? []).map((node) =>
    node.kind === "sink" ? sinkStep(node, way) : processorStep(node, way, children),
  );
}

function processorStep(node: ProcessorNode, way: Way, children: Children): PlanStep {
  const { call, facts, declaration } = node.operator;
  if (declaration !== undefined && way.rows) return segmentStep(node, way, children);
  const after: Way = {
    ...way,
    keyChanged: way.keyChanged || facts.changesKey,
    valueChanged: way.valueChanged || facts.changesValue,
    rows: way.rows && !facts.changesValue,
  };
  return { kind: "call", name: node.name, call, children: stepsBelow(node.id, after, children) };
}

function segmentStep(node: ProcessorNode, way: Way, children: Children): SegmentStep {
  const declaration = node.operator.declaration!;
  const segment = { kind: "segment" as const, names: [node.name] };
  if (declaration.step === "project") {
    const projection = declaration.fields.map(({ name, from }) => ({ name, from: inSource(way, from) }));
    const after = { ...way, valueChanged: true, projection };
    return { ...segment, filters: [], projection, children: stepsBelow(node.id, after, children) };
  }
  const all = declaration.all.map((each) => ({ ...each, field: inSource(way, each.field) }));
  return {
    ...segment,
    filters: [{ all, keeps: declaration.keeps }],
    projection: way.projection,
    children: stepsBelow(node.id, way, children),
  };
}

/** The field of the source's row behind a field of the row as it is seen here; validate() has found that it exists. */
function inSource(way: Way, name: string): string {
  return way.projection?.find((each) => each.name === name)?.from ?? name;
}

function sinkStep(node: SinkNode, way: Way): SinkStep {
  const { name, topic, key, value } = node;
  return {
    kind: "sink",
    name,
    topic,
    key,
    value,
    ordinal: 0,
    keepsKey: !way.keyChanged && sameBytes(way.source.key, key),
    keepsValue: !way.valueChanged && sameBytes(way.source.value, value),
    shared: false,
  };
}

/** Whether what one serde reads, the other would write with the same bytes (untyped JSON: with the same meaning). */
function sameBytes(read: AnySerde, written: AnySerde): boolean {
  if (read.format !== written.format || read.format === "custom") return false;
  return [read, written].every((serde) => serde.rows === undefined && serde.normalizes !== true);
}

/** Gives sinks their depth-first place, and tells which share a topic. */
function numbered(steps: readonly PlanStep[]): readonly PlanStep[] {
  const writers = new Map<string, number>();
  const count = (step: PlanStep): void => {
    if (step.kind === "sink") writers.set(step.topic, (writers.get(step.topic) ?? 0) + 1);
    else step.children.forEach(count);
  };
  steps.forEach(count);
  let ordinal = 0;
  const number = (step: PlanStep): PlanStep =>
    step.kind === "sink"
      ? { ...step, ordinal: ordinal++, shared: writers.get(step.topic)! > 1 }
      : { ...step, children: step.children.map(number) };
  return steps.map(number);
}
