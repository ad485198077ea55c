import type { TopicPartition } from "../transport/port.ts";

/** The text by which maps and messages name a partition: "topic-3". */
export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
