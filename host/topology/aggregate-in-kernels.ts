import { isProcess } from "./graph.ts";
import type { LogicalNode, ProcessorNode } from "./node.ts";
import type { InKernels, ProcessStep } from "./plan.ts";
import type { AnySerde } from "./serde.ts";
import type { StoreSpec } from "./store-spec.ts";
import { belowOf, type Children } from "./tree.ts";

/** Stores by name, of those that no two nodes use: nobody sees when within a batch they change. */
export type OwnStores = ReadonlyMap<string, StoreSpec>;

export function storesOfOne(nodes: readonly LogicalNode[], stores: readonly StoreSpec[]): OwnStores {
  const uses = nodes.flatMap((node) =>
    node.kind === "processor"
      ? [...node.operator.facts.stores, ...(node.operator.facts.hiddenStores ?? [])]
      : [],
  );
  const own = stores.filter(({ name }) => uses.filter((each) => each === name).length === 1);
  return new Map(own.map((spec) => [spec.name, spec]));
}

/** What comes to an aggregate, as far as kernels can read it. */
export interface Arriving {
  /** Serdes by which it was read; undefined: a function, or a kernel, has made it. */
  readonly key: AnySerde | undefined;
  readonly value: AnySerde | undefined;
  /** Kernels have made rows of the values, and know which of them are null. */
  readonly hasRows: boolean;
}

/**
 * Whether kernels can do what a node does: they know the bytes of its keys and values, and nothing needs its changes but
 * streams of its new values.
 *
 * @returns its store; undefined: they cannot.
 */
export function aggregateInKernels(
  node: ProcessorNode,
  { key, value, hasRows }: Arriving,
  children: Children,
  stores: OwnStores,
): StoreSpec | undefined {
  const { aggregate } = node.operator;
  const spec = aggregate && stores.get(aggregate.store);
  if (spec?.kind !== "timestamped-key-value" || spec.value.format !== "i64") return undefined;
  if (key === undefined || !isPlain(key) || key.format !== spec.key.format || !isPlain(spec.key))
    return undefined;
  if (!hasRows && (value === undefined || !isPlain(value))) return undefined;
  const streams = children.get(node.id) ?? [];
  const unwrap = streams.every((child) => child.kind === "processor" && child.operator.unwraps === true);
  const below = streams.flatMap((child) => belowOf(child, children));
  return unwrap && !below.some(isProcess) ? spec : undefined;
}

/**
 * Whether kernels change a store. With a record cache they do if all that comes of it goes to topics that nothing else
 * writes: then it does not matter when within a batch, and behind which other store's news, it is told.
 *
 * @param ways into the graph, of all sources.
 */
export function inKernels(
  { name }: StoreSpec,
  ways: readonly ProcessStep[],
  nodes: readonly LogicalNode[],
): InKernels {
  const step = ways.find((each) => each.inKernels?.store.name === name);
  if (step?.inKernels === undefined) return "never";
  const { children } = step.inKernels;
  const isOnlyWay = ways.filter(({ node }) => node === step.node).length === 1;
  const topics = nodes.flatMap((node) => (node.kind === "sink" ? [node.topic] : []));
  const areKnown = topics.every((topic) => typeof topic === "string");
  const areItsOwn = children.every(
    (child) =>
      child.kind === "sink" &&
      child.partitioner === undefined &&
      child.keepsKey &&
      child.keepsValue &&
      topics.filter((topic) => topic === child.topic).length === 1,
  );
  return isOnlyWay && areKnown && areItsOwn ? "always" : "without-cache";
}

const PLAIN: ReadonlySet<string> = new Set(["string", "bytes", "i32", "i64", "f64"]);

/** Its bytes are the value: the same value has the same bytes, and only no bytes are null. */
function isPlain({ format, normalizes, rows }: AnySerde): boolean {
  return PLAIN.has(format) && normalizes !== true && rows === undefined;
}
