import type { TopicPartition } from "../port.ts";
import type { FetchAim } from "./fetch-request.ts";

/** Where a consumer stands in one partition. A new assignment with an offset makes a new one of these. */
export class ConsumedPartition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to fetch; undefined: not placed yet. */
  position: bigint | undefined;
  isFetching = false;
  /** End of the partition as of its last answer; undefined: there was none since it was assigned. */
  end: bigint | undefined;
  /** Bytes that were fetched, and are not released yet. */
  heldBytes = 0;
  restsUntil = Number.NEGATIVE_INFINITY;
  failures = 0;
  failingSince: number | undefined;
  /** What stood in the way the last time, for messages. */
  problem: string | undefined;
  #fetchedEpoch = -1;

  constructor({ topic, partition }: TopicPartition, offset: bigint | undefined) {
    this.topic = topic;
    this.partition = partition;
    this.position = offset;
  }

  /** Nothing of it is held, though the broker may have more of it. */
  get isStarved(): boolean {
    return this.heldBytes === 0 && (this.end === undefined || this.position! < this.end);
  }

  aim(topicId: string, leaderEpoch: number): FetchAim {
    const { topic, partition } = this;
    return {
      topic,
      topicId,
      partition,
      offset: this.position!,
      leaderEpoch,
      fetchedEpoch: this.#fetchedEpoch,
    };
  }

  /** `leaderEpoch`: of the batch before the offset; -1: not known. */
  moveTo(offset: bigint, leaderEpoch: number): void {
    this.position = offset;
    this.#fetchedEpoch = leaderEpoch;
  }

  /** It goes on where it was: with its full time, and its end is told again. */
  assignedAgain(): void {
    this.succeeded();
    this.end = undefined;
  }

  succeeded(): void {
    this.failures = 0;
    this.failingSince = undefined;
    this.problem = undefined;
  }

  failed(now: number): void {
    this.failures++;
    this.failingSince ??= now;
  }
}
