import { PeridotError } from "../errors.ts";
import { checkPartitions } from "../topology/check-partitions.ts";
import { type Plan, sinkTopics } from "../topology/plan.ts";
import type { Admin } from "../transport/port.ts";
import type { SubTopologySources } from "./decide-assignment.ts";
import {
  decideInternalTopics,
  type InternalTopicRefusal,
  wantedPartitions,
} from "./decide-internal-topics.ts";
import { withMatchingTopics } from "./matching-topics.ts";

export interface TopicsToPrepare {
  readonly admin: Admin;
  readonly plan: Plan;
  readonly subTopologies: readonly SubTopologySources[];
  /** Of the application's settings. */
  readonly deadLetterTopic: string | undefined;
}

/** A broker may be asked that has not heard of a new topic yet. */
const ROUNDS_MAX = 10;

/**
 * Makes internal topics where they do not exist; all others must.
 *
 * @returns partitions of every topic that is known to be read or written.
 * @throws TOPIC_MISSING, INTERNAL_TOPIC_DIFFERS, CHANGELOG_DIFFERS, TOPOLOGY_INVALID (see checkPartitions)
 */
export async function prepareTopics(topics: TopicsToPrepare): Promise<ReadonlyMap<string, number>> {
  const { admin, plan, subTopologies } = topics;
  const { internalTopics } = plan;
  const required = requiredTopics(topics);
  let unseen: readonly string[] = [];
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const matched = await withPatterns(topics);
    const asked = [...required, ...internalTopics.map(({ topic }) => topic), ...matched.flatMap(sourcesOf)];
    const described = await admin.describeTopics([...new Set(asked)]);
    const partitionsOf = new Map([...described].map(([topic, each]) => [topic, each.partitions]));
    const { copartitions } = plan;
    const facts = { internalTopics, subTopologies: matched, partitionsOf, copartitions };
    const decision = decideInternalTopics({ ...facts, required });
    switch (decision.act) {
      case "proceed":
        checkPartitions(plan, partitionsOf);
        await checkChangelogs(admin, plan);
        return partitionsOf;
      case "create":
        checkPartitions(plan, new Map([...partitionsOf, ...wantedPartitions(facts)]));
        // Another instance may be first: what counts is what exists in the next round.
        await admin.createTopics(decision.topics);
        unseen = decision.topics.map(({ topic }) => topic);
        break;
      case "refuse":
        throw errorOf(decision.refusal, subTopologies);
    }
  }
  throw new PeridotError("TOPIC_MISSING", { topics: unseen.join(", ") });
}

/** A changelog that forgets would make a store forget when it is restored. */
async function checkChangelogs(admin: Admin, { internalTopics }: Plan): Promise<void> {
  for (const { topic, changelog } of internalTopics) {
    const wanted = changelog?.["cleanup.policy"];
    if (wanted === undefined) continue;
    const found = (await admin.topicConfigs(topic)).get("cleanup.policy");
    if (found === undefined || found === wanted) continue;
    throw new PeridotError("CHANGELOG_DIFFERS", { topic, option: "cleanup.policy", found, wanted });
  }
}

/** What is read or written by name, and is not the topology's own. */
function requiredTopics({ plan, subTopologies, deadLetterTopic }: TopicsToPrepare): readonly string[] {
  const internal = new Set(plan.internalTopics.map(({ topic }) => topic));
  const globals = plan.globals.map(({ topic }) => topic);
  const named = new Set([...subTopologies.flatMap(sourcesOf), ...globals, ...sinkTopics(plan)]);
  if (deadLetterTopic !== undefined) named.add(deadLetterTopic);
  return [...named].filter((topic) => !internal.has(topic));
}

async function withPatterns({
  admin,
  plan,
  subTopologies,
}: TopicsToPrepare): Promise<readonly SubTopologySources[]> {
  if (subTopologies.every(({ patterns = [] }) => patterns.length === 0)) return subTopologies;
  const own = new Set(plan.internalTopics.map(({ topic }) => topic));
  const existing = await admin.listTopics();
  return withMatchingTopics(
    subTopologies,
    existing.filter((topic) => !own.has(topic)),
  );
}

function sourcesOf({ sourceTopics }: SubTopologySources): readonly string[] {
  return sourceTopics;
}

function errorOf(refusal: InternalTopicRefusal, subTopologies: readonly SubTopologySources[]): PeridotError {
  switch (refusal.why) {
    case "topics-missing":
      return new PeridotError("TOPIC_MISSING", { topics: refusal.topics.join(", ") });
    case "sources-unmatched": {
      const feeding = subTopologies.filter((each) => refusal.subTopologies.includes(each.subTopology));
      const patterns = feeding.flatMap((each) => each.patterns ?? []).join(" or ");
      return new PeridotError("TOPIC_MISSING", { topics: `that matches ${patterns}` });
    }
    case "partitions-differ": {
      const { topic, found, wanted, isAskedFor } = refusal;
      const wantedBy = isAskedFor ? "the topology asks for" : "the topics that feed it call for";
      return new PeridotError("INTERNAL_TOPIC_DIFFERS", { topic, found, wanted, wantedBy });
    }
  }
}
