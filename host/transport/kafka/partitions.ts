import type { TopicPartition } from "../port.ts";

/** A partition's name as a map's key. Topics have no blanks in their names. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic} ${partition}`;
}

/** As most requests want it: topics, each with its share. */
export function byTopic<Item extends TopicPartition>(items: Iterable<Item>): [string, Item[]][] {
  return [...Map.groupBy(items, (item) => item.topic)];
}
