import { type CodedHeader, decodeBatch } from "../batch-codec.ts";
import type { Cluster } from "../kafka/cluster.ts";
import { ClusterConsumer } from "../kafka/consumer.ts";
import { batchHeaders } from "../kafka/record-batches.ts";
import type { NativeRecord } from "./binding.ts";

const WAIT_MS = 500;

/** The binding gives an empty buffer for a header without value, and for one whose value is empty. */
export function hasAmbiguousHeaders({ headers }: NativeRecord): boolean {
  return headers?.some((header) => Object.values(header).some((value) => value.length === 0)) ?? false;
}

/**
 * Reads records whose headers librdkafka hands out ambiguously once more, with our own client. They are rare; where a
 * topic is full of them, it is fetched twice.
 */
export class HeaderReader {
  readonly #consumer: ClusterConsumer;
  #isClosed = false;

  constructor(cluster: Cluster) {
    // What is read is committed already, or wanted uncommitted.
    this.#consumer = new ClusterConsumer(cluster, { isolation: "read_uncommitted", offsetReset: "none" });
  }

  /** The exact headers, by offset, of those of `records` (one partition's, in order) that need it. Errors: as of poll. */
  async mend(records: readonly NativeRecord[]): Promise<ReadonlyMap<number, readonly CodedHeader[]>> {
    const wanted = new Set(records.filter(hasAmbiguousHeaders).map(({ offset }) => offset));
    const exact = new Map<number, readonly CodedHeader[]>();
    const { topic, partition } = records[0]!;
    const [first] = wanted;
    this.#consumer.assign([{ topic, partition, offset: BigInt(first!) }]);
    while (exact.size < wanted.size && !this.#isClosed)
      for (const fetched of await this.#consumer.poll(WAIT_MS)) {
        for (const { from, to, baseOffset } of batchHeaders(fetched.records))
          for (const { offsetDelta, headers } of decodeBatch(
            Buffer.from(fetched.records.subarray(from, to)),
          )) {
            const offset = Number(baseOffset) + offsetDelta;
            if (wanted.has(offset)) exact.set(offset, headers);
          }
        fetched.release();
      }
    this.#consumer.assign([]);
    return exact;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#consumer.close();
  }
}
