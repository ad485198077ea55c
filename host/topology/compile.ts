import { lower } from "./lower.ts";
import type { LogicalTopology } from "./node.ts";
import { fuseSegments } from "./passes/fuse-segments.ts";
import { mergeSources } from "./passes/merge-sources.ts";
import type { Plan, SubTopology } from "./plan.ts";
import { planHash } from "./plan-hash.ts";
import { childrenOf, sourcesOf } from "./tree.ts";
import { validate } from "./validate.ts";

/**
 * Makes the physical plan of a topology. Pure: equal topologies give equal plans.
 *
 * @throws TOPOLOGY_INVALID, see `validate`
 */
export function compile(topology: LogicalTopology): Plan {
  const merged = mergeSources(topology);
  validate(merged);
  const children = childrenOf(merged);
  const subTopologies = sourcesOf(merged).map((node, id): SubTopology => {
    const source = lower(node, children);
    return { id, sources: [{ ...source, children: fuseSegments(source.children) }] };
  });
  return Object.freeze({ subTopologies, hash: planHash(subTopologies) });
}
