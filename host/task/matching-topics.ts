import { PeridotError } from "../errors.ts";
import { matchesTopic } from "../topology/pattern.ts";
import type { SubTopologySources } from "./decide-assignment.ts";

/**
 * The sub-topologies with the topics that their patterns match among those that exist. A topic that a source names is
 * that source's alone.
 *
 * @throws TOPOLOGY_INVALID if two patterns match the same topic.
 */
export function withMatchingTopics(
  subTopologies: readonly SubTopologySources[],
  existing: readonly string[],
): readonly SubTopologySources[] {
  const named = new Set(subTopologies.flatMap((each) => each.sourceTopics));
  const readers = new Map<string, RegExp>();
  return subTopologies.map(({ subTopology, sourceTopics, patterns = [] }) => {
    const matching = patterns.flatMap((pattern) =>
      existing
        .filter((topic) => !named.has(topic) && matchesTopic(pattern, topic))
        .map((topic) => ({ topic, pattern })),
    );
    for (const { topic, pattern } of matching) {
      const other = readers.get(topic);
      if (other !== undefined) throw readTwice(topic, other, pattern);
      readers.set(topic, pattern);
    }
    return { subTopology, sourceTopics: [...sourceTopics, ...matching.map(({ topic }) => topic)] };
  });
}

function readTwice(topic: string, ...[one, other]: readonly RegExp[]): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", {
    problem: `the topic "${topic}" is read by two sources: it matches ${String(one)} and ${String(other)}`,
    remedy: "Make the patterns exclude each other, or use one stream twice",
  });
}
