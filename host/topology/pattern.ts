/**
 * Whether a source's pattern matches a topic: its whole name, as in Kafka Streams. Kafka's own topics are never meant.
 */
export function matchesTopic(pattern: RegExp, topic: string): boolean {
  return !topic.startsWith("__") && pattern.exec(topic)?.[0] === topic;
}
