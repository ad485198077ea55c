import type { Clock } from "../clock.ts";
import { nameOf } from "../commit/partition-name.ts";
import { parseNote } from "../commit/transaction-tag.ts";
import { PeridotError } from "../errors.ts";
import type {
  Admin,
  GroupMember,
  JoinedGroup,
  MemberAssignment,
  MemberMetadata,
  TopicPartition,
} from "../transport/port.ts";
import { decideAssignment, decideThreads, type SubTopologySources, tasksOf } from "./decide-assignment.ts";
import { decideRebalance, type GenerationEnd } from "./decide-rebalance.ts";
import { withMatchingTopics } from "./matching-topics.ts";
import { RecordPurge } from "./record-purge.ts";
import type { TaskName, TaskToOpen, ThreadHandle } from "./thread-port.ts";

import { TopicWatch } from "./topic-watch.ts";

/** How topics are seen, and purged. */
export type TopicLooks = Pick<Admin, "describeTopics" | "listTopics" | "listOffsets" | "deleteRecords">;

export interface MembershipParts {
  readonly admin: TopicLooks;
  readonly member: GroupMember;
  readonly threads: readonly ThreadHandle[];
  readonly subTopologies: readonly SubTopologySources[];
  /** Called whenever the tasks of this process have changed. */
  readonly onTasks: (tasks: readonly TaskName[]) => void;
  /** How often the leader looks whether the source topics have changed; absent: never. */
  readonly watch?: { readonly clock: Clock; readonly everyMs: number };
  /** Topics of the application's own among those that are read. */
  readonly internalTopics?: ReadonlySet<string>;
  /** How often what this process has consumed of them is deleted; absent: never. */
  readonly purge?: { readonly clock: Clock; readonly everyMs: number };
}

