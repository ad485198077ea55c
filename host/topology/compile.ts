import { inKernels, storesOfOne } from "./aggregate-in-kernels.ts";
import { changelogConfigs } from "./changelog-configs.ts";
import { copartitionsOf } from "./copartitions.ts";
import { graphOf } from "./graph.ts";
import { internalTopics } from "./internal-topics.ts";
import { lower } from "./lower.ts";
import type { LogicalNode, LogicalTopology } from "./node.ts";
import { fuseSegments } from "./passes/fuse-segments.ts";
import { mergeSources } from "./passes/merge-sources.ts";
import { nameInternalTopics } from "./passes/name-internal-topics.ts";
import {
  type InternalTopic,
  type Plan,
  type PlannedStore,
  processesBelow,
  type SubTopology,
} from "./plan.ts";
import { planHash } from "./plan-hash.ts";
import { goesRowByRow } from "./regions.ts";
import { type Optimization, sourceChangelog } from "./source-changelogs.ts";
import type { StoreSpec } from "./store-spec.ts";
import { childrenOf, numberedSubTopologies, sourcesOf } from "./tree.ts";
import { validate } from "./validate.ts";

/**
 * Makes the physical plan of a topology. Pure: equal topologies give equal plans.
 *
 * @param applicationId stands before the names of internal topics.
 * @param optimizations which the application asks for; default: none.
 * @throws TOPOLOGY_INVALID, see `validate`
 */
export function compile(
  topology: LogicalTopology,
  applicationId: string,
  optimizations: readonly Optimization[] = [],
): Plan {
  const merged = nameInternalTopics(mergeSources(topology), applicationId);
  validate(merged);
  const children = childrenOf(merged);
  const groups = numberedSubTopologies(merged);
  const { globals } = merged;
  const subTopologies = groups.map(({ id, nodes }): SubTopology => {
    const stores = storesOf(nodes, merged.stores);
    const sources = nodes
      .filter((node) => node.kind === "source")
      .map((node) => {
        const source = lower(node, children, storesOfOne(nodes, stores));
        const rowByRow = goesRowByRow(node, nodes, children);
        return { ...source, rowByRow, children: fuseSegments(source.children) };
      });
    const ways = sources.flatMap((source) => processesBelow(source.children));
    return {
      id,
      sources,
      graph: graphOf(nodes, children),
      stores: stores.map((spec) => ({
        spec,
        ...changelogOf(spec, nodes, applicationId, optimizations),
        inKernels: inKernels(spec, ways, nodes),
      })),
    };
  });
  return Object.freeze({
    subTopologies,
    internalTopics: [...internalTopics(groups), ...subTopologies.flatMap(changelogTopics)],
    copartitions: groups.flatMap(({ nodes }) => copartitionsOf(nodes)),
    globals,
    imports: sourcesOf(merged).flatMap(({ imported, topics }) =>
      imported === undefined ? [] : topics.map((topic) => ({ imported, topic })),
    ),
    hash: planHash(subTopologies, globals),
  });
}

/** The stores that some nodes name. */
function storesOf(nodes: readonly LogicalNode[], stores: readonly StoreSpec[]): readonly StoreSpec[] {
  const named = new Set(
    nodes.flatMap((node) => (node.kind === "processor" ? node.operator.facts.stores : [])),
  );
  return stores.filter(({ name }) => named.has(name));
}

function changelogOf(
  spec: StoreSpec,
  nodes: readonly LogicalNode[],
  applicationId: string,
  optimizations: readonly Optimization[],
): Pick<PlannedStore, "changelog" | "source"> {
  const source = optimizations.includes("reuse-source-topics") ? sourceChangelog(spec, nodes) : undefined;
  if (source !== undefined) return { changelog: undefined, source };
  return { changelog: spec.logging === false ? undefined : `${applicationId}-${spec.name}-changelog` };
}

/** One partition each for the tasks of the sub-topology. */
function changelogTopics({ id, stores }: SubTopology): readonly InternalTopic[] {
  return stores.flatMap(({ spec, changelog: topic }) =>
    topic === undefined
      ? []
      : [{ topic, partitions: undefined, writtenBy: [id], isRead: false, changelog: changelogConfigs(spec) }],
  );
}
