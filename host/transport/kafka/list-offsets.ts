import { PeridotError } from "../../errors.ts";
import type { TopicPartition } from "../port.ts";
import { errorOfAnswer } from "./answer-errors.ts";
import type { Cluster } from "./cluster.ts";
import { decideAnswer } from "./decide-answer.ts";
import { byTopic, partitionKey } from "./partitions.ts";

export type OffsetPlace = "earliest" | "latest" | "latestCommitted";
export type LocatedOffset = TopicPartition & { readonly offset: bigint };

const EARLIEST = -2n;
const LATEST = -1n;
const ANY_REPLICA = -1;

/**
 * ListOffsets, asked of each partition's leader, repeated for those whose leader moves meanwhile.
 * Errors: TOPIC_MISSING, ACCESS_DENIED, RETRIES_EXHAUSTED.
 */
export async function listOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  at: OffsetPlace,
): Promise<LocatedOffset[]> {
  const found = new Map<string, LocatedOffset>();
  const unknown = () => partitions.filter((each) => !found.has(partitionKey(each)));
  if (partitions.length === 0) return [];
  await cluster.retry("listing offsets", async () => {
    for (const topic of new Set(unknown().map((each) => each.topic))) await cluster.requireTopic(topic);
    const byLeader = Map.groupBy(unknown(), (each) => leaderNodeOf(cluster, each));
    const asked = [...byLeader].map(([nodeId, share]) => askLeader(cluster, nodeId, share, at, found));
    const outcomes = await Promise.allSettled(asked);
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed === undefined) return;
    await cluster.refresh().catch(() => {});
    throw failed.reason;
  });
  return partitions.map((each) => found.get(partitionKey(each))!);
}

function leaderNodeOf(cluster: Cluster, { topic, partition }: TopicPartition): number {
  return cluster.metadata.leaderOf(topic, partition)?.nodeId ?? -1;
}

async function askLeader(
  cluster: Cluster,
  nodeId: number,
  partitions: readonly TopicPartition[],
  at: OffsetPlace,
  found: Map<string, LocatedOffset>,
): Promise<void> {
  if (nodeId < 0) {
    const { topic, partition } = partitions[0]!;
    const detail = `: ${topic}-${partition} has no leader at the moment, or does not exist`;
    throw new PeridotError("BROKER_BUSY", { api: "Metadata", error: "LEADER_NOT_AVAILABLE", detail });
  }
  const connection = await cluster.connectTo(nodeId, "control");
  const timestamp = at === "earliest" ? EARLIEST : LATEST;
  const answer = await connection.request("ListOffsets", {
    replicaId: ANY_REPLICA,
    isolationLevel: at === "latestCommitted" ? 1 : 0,
    topics: byTopic(partitions).map(([name, share]) => ({
      name,
      partitions: share.map(({ partition }) => ({ partitionIndex: partition, timestamp })),
    })),
  });
  for (const { name: topic, partitions: told } of answer.topics)
    for (const { partitionIndex: partition, errorCode, offset } of told) {
      if (errorCode === 0) found.set(partitionKey({ topic, partition }), { topic, partition, offset });
      else throw refused(topic, partition, errorCode);
    }
}

function refused(topic: string, partition: number, code: number): PeridotError {
  const what = `${topic}-${partition}`;
  return errorOfAnswer(decideAnswer(code), { api: "ListOffsets", code, what, message: null });
}
