import { PeridotError } from "../../errors.ts";
import type { Admin, NewTopic, TopicDescription, TopicPartition } from "../port.ts";
import { errorOfAnswer } from "./answer-errors.ts";
import type { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { decideAnswer } from "./decide-answer.ts";
import { type LocatedOffset, listOffsets, type OffsetPlace } from "./list-offsets.ts";
import { byTopic } from "./partitions.ts";
import type { ResponseOf } from "./protocol/api.ts";
import { codeOf } from "./protocol/error-codes.ts";

const TOPIC_RESOURCE = 2;
const DONE: ReadonlySet<number> = new Set([0, codeOf("TOPIC_ALREADY_EXISTS")]);
const GONE_CODE = codeOf("UNKNOWN_TOPIC_OR_PARTITION");
const GONE: ReadonlySet<number> = new Set([0, GONE_CODE]);
const LEADER_NOT_AVAILABLE = codeOf("LEADER_NOT_AVAILABLE");
const TIMED_OUT = codeOf("REQUEST_TIMED_OUT");

type TopicAnswer = ResponseOf<"Metadata">["topics"][number];

/** Topics and offsets of a cluster. Every call is repeated while brokers are away, up to `retryMs`. */
export class ClusterAdmin implements Admin {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async describeTopics(topics: readonly string[]): Promise<Map<string, TopicDescription>> {
    if (topics.length === 0) return new Map();
    const attempt = async () => {
      const answer = await this.#metadataOf(await this.#cluster.connectToAny(), topics);
      const existing = answer.topics.filter((topic) => !GONE.has(topic.errorCode) || topic.errorCode === 0);
      for (const { errorCode, name } of existing)
        if (errorCode !== LEADER_NOT_AVAILABLE) this.#require("Metadata", errorCode, `topic ${name}`);
      return new Map(existing.map((topic) => [topic.name!, descriptionOf(topic)]));
    };
    return this.#cluster.retry("describing topics", attempt);
  }

  listTopics(): Promise<readonly string[]> {
    return this.#cluster.retry("listing topics", async () => {
      const answer = await this.#metadataOf(await this.#cluster.connectToAny(), null);
      return answer.topics.flatMap(({ name, errorCode }) =>
        name === null || GONE_CODE === errorCode ? [] : [name],
      );
    });
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    if (topics.length === 0) return;
    const wanted = topics.map(({ topic, partitions, replicationFactor, configs }) => ({
      name: topic,
      numPartitions: partitions,
      replicationFactor,
      assignments: [],
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    }));
    await this.#cluster.retry("creating topics", async () => {
      const connection = await this.#controller();
      const timeoutMs = this.#cluster.timeouts.requestMs;
      const answer = await connection.request("CreateTopics", { topics: wanted, timeoutMs });
      for (const { name, errorCode, errorMessage } of answer.topics)
        if (!DONE.has(errorCode)) this.#require("CreateTopics", errorCode, `topic ${name}`, errorMessage);
    });
    const names = topics.map((each) => each.topic);
    await this.#everywhere(`waiting for the new topics ${names.join(", ")}`, names, isReady);
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return;
    const wanted = topics.map((name) => ({ name }));
    await this.#cluster.retry("deleting topics", async () => {
      const connection = await this.#controller();
      const body = { topics: wanted, timeoutMs: this.#cluster.timeouts.requestMs };
      const answer = await connection.request("DeleteTopics", body, { minVersion: 6 });
      for (const { name, errorCode, errorMessage } of answer.responses)
        if (!GONE.has(errorCode)) this.#require("DeleteTopics", errorCode, `topic ${name}`, errorMessage);
    });
    const isGone = (topic: TopicAnswer) => topic.errorCode !== 0 && GONE.has(topic.errorCode);
    await this.#everywhere(`waiting for the end of the topics ${topics.join(", ")}`, topics, isGone);
  }

  async topicConfigs(topic: string): Promise<Map<string, string>> {
    const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: topic, configurationKeys: null }];
    return this.#cluster.retry(`reading the configuration of ${topic}`, async () => {
      const connection = await this.#cluster.connectToAny();
      const answer = await connection.request("DescribeConfigs", { resources });
      const result = answer.results[0]!;
      if (result.errorCode === GONE_CODE) throw new PeridotError("TOPIC_MISSING", { topics: topic });
      this.#require("DescribeConfigs", result.errorCode, `topic ${topic}`, result.errorMessage);
      return new Map(result.configs.map(({ name, value }) => [name, value ?? ""]));
    });
  }

  listOffsets(partitions: readonly TopicPartition[], at: OffsetPlace): Promise<readonly LocatedOffset[]> {
    return listOffsets(this.#cluster, partitions, at);
  }

  async deleteRecords(partitions: readonly (TopicPartition & { readonly before: bigint })[]): Promise<void> {
    let left = [...partitions];
    if (left.length === 0) return;
    await this.#cluster.retry("deleting records", async () => {
      for (const topic of new Set(left.map((each) => each.topic))) await this.#cluster.requireTopic(topic);
      const leaderOf = (each: TopicPartition) =>
        this.#cluster.metadata.leaderOf(each.topic, each.partition)?.nodeId ?? -1;
      for (const [nodeId, share] of Map.groupBy(left, leaderOf)) {
        await this.#deleteAt(nodeId, share);
        left = left.filter((each) => !share.includes(each));
      }
    });
  }

  async #deleteAt(
    nodeId: number,
    share: readonly (TopicPartition & { readonly before: bigint })[],
  ): Promise<void> {
    try {
      const connection = await this.#cluster.connectTo(nodeId, "control");
      const answer = await connection.request("DeleteRecords", {
        topics: byTopic(share).map(([name, those]) => ({
          name,
          partitions: those.map(({ partition, before }) => ({ partitionIndex: partition, offset: before })),
        })),
        timeoutMs: this.#cluster.timeouts.requestMs,
      });
      for (const { name, partitions } of answer.topics)
        for (const { partitionIndex, errorCode } of partitions)
          this.#require("DeleteRecords", errorCode, `${name}-${partitionIndex}`);
    } catch (error) {
      if ((error as PeridotError).kind !== "fatal") await this.#cluster.refresh().catch(() => {});
      throw error;
    }
  }

  /** KRaft brokers pass the request on; in metadata any of them may be named as controller. */
  async #controller(): Promise<Connection> {
    if (this.#cluster.metadata.brokers.size === 0) await this.#cluster.refresh();
    const { controllerId, brokers } = this.#cluster.metadata;
    return brokers.has(controllerId)
      ? this.#cluster.connectTo(controllerId, "control")
      : this.#cluster.connectToAny();
  }

  /** Until every broker that can be reached says so: each learns of it at a time of its own. */
  async #everywhere(
    what: string,
    topics: readonly string[],
    isDone: (topic: TopicAnswer) => boolean,
  ): Promise<void> {
    await this.#cluster.retry(what, async () => {
      await this.#cluster.refresh();
      let asked = 0;
      for (const nodeId of this.#cluster.metadata.brokers.keys()) {
        const connection = await this.#cluster.connectTo(nodeId, "control").catch(() => undefined);
        if (connection === undefined) continue;
        const answer = await this.#metadataOf(connection, topics);
        asked++;
        const open = answer.topics.find((topic) => !isDone(topic));
        if (open !== undefined) throw busy(`topic ${open.name} on broker ${nodeId}`);
      }
      if (asked === 0) throw busy("no broker can be asked");
    });
  }

  /** @param topics null: all. */
  #metadataOf(connection: Connection, topics: readonly string[] | null): Promise<ResponseOf<"Metadata">> {
    const names = topics === null ? null : topics.map((name) => ({ name }));
    return connection.request("Metadata", { topics: names, allowAutoTopicCreation: false });
  }

  #require(api: string, code: number, what: string, message: string | null = null): void {
    if (code === 0) return;
    const isBusy = code === TIMED_OUT || decideAnswer(code).act === "retry";
    if (isBusy) this.#cluster.refresh().catch(() => {});
    throw errorOfAnswer(decideAnswer(code), { api, code, what, message });
  }
}

function isReady(topic: TopicAnswer): boolean {
  return (
    topic.errorCode === 0 &&
    topic.partitions.length > 0 &&
    topic.partitions.every((each) => each.leaderId >= 0)
  );
}

function descriptionOf({ name, topicId, partitions }: TopicAnswer): TopicDescription {
  return { topic: name!, topicId, partitions: partitions.length };
}

function busy(detail: string): PeridotError {
  return new PeridotError("BROKER_BUSY", { api: "Metadata", error: "not yet", detail: `: ${detail}` });
}
