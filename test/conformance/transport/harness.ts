import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../../host/clock.ts";
import { PeridotError } from "../../../host/errors.ts";
import { batchHeaders } from "../../../host/transport/kafka/record-batches.ts";
import { decodeRecords, encodeRecords } from "../../../host/transport/memory/plain-records.ts";
import type {
  Consumer,
  ConsumerSettings,
  FetchedRecords,
  OutgoingBatch,
  Producer,
  ProducerSettings,
  Transport,
  TransportFactory,
} from "../../../host/transport/port.ts";

/** An implementation of the port, as the suite sees it. */
export interface TransportUnderTest {
  readonly name: string;
  readonly factory: TransportFactory;
  readonly replicationFactor: number;
  /** Cases that it cannot pass, by name, each with the reason. Here they are tested not to pass: one that does fails. */
  readonly skips: ReadonlyMap<string, string>;
}

/** One case: transports of its own, topics of its own. */
export class Bench {
  readonly #under: TransportUnderTest;
  readonly #transports: Transport[] = [];
  readonly #life = `${process.pid}-${Math.random().toString(36).slice(2, 10)}`;
  #names = 0;

  constructor(under: TransportUnderTest) {
    this.#under = under;
  }

  transport(clientId = "conformance"): Transport {
    const transport = this.#under.factory({ clientId, clock: systemClock });
    this.#transports.push(transport);
    return transport;
  }

  name(kind: string): string {
    return `conformance-${kind}-${this.#life}-${this.#names++}`;
  }

  async topic(partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const topic = this.name("topic");
    const { replicationFactor } = this.#under;
    await this.transport().admin.createTopics([{ topic, partitions, replicationFactor, configs }]);
    return topic;
  }

  async producer(settings: ProducerSettings = {}): Promise<Producer> {
    const producer = this.transport().producer(settings);
    await producer.init();
    return producer;
  }

  /** Reads these partitions, from their beginning. */
  consumer(topic: string, partitions = 1, settings: Partial<ConsumerSettings> = {}): Consumer {
    const consumer = this.transport().consumer({
      isolation: "read_committed",
      offsetReset: "earliest",
      ...settings,
    });
    consumer.assign(Array.from({ length: partitions }, (_, partition) => ({ topic, partition })));
    return consumer;
  }

  async close(): Promise<void> {
    await Promise.all(this.#transports.map((transport) => transport.close()));
  }
}

/** Declares a case, or, where there is a reason, that it does not pass. */
export function conformanceCase(
  under: TransportUnderTest,
  name: string,
  body: (bench: Bench, context: TestContext) => Promise<void>,
): void {
  const reason = under.skips.get(name);
  const run = async (context: TestContext) => {
    const bench = new Bench(under);
    try {
      await body(bench, context);
    } finally {
      await bench.close();
    }
  };
  if (reason === undefined) test(name, run);
  else
    test(`does not pass: ${name}, because ${reason}`, async (context) => {
      await assert.rejects(run(context), Error, `passes, although it is not to: ${reason}`);
    });
}

export function batchOf(topic: string, partition: number, values: readonly string[]): OutgoingBatch {
  // Of today: a real broker deletes what is older than the retention, in the midst of a test.
  const timestamp = systemClock.now();
  const records = values.map((value) => ({ key: null, value, timestamp }));
  return { topic, partition, records: values.length, bytes: encodeRecords(records, timestamp) };
}

/** Values in order, by partition; stops when `count` have come. */
export async function readValues(consumer: Consumer, count: number): Promise<Map<number, string[]>> {
  const values = new Map<number, string[]>();
  for (let left = count; left > 0; ) {
    for (const fetched of await consumer.poll(500)) {
      const read = valuesOf(fetched);
      values.set(fetched.partition, [...(values.get(fetched.partition) ?? []), ...read]);
      left -= read.length;
      fetched.release();
    }
  }
  return values;
}

/** Polls until something has come. */
export async function pollSome(consumer: Consumer): Promise<readonly FetchedRecords[]> {
  for (;;) {
    const fetched = await consumer.poll(500);
    if (fetched.length > 0) return fetched;
  }
}

export function valuesOf({ records, fromOffset }: FetchedRecords): string[] {
  return [...batchHeaders(records)]
    .flatMap(({ from, to }) => decodeRecords(records.subarray(from, to)))
    .filter((record) => record.offset >= fromOffset)
    .map((record) => String(record.value));
}

/** What a call was refused with. */
export async function refusalOf(promise: Promise<unknown>): Promise<PeridotError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof PeridotError, `a PeridotError, not ${String(error)}`);
  return error;
}

export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index));
