import type { ProcessorNode, SinkNode, SourceNode } from "./node.ts";
import type { Comparison, KernelUse } from "./operator.ts";
import type { PlanSource, PlanStep, RowFilter, SegmentStep, SinkStep } from "./plan.ts";
import type { AnySerde, ProjectedField } from "./serde.ts";
import type { Children } from "./tree.ts";

/** What has become of a record on its way from the source, or from the last kernel, to some node. */
interface Way {
  /** By which serdes what came from there is read. */
  readonly key: AnySerde;
  readonly value: AnySerde;
  /** A kernel has made the bytes: it is taken at its word that they are those serdes'. */
  readonly byKernel: boolean;
  readonly keyChanged: boolean;
  readonly valueChanged: boolean;
  /** The value is that row still, seen through `projection`. */
  readonly rows: boolean;
  readonly projection: readonly ProjectedField[] | undefined;
}

/**
 * Turns a source and all below it into plan steps, one for each logical node and way that leads there: what comes
 * behind a merge stands below each stream that is merged. So the plan is a tree, whose depth-first order is that in
 * which one record causes its outputs.
 */
export function lower(source: SourceNode, children: Children): Omit<PlanSource, "rowByRow"> {
  const { name, topics, pattern, key, value, timestamps, errors } = source;
  const way: Way = {
    key,
    value,
    byKernel: false,
    keyChanged: false,
    valueChanged: false,
    rows: value.rows !== undefined,
    projection: undefined,
  };
  return {
    name,
    topics,
    pattern,
    key,
    value,
    timestamps,
    errors,
    children: stepsBelow(source.id, way, children),
  };
}

function stepsBelow(parent: number, way: Way, children: Children): readonly PlanStep[] {
  return (children.get(parent) ?? []).flatMap((node) =>
    node.kind === "sink" ? [sinkStep(node, way)] : processorSteps(node, way, children),
  );
}

/** One step; what does nothing is left out, and a branch over rows is a segment for each way. */
function processorSteps(node: ProcessorNode, way: Way, children: Children): readonly PlanStep[] {
  const { name, operator } = node;
  const { call, facts, declaration } = operator;
  if (declaration !== undefined && way.rows) return segmentSteps(node, way, children);
  const after: Way = {
    ...way,
    keyChanged: way.keyChanged || facts.changesKey,
    valueChanged: way.valueChanged || facts.changesValue,
    rows: way.rows && !facts.changesValue,
  };
  switch (call.shape) {
    case "pass":
      return stepsBelow(node.id, after, children);
    case "kernel": {
      const { kernel } = call;
      return [{ kind: "kernel", name, kernel, children: stepsBelow(node.id, wayBehind(kernel), children) }];
    }
    case "branch": {
      const { predicates } = call;
      const ways = predicates.map((_, index) => wayOf(node, index, after, children));
      return [{ kind: "branch", name, predicates, ways }];
    }
    default:
      return [{ kind: "call", name, call, children: stepsBelow(node.id, after, children) }];
  }
}

/** A kernel's records are new ones, whatever has become of those that it was given. */
function wayBehind({ key, value }: KernelUse): Way {
  const rows = value.rows !== undefined;
  return { key, value, byKernel: true, keyChanged: false, valueChanged: false, rows, projection: undefined };
}

/** What comes behind the predicate with this number. */
function wayOf(node: ProcessorNode, index: number, way: Way, children: Children): readonly PlanStep[] {
  const ends = (children.get(node.id) ?? []).filter(
    (child) => child.kind === "processor" && child.operator.branch === index,
  );
  return ends.flatMap((end) => stepsBelow(end.id, way, children));
}

function segmentSteps(node: ProcessorNode, way: Way, children: Children): readonly SegmentStep[] {
  const declaration = node.operator.declaration!;
  const segment = { kind: "segment" as const, names: [node.name], projection: way.projection };
  switch (declaration.step) {
    case "project": {
      const projection = declaration.fields.map(({ name, from }) => ({ name, from: inSource(way, from) }));
      const after = { ...way, valueChanged: true, projection };
      return [{ ...segment, filters: [], projection, children: stepsBelow(node.id, after, children) }];
    }
    case "filter": {
      const filters = [{ all: compared(declaration.all, way), keeps: declaration.keeps }];
      return [{ ...segment, filters, children: stepsBelow(node.id, way, children) }];
    }
    case "branch": {
      const predicates = declaration.predicates.map((all) => compared(all, way));
      const ways = predicates.map((all, index) => {
        const before = predicates.slice(0, index).map((each): RowFilter => ({ all: each, keeps: false }));
        const filters = all.length === 0 ? before : [...before, { all, keeps: true }];
        return { ...segment, filters, children: wayOf(node, index, way, children) };
      });
      return ways.filter((each) => each.children.length > 0);
    }
  }
}

function compared(all: readonly Comparison[], way: Way): readonly Comparison[] {
  return all.map((each) => ({ ...each, field: inSource(way, each.field) }));
}

/** The field of the source's row behind a field of the row as it is seen here; validate() has found that it exists. */
function inSource(way: Way, name: string): string {
  return way.projection?.find((each) => each.name === name)?.from ?? name;
}

function sinkStep(node: SinkNode, way: Way): SinkStep {
  const { name, topic, key, value, partitioner } = node;
  return {
    kind: "sink",
    name,
    topic,
    key,
    value,
    partitioner,
    keepsKey: !way.keyChanged && ((way.byKernel && way.key === key) || sameBytes(way.key, key)),
    keepsValue: !way.valueChanged && ((way.byKernel && way.value === value) || sameBytes(way.value, value)),
  };
}

/** Whether what one serde reads, the other would write with the same bytes (untyped JSON: with the same meaning). */
function sameBytes(read: AnySerde, written: AnySerde): boolean {
  if (read.format !== written.format || read.format === "custom") return false;
  return [read, written].every((serde) => serde.rows === undefined && serde.normalizes !== true);
}
