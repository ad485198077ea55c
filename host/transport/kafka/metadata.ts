import type { BrokerAddress } from "./broker-connections.ts";
import type { ResponseOf } from "./protocol/api.ts";

export interface Leader {
  readonly nodeId: number;
  /** -1: not known. */
  readonly epoch: number;
}

export interface TopicMetadata {
  readonly topic: string;
  readonly topicId: string;
  /** The broker's error code for the topic as a whole. */
  readonly errorCode: number;
  /** By partition; undefined: the partition has no leader now. */
  readonly leaders: (Leader | undefined)[];
}

const NO_TOPIC_ID = "0".repeat(32);

/**
 * What we know of brokers, topics and leaders. A leader is never replaced by one of an older epoch: brokers learn
 * of a new leader at different times, and the answer of a slow one must not send us back (KIP-320).
 */
export class Metadata {
  readonly brokers = new Map<number, BrokerAddress>();
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #topicNames = new Map<string, string>();
  controllerId = -1;

  topic(topic: string): TopicMetadata | undefined {
    return this.#topics.get(topic);
  }

  topicNameOf(topicId: string): string | undefined {
    return this.#topicNames.get(topicId);
  }

  /** undefined: not known, or none elected at the moment. */
  leaderOf(topic: string, partition: number): Leader | undefined {
    const leader = this.#topics.get(topic)?.leaders[partition];
    return leader !== undefined && this.brokers.has(leader.nodeId) ? leader : undefined;
  }

  apply(response: ResponseOf<"Metadata">): void {
    if (response.brokers.length > 0) {
      this.brokers.clear();
      for (const { nodeId, host, port } of response.brokers) this.brokers.set(nodeId, { host, port });
    }
    this.controllerId = response.controllerId;
    for (const topic of response.topics) if (topic.name !== null) this.#applyTopic(topic.name, topic);
  }

  /** A leader that a Produce or Fetch answer names (KIP-951). @returns whether it is news. */
  noteLeader(topic: string, partition: number, leader: Leader): boolean {
    const leaders = this.#topics.get(topic)?.leaders;
    if (leaders === undefined || leader.nodeId < 0) return false;
    const known = leaders[partition];
    if (known !== undefined && known.epoch >= leader.epoch) return false;
    leaders[partition] = leader;
    return true;
  }

  noteBroker(nodeId: number, address: BrokerAddress): void {
    this.brokers.set(nodeId, address);
  }

  #applyTopic(topic: string, told: ResponseOf<"Metadata">["topics"][number]): void {
    const known = this.#topics.get(topic);
    const isSame = known !== undefined && known.topicId === told.topicId;
    const leaders: (Leader | undefined)[] = [];
    for (const { partitionIndex, leaderId, leaderEpoch } of told.partitions) {
      const before = isSame ? known.leaders[partitionIndex] : undefined;
      const isOlder = before !== undefined && leaderEpoch >= 0 && leaderEpoch < before.epoch;
      const now = leaderId < 0 ? undefined : { nodeId: leaderId, epoch: leaderEpoch };
      leaders[partitionIndex] = isOlder ? before : now;
    }
    this.#topics.set(topic, { topic, topicId: told.topicId, errorCode: told.errorCode, leaders });
    if (told.topicId !== NO_TOPIC_ID) this.#topicNames.set(told.topicId, topic);
  }
}
