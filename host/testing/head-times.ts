import { nameOf } from "../commit/partition-name.ts";
import { matchesTopic } from "../topology/pattern.ts";
import type { Plan, PlanSource } from "../topology/plan.ts";
import type { ExtractTimestamp, TimestampExtractor } from "../topology/timestamp-extractor.ts";
import type { StoredRecord } from "../transport/memory/plain-records.ts";
import type { TopicPartition } from "../transport/port.ts";

/** A record that gives no time is got rid of at once. */
const AT_ONCE = Number.NEGATIVE_INFINITY;

/** A user's extractor that is asked about each record once, however often its answer is needed. */
interface Remembering {
  readonly extract: ExtractTimestamp<unknown, unknown>;
  /** Of a partition: the largest answer so far. */
  partitionTime(partition: string): number;
}

/**
 * Event times of records that are not processed yet, for choosing between partitions. Where a user's function gives
 * them, `plan` is changed so that the function is not called again when the record is processed.
 */
export class HeadTimes {
  readonly plan: Plan;
  readonly #remembering = new Map<PlanSource, Remembering>();
  readonly #now: () => number;

  constructor(plan: Plan, now: () => number) {
    this.#now = now;
    const subTopologies = plan.subTopologies.map((each) => ({
      ...each,
      sources: each.sources.map((source) => this.#take(source)),
    }));
    this.plan = { ...plan, subTopologies };
  }

  /** The record's event time, if its partition is read next. */
  timeOf(origin: TopicPartition, record: StoredRecord): number {
    const source = this.#sourceOf(origin.topic);
    switch (source?.timestamps.from) {
      case "wall-clock":
        return this.#now();
      case "function":
        return this.#askFor(source, origin, record);
      default:
        return record.timestamp < 0 ? AT_ONCE : record.timestamp;
    }
  }

  #take(source: PlanSource): PlanSource {
    if (source.timestamps.from !== "function") return source;
    const remembering = rememberAnswers(source.timestamps.extract);
    const timestamps: TimestampExtractor = { from: "function", extract: remembering.extract };
    const taken = { ...source, timestamps };
    this.#remembering.set(taken, remembering);
    return taken;
  }

  /** A topic that a source names is not one of a pattern's. */
  #sourceOf(topic: string): PlanSource | undefined {
    const sources = this.plan.subTopologies.flatMap((each) => each.sources);
    const naming = sources.find(({ topics }) => topics.includes(topic));
    return naming ?? sources.find(({ pattern }) => pattern !== undefined && matchesTopic(pattern, topic));
  }

  #askFor(source: PlanSource, origin: TopicPartition, record: StoredRecord): number {
    const { extract, partitionTime } = this.#remembering.get(source)!;
    try {
      const { offset, timestamp } = record;
      const key = record.key && source.key.deserialize(record.key);
      const value = record.value && source.value.deserialize(record.value);
      const time = extract({ ...origin, offset, timestamp, key, value }, partitionTime(nameOf(origin)));
      return time < 0 ? AT_ONCE : time;
    } catch {
      return AT_ONCE; // processing it says what is wrong
    }
  }
}

function rememberAnswers(extract: ExtractTimestamp<unknown, unknown>): Remembering {
  const latest = new Map<string, number>();
  const last = new Map<string, { readonly offset: bigint; readonly answer: () => number }>();
  return {
    partitionTime: (partition) => latest.get(partition) ?? -1,
    extract(record, partitionTime) {
      const partition = nameOf(record);
      const known = last.get(partition);
      if (known?.offset === record.offset) return known.answer();
      const answer = answerOf(() => extract(record, partitionTime));
      last.set(partition, { offset: record.offset, answer });
      const time = answer();
      latest.set(partition, Math.max(latest.get(partition) ?? -1, Math.trunc(time)));
      return time;
    },
  };
}

/** Calls a function once. @returns what gives its answer, or throws what it threw, any number of times. */
function answerOf(call: () => number): () => number {
  try {
    const answer = call();
    return () => answer;
  } catch (thrown) {
    return () => {
      throw thrown;
    };
  }
}