/**
 * This process as one member of the group, whatever its number of threads. Threads get their tasks together with
 * the generation; JoinGroup is sent only when each of them has answered "committed" or "dropped".
 */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #watch: TopicWatch | undefined;
  readonly #purge: RecordPurge | undefined;
  #tasks: readonly TaskName[] = [];
  #interrupt: ((end: GenerationEnd) => void) | undefined;
  /** Came up while no generation was waited for. */
  #pending: GenerationEnd | undefined;
  readonly #closing = Promise.withResolvers<undefined>();

  constructor(parts: MembershipParts) {
    this.#parts = parts;
    this.#watch =
      parts.watch === undefined
        ? undefined
        : new TopicWatch({
            ...parts.watch,
            look: async () => this.#countsOf(topicsOf(await this.#sources())),
            onChange: () => this.#interrupt?.("topics-changed"),
          });
    this.#purge =
      parts.purge === undefined
        ? undefined
        : new RecordPurge({
            ...parts.purge,
            committed: (partitions) => parts.member.committed(partitions),
            deleteRecords: (partitions) => parts.admin.deleteRecords(partitions),
          });
  }

  /**
   * Joins, and joins again, until `close`; rejects with an error that ends the application. Either way all threads are
   * closed and the group is left.
   */
  async run(): Promise<void> {
    try {
      await this.#generations();
    } finally {
      this.#watch?.stop();
      this.#purge?.stop();
      await this.#all((thread) => thread.close());
      await this.#parts.member.leave();
    }
  }

  async #generations(): Promise<void> {
    for (;;) {
      // A join waits for the slowest member to hand over: who closes does not wait with it.
      const joined = await Promise.race([this.#join(), this.#closing.promise]);
      if (joined === undefined) return;
      await this.#assign(joined);
      const end = await this.#generationEnd();
      this.#watch?.stop();
      this.#purge?.stop();
      const decision = decideRebalance(end);
      switch (decision.act) {
        case "revoke-then-join":
          await this.#all((thread) => thread.revoke());
          break;
        case "drop-then-join":
          await this.#all((thread) => thread.drop());
          break;
        case "close-then-leave":
          return;
      }
      this.#parts.onTasks([]);
    }
  }

  close(): void {
    this.#end("closing");
    this.#closing.resolve(undefined);
  }

  /** A stream thread was fenced. */
  threadLost(): void {
    this.#end("thread-lost");
  }

  #end(end: GenerationEnd): void {
    if (this.#pending !== "closing") this.#pending = end;
    this.#interrupt?.(end);
  }

  async #generationEnd(): Promise<GenerationEnd> {
    const interrupted = new Promise<GenerationEnd>((resolve) => {
      this.#interrupt = resolve;
      if (this.#pending !== undefined) resolve(this.#pending);
    });
    const ended = this.#parts.member.ended.then(
      (how): GenerationEnd => (how === "lost" ? "member-lost" : how),
    );
    const end = await Promise.race([interrupted, ended]);
    this.#interrupt = undefined;
    const pending = this.#pending;
    this.#pending = undefined;
    return pending ?? end;
  }

  async #all(act: (thread: ThreadHandle) => Promise<unknown>): Promise<void> {
    await Promise.all(this.#parts.threads.map(act));
  }

  async #join(): Promise<JoinedGroup> {
    const userData = Buffer.from(
      JSON.stringify({ version: 1, threads: this.#parts.threads.length, previous: this.#tasks }),
    );
    return this.#parts.member.join({
      topics: topicsOf(await this.#sources()),
      userData,
      assign: (members) => this.#assignAll(members),
    });
  }

  /** What the sub-topologies read, the topics that their patterns match now included. */
  async #sources(): Promise<readonly SubTopologySources[]> {
    const { admin, subTopologies, internalTopics } = this.#parts;
    if (subTopologies.every(({ patterns = [] }) => patterns.length === 0)) return subTopologies;
    const existing = await admin.listTopics();
    // A pattern never means what the application has made itself: it would read its own exports.
    return withMatchingTopics(
      subTopologies,
      existing.filter((topic) => !internalTopics?.has(topic)),
    );
  }

  // ---- as the leader of the group

  async #assignAll(members: readonly MemberMetadata[]): Promise<ReadonlyMap<string, MemberAssignment>> {
    const sources = await this.#sources();
    const counts = await this.#partitionCounts(topicsOf(sources));
    const tasks = tasksOf(sources, counts);
    const partitionsOf = new Map(tasks.map((each) => [each.task, each.partitions]));
    const assignment = decideAssignment({
      tasks: tasks.map((each) => each.task),
      members: members.map((each) => ({ memberId: each.memberId, ...parseUserData(each.userData) })),
    });
    const result = new Map<string, MemberAssignment>();
    for (const [memberId, assigned] of assignment) {
      const partitions = assigned.flatMap((task) => partitionsOf.get(task) ?? []);
      const userData = { version: 1, tasks: assigned, counts: Object.fromEntries(counts) };
      result.set(memberId, { partitions, userData: Buffer.from(JSON.stringify(userData)) });
    }
    return result;
  }

  /** A topic that only a pattern has found may be deleted between two looks: there is then nothing of it to assign. */
  async #partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await this.#countsOf(topics);
    const missing = topicsOf(this.#parts.subTopologies).filter((topic) => !counts.has(topic));
    if (missing.length > 0) throw new PeridotError("TOPIC_MISSING", { topics: missing.join(", ") });
    return counts;
  }

  /** Of those that exist. */
  async #countsOf(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const described = await this.#parts.admin.describeTopics(topics);
    return new Map([...described].map(([topic, { partitions }]) => [topic, partitions]));
  }

  // ---- as a member

  async #assign(joined: JoinedGroup): Promise<void> {
    const assigned = [...new Set(joined.partitions.map(({ topic }) => topic))];
    const tasks = tasksIn(joined, withMatchingTopics(this.#parts.subTopologies, assigned));
    const found = await this.#parts.member.committed(joined.partitions);
    const committed = new Map(found.map((each) => [nameOf(each), each.offset]));
    const notes = new Map(found.map((each) => [nameOf(each), parseNote(each.metadata)]));
    const own = joined.partitions.filter(({ topic }) => this.#parts.internalTopics?.has(topic));
    const starts = await this.#starts(own.filter((each) => !committed.has(nameOf(each))));
    const named = new Set(topicsOf(this.#parts.subTopologies));
    const matched = new Set(assigned.filter((topic) => !named.has(topic)));
    const spread = decideThreads(tasks, this.#parts.threads.length);
    await Promise.all(
      this.#parts.threads.map((thread, index) =>
        thread.assign({
          identity: joined.identity,
          tasks: spread[index] ?? [],
          committed,
          notes,
          starts,
          matched,
        }),
      ),
    );
    this.#tasks = tasks.map((each) => each.task);
    this.#parts.onTasks(this.#tasks);
    this.#purge?.start(own);
    // A leader that came back was not asked to assign (KIP-814): what it is told says what the tasks were made for.
    if (joined.isLeader) this.#watch?.start(parseCounts(joined.userData));
  }

  /** Internal topics are read from their beginning, whatever the offset reset policy: what is in them is work to do. */
  async #starts(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, bigint>> {
    if (partitions.length === 0) return new Map();
    const found = await this.#parts.admin.listOffsets(partitions, "earliest");
    return new Map(found.map((each) => [nameOf(each), each.offset]));
  }
}

function topicsOf(subTopologies: readonly SubTopologySources[]): readonly string[] {
  return [...new Set(subTopologies.flatMap((each) => each.sourceTopics))].sort();
}

/** The tasks behind assigned partitions, in the order of sub-topology and partition. */
function tasksIn(joined: MemberAssignment, subTopologies: readonly SubTopologySources[]): TaskToOpen[] {
  const tasks = new Map<TaskName, TopicPartition[]>();
  for (const { subTopology, sourceTopics } of subTopologies) {
    for (const partition of joined.partitions) {
      if (!sourceTopics.includes(partition.topic)) continue;
      const task = `${subTopology}_${partition.partition}`;
      const partitions = tasks.get(task);
      if (partitions === undefined) tasks.set(task, [partition]);
      else partitions.push(partition);
    }
  }
  return [...tasks].map(([task, partitions]) => ({ task, partitions }));
}

/** What the tasks of this generation were made for: partitions by topic. */
function parseCounts(userData: Buffer): ReadonlyMap<string, number> {
  const parsed = parseObject(userData);
  const counts = "counts" in parsed && typeof parsed.counts === "object" ? parsed.counts : {};
  return new Map(Object.entries(counts ?? {}).map(([topic, count]) => [topic, Number(count)]));
}

/** What a member says of itself; a foreign or older member counts as one thread without history. */
function parseUserData(userData: Buffer): { threads: number; previous: TaskName[] } {
  const parsed = parseObject(userData);
  if ("threads" in parsed && "previous" in parsed) {
    const { threads, previous } = parsed;
    if (Number.isInteger(threads) && Array.isArray(previous)) {
      return { threads: Math.max(1, Number(threads)), previous: previous.map(String) };
    }
  }
  return { threads: 1, previous: [] };
}

/** {}: not ours. */
function parseObject(bytes: Buffer): object {
  try {
    const parsed: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
