import { PeridotError } from "../errors.ts";
import { refusalIn } from "../topology/result.ts";
import { refusalBy } from "./call-loop.ts";

const NAME_LENGTH_MAX = 249;
const TOPIC_NAME = new RegExp(`^(?!\\.{1,2}$)[a-zA-Z0-9._-]{1,${NAME_LENGTH_MAX}}$`);

/** What a topic extractor has answered, if it is a text. */
export function topicIn(node: string, answer: unknown): string {
  if (typeof answer === "string") return answer;
  throwRefusal(node, answer);
  throw new PeridotError("SERDE_REFUSED", {
    serde: node,
    problem: `its topic extractor gave ${JSON.stringify(answer) ?? String(answer)}: it returns the name of a topic`,
  });
}

/** Brokers answer a question about a name that none can have with an error for all names asked about. */
export function checkTopicName(node: string, topic: string): void {
  if (TOPIC_NAME.test(topic)) return;
  const shown = topic.length > NAME_LENGTH_MAX ? `${topic.slice(0, NAME_LENGTH_MAX)}…` : topic;
  throw new PeridotError("SERDE_REFUSED", {
    serde: node,
    problem: `its topic extractor gave ${JSON.stringify(shown)}: the name of a topic is 1 to ${NAME_LENGTH_MAX} of the letters a-z, A-Z, 0-9, dot, underscore and hyphen, and neither "." nor ".."`,
  });
}

const BY_KEY = [-1];

/** What a partitioner has answered: each partition once; -1: by the key. */
export function partitionsIn(
  node: string,
  answer: unknown,
  topic: string,
  partitions: number,
): readonly number[] {
  if (answer === undefined || answer === null) return BY_KEY;
  throwRefusal(node, answer);
  const all = Array.isArray(answer) ? [...new Set(answer as number[])] : [answer as number];
  const wrong = all.find((each) => !(Number.isInteger(each) && each >= 0 && each < partitions));
  if (wrong === undefined) return all;
  throw new PeridotError("SERDE_REFUSED", {
    serde: node,
    problem: `its partitioner chose partition ${String(wrong)}, and ${topic} has 0 to ${partitions - 1}`,
  });
}

/** Brokers hide topics from those who may not see them. */
export function missingTopic(topic: string): PeridotError {
  return new PeridotError("TOPIC_MISSING", { topics: `${topic} that this client may see` });
}

/** A function that chooses topic or partition may refuse the record, too. */
function throwRefusal(name: string, answer: unknown): void {
  const refusal = refusalIn(answer);
  if (refusal !== undefined) throw refusalBy({ name }, refusal);
}
