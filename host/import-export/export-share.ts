import type { Clock, Timer } from "../clock.ts";
import { nameOf } from "../commit/partition-name.ts";
import { PeridotError } from "../errors.ts";
import type { ThreadAssignment, ThreadHandle } from "../task/thread-port.ts";
import type {
  Consumer,
  GroupMember,
  MemberIdentity,
  OffsetToCommit,
  TopicPartition,
} from "../transport/port.ts";

/** A record that was handed out, and under which assignment. */
export interface HandedOut extends TopicPartition {
  readonly offset: bigint;
  readonly epoch: number;
}

export interface ExportShareSettings {
  readonly clock: Clock;
  readonly consumer: Consumer;
  readonly member: GroupMember;
  readonly commitIntervalMs: number;
  /** The partitions have changed: what was fetched is others' now. */
  readonly onChange: () => void;
  readonly onFailure: (error: PeridotError) => void;
}

/**
 * The partitions of an export that this process reads, as a member of the export's group, and how far they were
 * taken. Positions are committed at intervals, and before partitions are given up.
 */
export class ExportShare implements ThreadHandle {
  readonly #settings: ExportShareSettings;
  readonly #taken = new Map<string, OffsetToCommit>();
  #identity: MemberIdentity | undefined;
  #committing: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  /** Rises with each change of the partitions. */
  epoch = 0;

  constructor(settings: ExportShareSettings) {
    this.#settings = settings;
  }

  /** The record has been dealt with: its offset need not be read again. One of an older assignment may be. */
  take({ topic, partition, offset, epoch }: HandedOut): void {
    if (epoch !== this.epoch || this.#identity === undefined) return;
    const next = { topic, partition, offset: offset + 1n, metadata: "" };
    this.#taken.set(nameOf(next), next);
    this.#timer ??= this.#settings.clock.timer(this.#settings.commitIntervalMs, () => {
      this.#timer = undefined;
      void this.#commit();
    });
  }

  async start(): Promise<void> {}

  async assign({ identity, tasks, committed }: ThreadAssignment): Promise<void> {
    this.#identity = identity;
    const partitions = tasks.flatMap((task) => task.partitions);
    this.#settings.consumer.assign(
      partitions.map((each) => ({ ...each, offset: committed.get(nameOf(each)) })),
    );
  }

  async revoke(): Promise<"committed" | "dropped"> {
    await this.#commit();
    const outcome = this.#taken.size === 0 ? "committed" : "dropped";
    this.#giveUp();
    return outcome;
  }

  async drop(): Promise<void> {
    this.#giveUp();
  }

  async close(): Promise<void> {
    await this.revoke();
  }

  #giveUp(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#taken.clear();
    this.#identity = undefined;
    this.epoch++;
    this.#settings.consumer.assign([]);
    this.#settings.onChange();
  }

  /** One after the other, so that a late answer sets nothing back. */
  #commit(): Promise<void> {
    this.#committing = this.#committing.then(() => this.#commitTaken());
    return this.#committing;
  }

  async #commitTaken(): Promise<void> {
    const identity = this.#identity;
    const offsets = [...this.#taken.values()];
    if (identity === undefined || offsets.length === 0) return;
    try {
      await this.#settings.member.commitOffsets(offsets, identity);
    } catch (error) {
      // What fails for now is committed with what is taken next, or read again by who comes after us.
      if (!(error instanceof PeridotError) || error.kind === "fatal")
        this.#settings.onFailure(error as PeridotError);
      return;
    }
    for (const each of offsets) {
      if (this.#taken.get(nameOf(each)) === each) this.#taken.delete(nameOf(each));
    }
  }
}
