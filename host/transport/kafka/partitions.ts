import type { TopicPartition } from "../port.ts";

/** A partition's name as a map's key. Topics have no blanks in their names. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic} ${partition}`;
}

/** In the order in which each key is first met. */
export function groupBy<Item, Key>(items: Iterable<Item>, keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** As most requests want it: topics, each with its share. */
export function byTopic<Item extends TopicPartition>(items: Iterable<Item>): [string, Item[]][] {
  return [...groupBy(items, (item) => item.topic)];
}
