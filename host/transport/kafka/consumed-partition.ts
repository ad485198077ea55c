import type { TopicPartition } from "../port.ts";
import type { FetchAim } from "./fetch-request.ts";

/** Where a consumer stands in one partition. A new assignment with an offset makes a new one of these. */
export class ConsumedPartition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to fetch; undefined: not placed yet. */
  position: bigint | undefined;
  isFetching = false;
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
