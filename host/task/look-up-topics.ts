import { type ErrorName, PeridotError } from "../errors.ts";
import type { Admin, TopicDescription } from "../transport/port.ts";
import { readTopicLimits, type TopicLimits } from "./topic-limits.ts";

/** What is known of topics that a function has chosen; those that cannot be written to are absent. */
export interface TopicsFound {
  readonly partitionsOf: ReadonlyMap<string, number>;
  /** Where they are known. */
  readonly limitsOf: ReadonlyMap<string, TopicLimits>;
}

/** A broker's last word about some topic: asking again would not help. */
const REFUSALS: ReadonlySet<ErrorName> = new Set(["ACCESS_DENIED", "BROKER_REFUSED"]);

/** A topic that brokers refuse to describe is as good as missing: it concerns the records that are to go there alone. */
export async function lookUpTopics(
  admin: Pick<Admin, "describeTopics" | "topicConfigs">,
  topics: readonly string[],
): Promise<TopicsFound> {
  const described = (await describe(admin, topics)) ?? (await describeEach(admin, topics));
  const limitsOf = await readTopicLimits(
    admin,
    described.map(({ topic }) => topic),
  );
  return { partitionsOf: new Map(described.map(({ topic, partitions }) => [topic, partitions])), limitsOf };
}

/** Those that exist; undefined: brokers refuse to tell of all or some. */
async function describe(
  admin: Pick<Admin, "describeTopics">,
  topics: readonly string[],
): Promise<readonly TopicDescription[] | undefined> {
  try {
    return [...(await admin.describeTopics(topics)).values()];
  } catch (error) {
    if (error instanceof PeridotError && REFUSALS.has(error.code)) return undefined;
    throw error;
  }
}

/** One refused topic fails the question about all: each is asked about by itself, so that it stands for itself. */
async function describeEach(
  admin: Pick<Admin, "describeTopics">,
  topics: readonly string[],
): Promise<readonly TopicDescription[]> {
  const found: TopicDescription[] = [];
  for (const topic of topics) found.push(...((await describe(admin, [topic])) ?? []));
  return found;
}
