import type { TopicPartition } from "../transport/port.ts";
import type { TaskName, TaskToOpen } from "./thread-port.ts";

/** A connected part of the topology, as far as assignment needs to know it. */
export interface SubTopologySources {
  readonly subTopology: number;
  readonly sourceTopics: readonly string[];
  /** Of sources that read all topics which match. */
  readonly patterns?: readonly RegExp[];
}

export interface AssignmentFacts {
  readonly tasks: readonly TaskName[];
  readonly members: readonly {
    readonly memberId: string;
    /** Stream threads, the measure of how much a member can carry; at least 1. */
    readonly threads: number;
    /** Tasks that it had in the generation before: it keeps what it can. */
    readonly previous: readonly TaskName[];
  }[];
}

/**
 * All tasks of a topology: sub-topology n on partition p, for each p that any of its source topics has. The text
 * "n_p" is Kafka Streams' task id.
 */
export function tasksOf(
  subTopologies: readonly SubTopologySources[],
  partitionsOf: ReadonlyMap<string, number>,
): TaskToOpen[] {
  return subTopologies.flatMap(({ subTopology, sourceTopics }) => {
    const count = Math.max(0, ...sourceTopics.map((topic) => partitionsOf.get(topic) ?? 0));
    return Array.from({ length: count }, (_, partition) => ({
      task: `${subTopology}_${partition}`,
      partitions: sourceTopics
        .filter((topic) => partition < (partitionsOf.get(topic) ?? 0))
        .map((topic): TopicPartition => ({ topic, partition })),
    }));
  });
}

/**
 * Deals the tasks to the members: shares in proportion to their threads, no more than one apart from fair, and
 * each member keeps what it had as far as its share allows. The result depends on the facts alone.
 */
export function decideAssignment(facts: AssignmentFacts): ReadonlyMap<string, readonly TaskName[]> {
  // What is left over when shares are fair goes to those who had more before: so less moves.
  const members = [...facts.members].sort(
    (a, b) => b.previous.length - a.previous.length || compare(a.memberId, b.memberId),
  );
  const shares = fairShares(
    facts.tasks.length,
    members.map((each) => each.threads),
  );
  const free = new Set(facts.tasks);
  const assigned = members.map((member, index) => {
    const kept: TaskName[] = [];
    for (const task of member.previous) {
      if (kept.length < (shares[index] ?? 0) && free.delete(task)) kept.push(task);
    }
    return kept;
  });
  const rest = [...free];
  for (const [index, tasks] of assigned.entries()) {
    while (tasks.length < (shares[index] ?? 0)) {
      const next = rest.shift();
      if (next === undefined) break;
      tasks.push(next);
    }
  }
  return new Map(members.map((member, index) => [member.memberId, assigned[index] ?? []]));
}

/** Spreads a member's tasks over its threads, each sub-topology evenly. */
export function decideThreads(tasks: readonly TaskToOpen[], threads: number): TaskToOpen[][] {
  const spread: TaskToOpen[][] = Array.from({ length: threads }, () => []);
  for (const [index, task] of tasks.entries()) spread[index % threads]?.push(task);
  return spread;
}

/** `total` in whole shares that are in proportion to `weights`; what is left over goes to the first ones. */
function fairShares(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const shares = weights.map((weight) => Math.floor((total * weight) / sum));
  let left = total - shares.reduce((a, b) => a + b, 0);
  for (let index = 0; left > 0; index++, left--) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
