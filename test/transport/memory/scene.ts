import { Connection, type RequestOptions } from "../../../host/transport/kafka/connection.ts";
import type { Api, RequestOf, ResponseOf } from "../../../host/transport/kafka/protocol/api.ts";
import {
  EmbeddedBroker,
  type EmbeddedBrokerSettings,
} from "../../../host/transport/memory/embedded-broker.ts";
import type { Link } from "../../../host/transport/memory/link.ts";
import { encodeRecords, type PlainRecord } from "../../../host/transport/memory/plain-records.ts";
import { VirtualClock } from "../../../host/transport/memory/virtual-clock.ts";

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** An embedded cluster on a virtual clock, asked request by request through the real codec. */
export class Scene {
  readonly clock = new VirtualClock();
  readonly broker: EmbeddedBroker;
  readonly link: Link;
  #clients = 0;

  constructor(settings: Partial<EmbeddedBrokerSettings> = {}) {
    this.broker = new EmbeddedBroker({ clock: this.clock, random: randomFrom(1), ...settings });
    this.link = this.broker.link();
  }

  /** A connection of its own to one broker. */
  async connect(node = 0, link = this.link): Promise<Client> {
    const broker = `embedded:${9092 + node}`;
    const clientId = `client-${this.#clients++}`;
    const opening = link
      .dial("embedded", 9092 + node)
      .then((channel) =>
        Connection.open(channel, { broker, clientId, clock: this.clock, requestTimeoutMs: 120_000 }),
      );
    return new Client(this, await this.clock.runFor(opening));
  }

  /** As the broker has it, in the order of partitions; values as text. */
  values(topic: string, isolation: "read_committed" | "read_uncommitted" = "read_committed"): string[][] {
    return this.broker
      .read(topic, { isolation })
      .map((records) => records.map(({ value }) => value?.toString() ?? "null"));
  }
}

export class Client {
  readonly connection: Connection;
  readonly #scene: Scene;

  constructor(scene: Scene, connection: Connection) {
    this.#scene = scene;
    this.connection = connection;
  }

  /** Sends without moving the clock. */
  send<A extends Api>(api: A, body: RequestOf<A>, options?: RequestOptions): Promise<ResponseOf<A>> {
    return this.connection.request(api, body, options);
  }

  /** Sends, and lets time pass until the answer is there. */
  ask<A extends Api>(api: A, body: RequestOf<A>, options?: RequestOptions): Promise<ResponseOf<A>> {
    return this.#scene.clock.runFor(this.send(api, body, options));
  }

  /** One batch to one partition; the answer's part about it. `version` 11: below transaction version 2. */
  async produce(
    topic: string,
    partition: number,
    batch: Buffer,
    transactionalId: string | null = null,
    version = 12,
  ): Promise<ResponseOf<"Produce">["responses"][number]["partitionResponses"][number]> {
    const answer = await this.ask(
      "Produce",
      {
        transactionalId,
        acks: -1,
        timeoutMs: 30_000,
        topicData: [{ name: topic, partitionData: [{ index: partition, records: batch }] }],
      },
      { maxVersion: version },
    );
    return answer.responses[0]!.partitionResponses[0]!;
  }

  /** One partition, by name (version 12). */
  async fetch(
    topic: string,
    partition: number,
    fetchOffset: bigint,
    options: {
      readonly isolationLevel?: number;
      readonly maxWaitMs?: number;
      readonly minBytes?: number;
      readonly maxBytes?: number;
      readonly partitionMaxBytes?: number;
      readonly currentLeaderEpoch?: number;
    } = {},
  ): Promise<ResponseOf<"Fetch">["responses"][number]["partitions"][number]> {
    const { partitionMaxBytes = 1 << 20, currentLeaderEpoch = -1, ...limits } = options;
    const answer = await this.ask(
      "Fetch",
      {
        maxWaitMs: 0,
        minBytes: 1,
        maxBytes: 1 << 20,
        isolationLevel: 0,
        ...limits,
        topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch }] }],
      },
      { maxVersion: 12 },
    );
    return answer.responses[0]!.partitions[0]!;
  }
}

/** One batch of records with these values. */
export function batchOf(values: readonly string[], producer?: Parameters<typeof encodeRecords>[2]): Buffer {
  const records: PlainRecord[] = values.map((value) => ({ key: null, value }));
  return encodeRecords(records, 1_700_000_000_000, producer);
}

export const NONE = 0;
