import { PeridotError } from "../errors.ts";
import type { Plan } from "./plan.ts";

/**
 * A source that reads several topics makes one stream of them: a key must be in the partition of the same number in
 * each, or the stream's order and everything keyed behind it are wrong in silence. Kafka Streams checks that for
 * joins only; we check it for each source that names its topics, too.
 *
 * @param partitionsOf partitions by topic; topics that are not in it are not checked.
 * @throws TOPOLOGY_INVALID that names the topics, their numbers of partitions, and the remedy.
 */
export function checkPartitions(plan: Plan, partitionsOf: ReadonlyMap<string, number>): void {
  for (const { name, topics } of plan.subTopologies.flatMap((each) => each.sources))
    check(topics, partitionsOf, `the topics of source ${name}`, "read each by a stream of its own");
  for (const topics of plan.copartitions)
    check(topics, partitionsOf, "topics that are joined", "bring one of them through repartition() first");
}

function check(
  topics: readonly string[],
  partitionsOf: ReadonlyMap<string, number>,
  what: string,
  instead: string,
): void {
  const counts = topics.flatMap((topic) => {
    const partitions = partitionsOf.get(topic);
    return partitions === undefined ? [] : [{ topic, partitions }];
  });
  if (counts.every((each) => each.partitions === counts[0]?.partitions)) return;
  const listed = counts.map((each) => `"${each.topic}" has ${each.partitions}`).join(", ");
  throw new PeridotError("TOPOLOGY_INVALID", {
    problem: `${what} differ in their number of partitions: ${listed}`,
    remedy: `Give ${counts.map((each) => `"${each.topic}"`).join(" and ")} the same number, or ${instead}`,
  });
}
