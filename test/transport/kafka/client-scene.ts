import { PeridotError } from "../../../host/errors.ts";
import type { ClientTimeouts } from "../../../host/transport/kafka/cluster.ts";
import { batchHeaders } from "../../../host/transport/kafka/record-batches.ts";
import {
  EmbeddedBroker,
  type EmbeddedBrokerSettings,
} from "../../../host/transport/memory/embedded-broker.ts";
import type { Link } from "../../../host/transport/memory/link.ts";
import { memoryTransport } from "../../../host/transport/memory/memory-transport.ts";
import { decodeRecords, encodeRecords } from "../../../host/transport/memory/plain-records.ts";
import { VirtualClock } from "../../../host/transport/memory/virtual-clock.ts";
import type { Consumer, OutgoingBatch, Transport } from "../../../host/transport/port.ts";
import { randomFrom } from "../memory/scene.ts";

/** Clients of an embedded cluster on a virtual clock. */
export class ClientScene {
  readonly clock = new VirtualClock();
  readonly broker: EmbeddedBroker;
  readonly random: () => number;
  #clients = 0;

  constructor(settings: Partial<EmbeddedBrokerSettings> = {}, seed = 1) {
    this.random = randomFrom(seed);
    const latencyMs = () => 1 + Math.floor(3 * this.random());
    this.broker = new EmbeddedBroker({
      clock: this.clock,
      random: this.random,
      brokers: 3,
      latencyMs,
      ...settings,
    });
  }

  client(timeouts: Partial<ClientTimeouts> = {}, link: Link = this.broker.link()): Transport {
    const settings = { random: this.random, link, timeouts };
    return memoryTransport(
      this.broker,
      settings,
    )({
      clientId: `client-${this.#clients++}`,
      clock: this.clock,
    });
  }

  /** Lets time pass until the promise is settled. */
  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.runFor(promise);
  }

  /** What it is refused with. */
  refusalOf(promise: Promise<unknown>): Promise<PeridotError> {
    const refusal = promise.then(
      () => {
        throw new Error("it was not refused");
      },
      (error: unknown) => {
        if (error instanceof PeridotError) return error;
        throw error;
      },
    );
    return this.run(refusal);
  }

  /** Values in the log, by partition. */
  stored(topic: string): string[][] {
    return this.broker.read(topic).map((records) => records.map((record) => String(record.value)));
  }

  async readValues(consumer: Consumer, count: number): Promise<Map<number, string[]>> {
    const values = new Map<number, string[]>();
    const read = async () => {
      for (let left = count; left > 0; ) {
        for (const { partition, records, fromOffset, release } of await consumer.poll(200)) {
          const came = [...batchHeaders(records)]
            .flatMap(({ from, to }) => decodeRecords(records.subarray(from, to)))
            .filter((record) => record.offset >= fromOffset)
            .map((record) => String(record.value));
          values.set(partition, [...(values.get(partition) ?? []), ...came]);
          left -= came.length;
          release();
        }
      }
    };
    await this.run(read());
    return values;
  }
}

export function batchOf(topic: string, partition: number, values: readonly string[]): OutgoingBatch {
  const records = values.map((value) => ({ key: null, value, timestamp: 1000 }));
  return { topic, partition, records: values.length, bytes: encodeRecords(records, 1000) };
}

export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index));
