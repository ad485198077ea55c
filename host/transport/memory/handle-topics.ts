import type { ReceivedRequest, ResponseToSend } from "../kafka/protocol/api.ts";
import type { Call } from "./request-call.ts";
import { CODE } from "./response-codes.ts";
import { problemOfConfig, problemOfTopicName, TOPIC_DEFAULTS, type Topic } from "./topic.ts";

const NO_TOPIC_ID = "0".repeat(32);
/** Metadata from this version on can ask by id. */
const TOPIC_IDS_FROM = 12;
/** Metadata before this version asks for all topics with an empty list. */
const NULL_MEANS_ALL_FROM = 1;
const TOPIC_RESOURCE = 2;
const SOURCE_TOPIC = 1;
const SOURCE_DEFAULT = 5;
const SET = 0;
const DELETE = 1;
const APPEND = 2;
const SUBTRACT = 3;

type MetadataTopic = ResponseToSend<"Metadata">["topics"][number];
type NewTopicRequest = ReceivedRequest<"CreateTopics">["topics"][number];

/** Kafka: KafkaApis.handleTopicMetadataRequest. Topics are never made by asking for them. */
export function handleMetadata(request: ReceivedRequest<"Metadata">, call: Call): ResponseToSend<"Metadata"> {
  const { cluster } = call;
  const up = cluster.nodes.filter((node) => node.isUp);
  const isVisible = (topic: Topic) => cluster.nowMs >= topic.visibleAtMs;
  const asksForAll =
    request.topics === null || (call.version < NULL_MEANS_ALL_FROM && request.topics.length === 0);
  const topics = asksForAll
    ? [...cluster.topics.values()]
        .filter((topic) => isVisible(topic) && !cluster.deniedTopics.has(topic.name))
        .map((topic) => describeTopic(topic, call))
    : request.topics!.map(({ name, topicId }) => {
        const topic = cluster.topic(name ?? "", topicId);
        if (name !== null && cluster.deniedTopics.has(name))
          return absent(name, CODE.TOPIC_AUTHORIZATION_FAILED);
        if (topic !== undefined && isVisible(topic)) return describeTopic(topic, call);
        if (name === null) {
          const code = call.version < TOPIC_IDS_FROM ? CODE.INVALID_REQUEST : CODE.UNKNOWN_TOPIC_ID;
          return { ...absent(null, code), topicId };
        }
        const code =
          problemOfTopicName(name) === undefined
            ? CODE.UNKNOWN_TOPIC_OR_PARTITION
            : CODE.INVALID_TOPIC_EXCEPTION;
        return absent(name, code);
      });
  return {
    brokers: up.map(({ id }) => ({ nodeId: id, ...call.addressOf(id), rack: null })),
    clusterId: cluster.clusterId,
    controllerId: up[0]?.id ?? -1,
    topics,
  };
}

function describeTopic(topic: Topic, call: Call): MetadataTopic {
  const replicas = call.cluster.nodes.map(({ id }) => id);
  const offline = call.cluster.nodes.filter(({ isUp }) => !isUp).map(({ id }) => id);
  const live = replicas.filter((id) => !offline.includes(id));
  return {
    errorCode: CODE.NONE,
    name: topic.name,
    topicId: topic.id,
    partitions: topic.partitions.map(({ index, leader, leaderEpoch }) => ({
      errorCode: leader === -1 ? CODE.LEADER_NOT_AVAILABLE : CODE.NONE,
      partitionIndex: index,
      leaderId: leader,
      leaderEpoch,
      replicaNodes: replicas,
      isrNodes: live,
      offlineReplicas: offline,
    })),
  };
}

function absent(name: string | null, errorCode: number): MetadataTopic {
  return { errorCode, name: name ?? "", partitions: [] };
}

/** Kafka: ReplicationControlManager.createTopics. */
export function handleCreateTopics(
  request: ReceivedRequest<"CreateTopics">,
  call: Call,
): ResponseToSend<"CreateTopics"> {
  const topics = request.topics.map((wanted) => {
    const problem = problemOfNewTopic(wanted, call);
    if (problem !== undefined) return { name: wanted.name, topicId: NO_TOPIC_ID, ...problem };
    const partitions = wanted.numPartitions === -1 ? 1 : wanted.numPartitions;
    const configs = new Map(wanted.configs.map(({ name, value }) => [name, value ?? ""]));
    const made = request.validateOnly
      ? undefined
      : call.cluster.createTopic(wanted.name, partitions, configs);
    return {
      name: wanted.name,
      topicId: made?.id ?? NO_TOPIC_ID,
      errorCode: CODE.NONE,
      errorMessage: null,
      numPartitions: partitions,
      replicationFactor:
        wanted.replicationFactor === -1 ? call.cluster.nodes.length : wanted.replicationFactor,
      configs: [],
    };
  });
  return { topics };
}

function problemOfNewTopic(wanted: NewTopicRequest, { cluster }: Call) {
  const refused = (errorCode: number, errorMessage: string) => ({ errorCode, errorMessage });
  const name = problemOfTopicName(wanted.name);
  if (name !== undefined) return refused(CODE.INVALID_TOPIC_EXCEPTION, name);
  if (cluster.deniedTopics.has(wanted.name))
    return refused(CODE.TOPIC_AUTHORIZATION_FAILED, "Authorization failed.");
  if (cluster.topics.has(wanted.name)) {
    return refused(CODE.TOPIC_ALREADY_EXISTS, `Topic '${wanted.name}' already exists.`);
  }
  if (wanted.numPartitions === 0 || wanted.numPartitions < -1) {
    return refused(CODE.INVALID_PARTITIONS, "Number of partitions was set to an invalid non-positive value.");
  }
  const { replicationFactor } = wanted;
  if (replicationFactor === 0 || replicationFactor < -1 || replicationFactor > cluster.nodes.length) {
    const live = cluster.nodes.length;
    return refused(
      CODE.INVALID_REPLICATION_FACTOR,
      `Unable to replicate the partition ${replicationFactor} time(s): there are ${live} broker(s).`,
    );
  }
  for (const { name: config, value } of wanted.configs) {
    const problem = problemOfConfig(config, value ?? undefined);
    if (problem !== undefined) return refused(CODE.INVALID_CONFIG, problem);
  }
  return undefined;
}

