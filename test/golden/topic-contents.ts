import type { PlainHeader } from "../../host/index.ts";

/** A record in a topic, wherever it came from. */
export interface RecordInTopic {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestamp: number;
  readonly headers: readonly PlainHeader[];
}

interface ProducedRecord extends RecordInTopic {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** What stands in the topics after a run. */
export class TopicContents {
  readonly #produced = new Map<string, Map<bigint, RecordInTopic>>();
  readonly #piped = new Map<string, RecordInTopic[]>();

  /** A record that the topology wrote. */
  produced(record: ProducedRecord): void {
    const name = `${record.topic}-${record.partition}`;
    const records = this.#produced.get(name) ?? new Map<bigint, RecordInTopic>();
    this.#produced.set(name, records.set(record.offset, record));
  }

  /** A record from outside, in the order in which they came. */
  piped(topic: string, partition: number, record: RecordInTopic): void {
    const name = `${topic}-${partition}`;
    this.#piped.set(name, [...(this.#piped.get(name) ?? []), record]);
  }

  /** Everything in a partition, from offset 0. What was piped has the offsets that the topology's records have not. */
  all(topic: string, partition: number): readonly RecordInTopic[] {
    const name = `${topic}-${partition}`;
    const produced = this.#produced.get(name) ?? new Map<bigint, RecordInTopic>();
    const piped = this.#piped.get(name) ?? [];
    const records: RecordInTopic[] = [];
    let next = 0;
    for (let offset = 0n; records.length < produced.size + piped.length; offset++) {
      records.push(produced.get(offset) ?? piped[next++]!);
    }
    return records;
  }

  /** What the topology wrote, by topic-partition. */
  get written(): Readonly<Record<string, readonly RecordInTopic[]>> {
    return Object.fromEntries([...this.#produced].map(([name, records]) => [name, [...records.values()]]));
  }
}
