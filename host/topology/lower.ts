import { aggregateInKernels, type OwnStores } from "./aggregate-in-kernels.ts";
import type { ProcessorNode, SinkNode, SourceNode } from "./node.ts";
import type { KernelUse } from "./operator.ts";
import type { PlanSource, PlanStep, ProcessStep, RowFilter, SegmentStep, SinkStep } from "./plan.ts";
import { SeenRows } from "./seen-rows.ts";
import type { AnySerde } from "./serde.ts";
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
  /** The value is that row still, seen so. */
  readonly rows: SeenRows | undefined;
}

/** What is below the nodes, and what they may use. */
interface Below {
  readonly children: Children;
  readonly stores: OwnStores;
}

/**
 * Turns a source and all below it into plan steps, one for each logical node and way that leads there: what comes
 * behind a merge stands below each stream that is merged. So the plan is a tree, whose depth-first order is that in
 * which one record causes its outputs.
 */
export function lower(
  source: SourceNode,
  children: Children,
  stores: OwnStores,
): Omit<PlanSource, "rowByRow"> {
  const { name, topics, pattern, key, value, timestamps, errors } = source;
  const way: Way = {
    key,
    value,
    byKernel: false,
    keyChanged: false,
    valueChanged: false,
    rows: value.rows && new SeenRows(value.rows.fields),
  };
  return {
    name,
    topics,
    pattern,
    key,
    value,
    timestamps,
    errors,
    children: stepsBelow(source.id, way, { children, stores }),
  };
}

function stepsBelow(parent: number, way: Way, below: Below): readonly PlanStep[] {
  return (below.children.get(parent) ?? []).flatMap((node) =>
    node.kind === "sink" ? [sinkStep(node, way)] : processorSteps(node, way, below),
  );
}

/** One step; what does nothing is left out, and a branch over rows is a segment for each way. */
function processorSteps(node: ProcessorNode, way: Way, below: Below): readonly PlanStep[] {
  const { name, operator } = node;
  const { call, facts, declaration } = operator;
  if (declaration !== undefined && way.rows !== undefined) {
    const segments = segmentSteps(node, way.rows, way, below);
    if (segments !== undefined) return segments;
  }
  const after: Way = {
    ...way,
    keyChanged: way.keyChanged || facts.changesKey,
    valueChanged: way.valueChanged || facts.changesValue,
    rows: facts.changesValue ? undefined : facts.changesKey ? way.rows?.keyedBy(undefined) : way.rows,
  };
  switch (call.shape) {
    case "pass":
      return stepsBelow(node.id, after, below);
    case "process":
      return [processStep(node, way, below)];
    case "kernel": {
      const { kernel } = call;
      return [{ kind: "kernel", name, kernel, children: stepsBelow(node.id, wayBehind(kernel), below) }];
    }
    case "branch": {
      const { predicates } = call;
      const ways = predicates.map((_, index) => wayOf(node, index, after, below));
      return [{ kind: "branch", name, predicates, ways }];
    }
    default:
      return [{ kind: "call", name, call, children: stepsBelow(node.id, after, below) }];
  }
}

function processStep(node: ProcessorNode, way: Way, below: Below): ProcessStep {
  const { name, id, operator } = node;
  const readsValue = operator.facts.readsValue !== false;
  const step = { kind: "process" as const, name, node: id, readsValue };
  const arriving = {
    key: way.keyChanged || way.byKernel ? undefined : way.key,
    value: way.valueChanged || way.byKernel ? undefined : way.value,
    hasRows: way.rows !== undefined && !way.byKernel,
  };
  const store = aggregateInKernels(node, arriving, below.children, below.stores);
  if (store === undefined) return step;
  const { key, value } = store;
  const made: Way = { key, value, byKernel: true, keyChanged: false, valueChanged: false, rows: undefined };
  const { kind } = operator.aggregate!;
  const children = (below.children.get(id) ?? []).flatMap((unwrap) => stepsBelow(unwrap.id, made, below));
  return { ...step, inKernels: { kind, store, children } };
}

/** A kernel's records are new ones, whatever has become of those that it was given. */
function wayBehind({ key, value }: KernelUse): Way {
  const rows = value.rows && new SeenRows(value.rows.fields);
  return { key, value, byKernel: true, keyChanged: false, valueChanged: false, rows };
}

/** What comes behind the predicate with this number. */
function wayOf(node: ProcessorNode, index: number, way: Way, below: Below): readonly PlanStep[] {
  const ends = (below.children.get(node.id) ?? []).filter(
    (child) => child.kind === "processor" && child.operator.branch === index,
  );
  return ends.flatMap((end) => stepsBelow(end.id, way, below));
}

/** @returns undefined: kernels cannot do this */
function segmentSteps(
  node: ProcessorNode,
  rows: SeenRows,
  way: Way,
  below: Below,
): readonly SegmentStep[] | undefined {
  const declaration = node.operator.declaration!;
  const { projection, key } = rows;
  const segment = { kind: "segment" as const, names: [node.name], filters: [], checks: [], projection, key };
  switch (declaration.step) {
    case "project": {
      const keyed = declaration.key === undefined ? rows : rows.keyedBy(declaration.key);
      const projected = keyed.projected(declaration.fields);
      if (projected === undefined) return undefined;
      const keyChanged = way.keyChanged || declaration.key !== undefined;
      const steps = stepsBelow(
        node.id,
        { ...way, keyChanged, valueChanged: true, rows: projected.rows },
        below,
      );
      const { checks, rows: seen } = projected;
      return [{ ...segment, checks, projection: seen.projection, key: seen.key, children: steps }];
    }
    case "selectKey": {
      const keyed = rows.keyedBy(declaration.key);
      const steps = stepsBelow(node.id, { ...way, keyChanged: true, rows: keyed }, below);
      return [{ ...segment, key: keyed.key, children: steps }];
    }
    case "keyed": {
      const comparison = rows.keyed();
      if (comparison === undefined) return undefined;
      const filters = [{ all: [comparison], keeps: true }];
      return [{ ...segment, filters, children: stepsBelow(node.id, way, below) }];
    }
    case "filter": {
      const all = rows.compared(declaration.all);
      if (all === undefined) return undefined;
      const filters = [{ all, keeps: declaration.keeps }];
      return [{ ...segment, filters, children: stepsBelow(node.id, way, below) }];
    }
    case "branch": {
      const predicates = declaration.predicates.map((all) => rows.compared(all));
      if (!predicates.every((all) => all !== undefined)) return undefined;
      const ways = predicates.map((all, index) => {
        const before = predicates.slice(0, index).map((each): RowFilter => ({ all: each, keeps: false }));
        const filters = all.length === 0 ? before : [...before, { all, keeps: true }];
        return { ...segment, filters, children: wayOf(node, index, way, below) };
      });
      return ways.filter((each) => each.children.length > 0);
    }
  }
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