/** Kafka: ReplicationControlManager.deleteTopics; the group coordinator drops the topic's offsets. */
export function handleDeleteTopics(
  request: ReceivedRequest<"DeleteTopics">,
  call: Call,
): ResponseToSend<"DeleteTopics"> {
  const { cluster, version } = call;
  const wanted =
    version >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: NO_TOPIC_ID }));
  const responses = wanted.map(({ name, topicId }) => {
    const topic = cluster.topic(name ?? "", topicId);
    const answer = { name: topic?.name ?? name, topicId: topic?.id ?? topicId };
    if (topic === undefined) {
      return {
        ...answer,
        errorCode: name === null ? CODE.UNKNOWN_TOPIC_ID : CODE.UNKNOWN_TOPIC_OR_PARTITION,
      };
    }
    if (cluster.deniedTopics.has(topic.name))
      return { ...answer, errorCode: CODE.TOPIC_AUTHORIZATION_FAILED };
    cluster.deleteTopic(topic);
    for (const { index } of topic.partitions) {
      for (const offsets of cluster.offsets) offsets.forgetPartition(`${topic.name}-${index}`);
    }
    return { ...answer, errorCode: CODE.NONE };
  });
  return { responses };
}

/** Kafka: ReplicationControlManager.createPartitions. */
export function handleCreatePartitions(
  request: ReceivedRequest<"CreatePartitions">,
  { cluster }: Call,
): ResponseToSend<"CreatePartitions"> {
  const results = request.topics.map(({ name, count }) => {
    const topic = cluster.topics.get(name);
    if (topic === undefined) return { name, errorCode: CODE.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: null };
    if (count <= topic.partitions.length) {
      const errorMessage = `The topic has ${topic.partitions.length} partition(s): ${count} is not an increase.`;
      return { name, errorCode: CODE.INVALID_PARTITIONS, errorMessage };
    }
    if (!request.validateOnly) cluster.growTopic(topic, count);
    return { name, errorCode: CODE.NONE, errorMessage: null };
  });
  return { throttleTimeMs: 0, results };
}

/** Kafka: ConfigHelper.describeConfigs. Of resources other than topics nothing is told. */
export function handleDescribeConfigs(
  request: ReceivedRequest<"DescribeConfigs">,
  { cluster }: Call,
): ResponseToSend<"DescribeConfigs"> {
  const results = request.resources.map(({ resourceType, resourceName, configurationKeys }) => {
    const head = { errorCode: CODE.NONE, errorMessage: null, resourceType, resourceName };
    if (resourceType !== TOPIC_RESOURCE) return { ...head, configs: [] };
    const topic = cluster.topics.get(resourceName);
    if (topic === undefined) return { ...head, errorCode: CODE.UNKNOWN_TOPIC_OR_PARTITION, configs: [] };
    const names = new Set([...Object.keys(TOPIC_DEFAULTS), ...topic.configs.keys()]);
    const configs = [...names]
      .filter((name) => configurationKeys === null || configurationKeys.includes(name))
      .map((name) => ({
        name,
        value: topic.config(name) ?? null,
        readOnly: false,
        configSource: topic.configs.has(name) ? SOURCE_TOPIC : SOURCE_DEFAULT,
        isSensitive: false,
      }));
    return { ...head, configs };
  });
  return { throttleTimeMs: 0, results };
}

/** Kafka: ConfigurationControlManager.incrementalAlterConfigs. One resource changes whole or not at all. */
export function handleIncrementalAlterConfigs(
  request: ReceivedRequest<"IncrementalAlterConfigs">,
  { cluster }: Call,
): ResponseToSend<"IncrementalAlterConfigs"> {
  const responses = request.resources.map(({ resourceType, resourceName, configs }) => {
    const answer = (errorCode: number, errorMessage: string | null = null) => ({
      errorCode,
      errorMessage,
      resourceType,
      resourceName,
    });
    if (resourceType !== TOPIC_RESOURCE)
      return answer(CODE.INVALID_REQUEST, "Only topics can be configured here.");
    const topic = cluster.topics.get(resourceName);
    if (topic === undefined) return answer(CODE.UNKNOWN_TOPIC_OR_PARTITION);
    const changes = configs.map(({ name, configOperation, value }) => ({
      name,
      value: changedValue(topic.config(name) ?? "", configOperation, value ?? ""),
    }));
    for (const { name, value } of changes) {
      const problem = problemOfConfig(name, value);
      if (problem !== undefined) return answer(CODE.INVALID_CONFIG, problem);
    }
    if (!request.validateOnly) for (const { name, value } of changes) topic.setConfig(name, value);
    return answer(CODE.NONE);
  });
  return { throttleTimeMs: 0, responses };
}

/** undefined: back to the default. APPEND and SUBTRACT work on lists with commas. */
function changedValue(present: string, operation: number, value: string): string | undefined {
  const entries = present.split(",").filter((entry) => entry !== "");
  switch (operation) {
    case SET:
      return value;
    case DELETE:
      return undefined;
    case APPEND:
      return [...new Set([...entries, ...value.split(",")])].join(",");
    case SUBTRACT:
      return entries.filter((entry) => !value.split(",").includes(entry)).join(",");
    default:
      return present;
  }
}
