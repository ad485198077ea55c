import { PeridotError } from "../errors.ts";
import type { SubTopologySources } from "../task/decide-assignment.ts";
import { wantedPartitions } from "../task/decide-internal-topics.ts";
import { withMatchingTopics } from "../task/matching-topics.ts";
import { matchesTopic } from "../topology/pattern.ts";
import { type Plan, sinksBelow, sinkTopics, sourceTopics } from "../topology/plan.ts";

/** Partitions by topic. Every topic exists. */
class PartitionsOf extends Map<string, number> {
  readonly #given: Readonly<Record<string, number>>;

  constructor(given: Readonly<Record<string, number>>) {
    super();
    this.#given = given;
  }

  override get(topic: string): number {
    return super.get(topic) ?? this.#given[topic] ?? 1;
  }
}

/** The topics of a test driver: those that the topology names, and others once they are mentioned. */
export class DriverTopics {
  /** What the topology writes by name, dead letters included. */
  readonly written: readonly string[];
  /** A function chooses topics too. */
  readonly writesAny: boolean;
  readonly #plan: Plan;
  readonly #given: Readonly<Record<string, number>>;
  readonly #patterns: readonly RegExp[];
  readonly #internal: ReadonlySet<string>;
  readonly #partitionsOf: PartitionsOf;
  #sources: readonly SubTopologySources[] = [];
  #read: ReadonlySet<string> = new Set();

  /** @param given partitions by topic; default 1. */
  constructor(plan: Plan, deadLetterTopic: string | undefined, given: Readonly<Record<string, number>>) {
    const sources = plan.subTopologies.flatMap((each) => each.sources);
    const sinks = sources.flatMap(({ children }) => sinksBelow(children));
    this.#plan = plan;
    this.#given = given;
    this.#partitionsOf = new PartitionsOf(given);
    this.#patterns = sources.flatMap(({ pattern }) => pattern ?? []);
    this.#internal = new Set(plan.internalTopics.map(({ topic }) => topic));
    this.written = [...sinkTopics(plan), ...(deadLetterTopic === undefined ? [] : [deadLetterTopic])];
    this.writesAny = sinks.some(({ topic }) => typeof topic === "function");
    const globals = plan.globals.map(({ topic }) => topic);
    const named = [...new Set([...sourceTopics(plan), ...globals, ...this.written])];
    this.#checkGiven(named);
    for (const topic of [...named, ...Object.keys(given)]) {
      if (!this.#internal.has(topic)) this.#partitionsOf.set(topic, this.#partitionsOf.get(topic));
    }
    this.#match();
    const { internalTopics, copartitions } = plan;
    const subTopologies = this.#sources;
    for (const [topic, count] of wantedPartitions({
      internalTopics,
      subTopologies,
      copartitions,
      partitionsOf: this.#partitionsOf,
    }))
      this.#partitionsOf.set(topic, Math.max(1, count)); // what no topic matches yet feeds nothing
  }

  /** Has an answer for every topic, but lists only those that were mentioned. */
  get partitionsOf(): ReadonlyMap<string, number> {
    return this.#partitionsOf;
  }

  /** What each sub-topology reads now. */
  get sources(): readonly SubTopologySources[] {
    return this.#sources;
  }

  /** Whether some source reads the topic. */
  reads(topic: string): boolean {
    return this.#read.has(topic);
  }

  /** The topics that are read, and the patterns. */
  get readable(): readonly string[] {
    return [...this.#read, ...this.#plan.globals.map(({ topic }) => topic), ...this.#patterns.map(String)];
  }

  /** Whether a global table does. */
  readsGlobal(topic: string): boolean {
    return this.#plan.globals.some((each) => each.topic === topic);
  }

  /** Whether there could be such a topic for some source to read. */
  matches(topic: string): boolean {
    return this.#patterns.some((pattern) => matchesTopic(pattern, topic));
  }

  /** The topic exists from now on. */
  mention(topic: string): void {
    if (this.#partitionsOf.has(topic)) return;
    this.#partitionsOf.set(topic, this.#partitionsOf.get(topic));
    this.#match();
  }

  #match(): void {
    const subTopologies = this.#plan.subTopologies.map(({ id, sources }) => ({
      subTopology: id,
      sourceTopics: sources.flatMap(({ topics }) => topics),
      patterns: sources.flatMap(({ pattern }) => pattern ?? []),
    }));
    const existing = [...this.#partitionsOf.keys()].filter((topic) => !this.#internal.has(topic));
    this.#sources = withMatchingTopics(subTopologies, existing);
    this.#read = new Set(this.#sources.flatMap((each) => each.sourceTopics));
  }

  #checkGiven(named: readonly string[]): void {
    for (const [topic, count] of Object.entries(this.#given)) {
      if (!Number.isInteger(count) || count < 1) {
        throw new PeridotError("CONFIG_INVALID", {
          option: `partitions.${topic}`,
          problem: `is ${count}`,
          remedy: "Give a whole number from 1 on",
        });
      }
      if (named.includes(topic) || this.writesAny || this.matches(topic)) continue;
      throw new PeridotError("TEST_DRIVER_MISUSED", {
        problem: `the setting partitions names "${topic}", which the topology neither reads nor writes`,
        remedy: `Correct its name: there are ${listed(named)}`,
      });
    }
  }
}

/** Names in quotes, with commas between. */
export function listed(topics: readonly string[]): string {
  return topics.map((topic) => `"${topic}"`).join(", ");
}
