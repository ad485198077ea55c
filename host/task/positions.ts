import { nameOf } from "../commit/partition-name.ts";
import { parseNote } from "../commit/transaction-tag.ts";
import type { AssignedPartition, FetchedRecords, OffsetToCommit, TopicPartition } from "../transport/port.ts";
import type { ThreadAssignment } from "./thread-port.ts";

interface Position {
  readonly partition: TopicPartition;
  /** The stable committed offset; undefined while there is none. */
  committed: bigint | undefined;
  /** Where reading began without a committed offset (given, or as the offset reset policy chose); undefined until known. */
  start: bigint | undefined;
  /** What is noted beside the committed offset. */
  note: string;
}

/** Where to go on, with what was noted there. */
export interface NotedPartition extends AssignedPartition {
  readonly note: string;
}

/** Where a thread's partitions stand: what is committed, and so where to read again after an abort. */
export class Positions {
  readonly #positions = new Map<string, Position>();

  /** Replaces the whole set. */
  open(
    partitions: readonly TopicPartition[],
    { committed, starts, notes }: Pick<ThreadAssignment, "committed" | "starts" | "notes">,
  ): void {
    this.#positions.clear();
    for (const partition of partitions) {
      const name = nameOf(partition);
      this.#positions.set(name, {
        partition,
        committed: committed.get(name),
        start: starts?.get(name),
        note: notes?.get(name) ?? "",
      });
    }
  }

  get owned(): ReadonlySet<string> {
    return new Set(this.#positions.keys());
  }

  /** Stable committed offsets of those partitions that have one. */
  get committed(): ReadonlyMap<string, bigint> {
    const committed = new Map<string, bigint>();
    for (const [name, each] of this.#positions) {
      if (each.committed !== undefined) committed.set(name, each.committed);
    }
    return committed;
  }

  /** The first records of a partition without committed offset tell where reading began. */
  began(records: FetchedRecords): void {
    const position = this.#positions.get(nameOf(records));
    if (position !== undefined) position.start ??= records.fromOffset;
  }

  commit(offsets: readonly OffsetToCommit[]): void {
    for (const each of offsets) {
      const position = this.#positions.get(nameOf(each));
      if (position === undefined) continue;
      position.committed = each.offset;
      position.note = parseNote(each.metadata);
    }
  }

  /** The same for some of them. */
  resumeOf(partitions: readonly TopicPartition[]): readonly NotedPartition[] {
    const names = new Set(partitions.map(nameOf));
    return this.resume.filter((each) => names.has(nameOf(each)));
  }

  /** What to read from, for all partitions. */
  get resume(): readonly NotedPartition[] {
    return [...this.#positions.values()].map((each) => ({
      ...each.partition,
      offset: each.committed ?? each.start,
      note: each.note,
    }));
  }
}
