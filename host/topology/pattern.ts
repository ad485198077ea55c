/**
 * Whether a source's pattern matches a topic: its whole name, as `Matcher#matches` has it in Kafka Streams. Kafka's own
 * topics are never meant.
 */
export function matchesTopic(pattern: RegExp, topic: string): boolean {
  return !topic.startsWith("__") && wholeOf(pattern).test(topic);
}

const wholes = new WeakMap<RegExp, RegExp>();

/** An alternative that matches a part only does not hide one that matches all. */
function wholeOf(pattern: RegExp): RegExp {
  let whole = wholes.get(pattern);
  if (whole === undefined) {
    whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace("m", ""));
    wholes.set(pattern, whole);
  }
  return whole;
}
