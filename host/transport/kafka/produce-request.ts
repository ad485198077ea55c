import type { TopicPartition } from "../port.ts";
import { byTopic } from "./partitions.ts";
import type { RequestOf } from "./protocol/api.ts";

const ACKNOWLEDGED_BY_ALL = -1;

export interface ProduceShape {
  readonly transactionalId: string | undefined;
  /** How long the broker may wait for its replicas. */
  readonly timeoutMs: number;
}

/** Brokers take one batch a partition and request. */
export function produceRequest(
  batches: readonly (TopicPartition & { readonly bytes: Buffer })[],
  { transactionalId, timeoutMs }: ProduceShape,
): RequestOf<"Produce"> {
  const topicData = byTopic(batches).map(([name, share]) => ({
    name,
    partitionData: share.map(({ partition, bytes }) => ({ index: partition, records: bytes })),
  }));
  return { transactionalId: transactionalId ?? null, acks: ACKNOWLEDGED_BY_ALL, timeoutMs, topicData };
}
