import { PeridotError } from "../errors.ts";
import type { LogicalTopology } from "../topology/node.ts";
import type { TimestampExtractor } from "../topology/timestamp-extractor.ts";
import type { Consumed } from "./consumed.ts";
import { KStream } from "./kstream.ts";
import { NodeLog } from "./node-log.ts";
import { failOnInvalidTimestamp } from "./timestamp-extractors.ts";

/**
 * Where a topology begins. It only ever adds nodes; the streams that it gives out never change, and may be used
 * any number of times.
 *
 * @example
 *   const builder = new StreamsBuilder();
 *   builder
 *     .stream("clientTopic", { key: string, value: json(Client) })
 *     .map((key, client) => [key, client.owner.length])
 *     .to("genericTopic", { value: json<number>(), key: string });
 */
export class StreamsBuilder {
  readonly #log = new NodeLog();

  /**
   * A stream of the records of one topic or several.
   *
   * @throws TOPOLOGY_INVALID if a topic name is empty, or comes twice
   */
  stream<K, V>(topics: string | readonly string[], consumed: Consumed<K, V>): KStream<K, V, "key" | "value"> {
    const { key, value, timestampExtractor, errors = {}, name } = consumed;
    const id = this.#log.append(
      {
        kind: "source",
        topics: checkedTopics(typeof topics === "string" ? [topics] : topics),
        key,
        value,
        timestamps: extractorOf(timestampExtractor),
        errors: { ...errors },
      },
      "SOURCE",
      name,
    );
    return new KStream(this.#log, id, { key, value });
  }

  /** What was built so far, as frozen data. */
  build(): LogicalTopology {
    return this.#log.topology;
  }
}

function extractorOf<K, V>(given: Consumed<K, V>["timestampExtractor"]): TimestampExtractor {
  if (given === undefined) return failOnInvalidTimestamp;
  return typeof given === "function" ? { from: "function", extract: given } : given;
}

function checkedTopics(topics: readonly string[]): readonly string[] {
  if (topics.length === 0 || topics.some((topic) => topic === "")) {
    throw new PeridotError("TOPOLOGY_INVALID", {
      problem: "a source without a topic",
      remedy: 'Name one: builder.stream("orders", …)',
    });
  }
  const twice = topics.find((topic, index) => topics.indexOf(topic) !== index);
  if (twice !== undefined) {
    throw new PeridotError("TOPOLOGY_INVALID", {
      problem: `a source that names the topic "${twice}" twice`,
      remedy: "Name it once",
    });
  }
  return [...topics];
}
