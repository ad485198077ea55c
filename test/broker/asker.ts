import { sleep, systemClock } from "../../host/clock.ts";
import type { Connection } from "../../host/transport/kafka/connection.ts";
import type { Api, RequestOf, ResponseOf } from "../../host/transport/kafka/protocol/api.ts";
import { kafkaErrorName } from "../../host/transport/kafka/protocol/error-codes.ts";
import { encodeRecords } from "../../host/transport/memory/plain-records.ts";

export const RETRY_MS = 20;
/** Of all records: as late as the markers, or a real broker begins a new segment with them. */
export const START_MS = Date.now();

/** A transactional producer's place: what InitProducerId and EndTxn give. */
export interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** One broker that is asked, and its answers by name, line by line. */
export class Asker {
  readonly lines: string[] = [];
  readonly connect: () => Promise<Connection>;
  readonly #connection: Connection;

  constructor(connect: () => Promise<Connection>, connection: Connection) {
    this.connect = connect;
    this.#connection = connection;
  }

  note(what: string, ...answers: readonly (number | bigint | boolean | string)[]): void {
    const [code, ...others] = answers;
    const first = typeof code === "number" ? kafkaErrorName(code) : String(code);
    this.lines.push(`${what}: ${[first, ...others.map(String)].join(" ")}`);
  }

  ask<A extends Api>(api: A, body: RequestOf<A>, maxVersion = 99): Promise<ResponseOf<A>> {
    return this.#connection.request(api, body, { maxVersion });
  }

  async produce(what: string, topic: string, batch: Buffer, more: Partial<Sent> = {}): Promise<number> {
    const { transactionalId = null, version = 12, acks = -1, partition = 0 } = more;
    const topicData = [{ name: topic, partitionData: [{ index: partition, records: batch }] }];
    const body = { transactionalId, acks, timeoutMs: 10_000, topicData };
    const answer = await this.ask("Produce", body, version);
    const { errorCode, baseOffset } = answer.responses[0]!.partitionResponses[0]!;
    this.note(what, errorCode, baseOffset);
    return errorCode;
  }

  async fetch(what: string, topic: string, fetchOffset: bigint, more: Partial<Fetched> = {}): Promise<void> {
    const { partitionMaxBytes = 1 << 20, currentLeaderEpoch = -1, isolationLevel = 0, partition = 0 } = more;
    const partitions = [{ partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch }];
    const body = {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1 << 20,
      isolationLevel,
      topics: [{ topic, partitions }],
    };
    const answer = (await this.ask("Fetch", body, 12)).responses[0]!.partitions[0]!;
    const { errorCode, highWatermark, lastStableOffset, records, abortedTransactions } = answer;
    const aborted = abortedTransactions?.map(({ firstOffset }) => firstOffset).join(",") ?? "null";
    this.note(what, errorCode, highWatermark, lastStableOffset, records?.length ?? 0, aborted);
  }

  /** Repeats while the transaction before is being settled. */
  async init(
    transactionalId: string | null,
    expected?: Identity,
    transactionTimeoutMs = 60_000,
  ): Promise<Identity> {
    const body = { transactionalId, transactionTimeoutMs, ...expected };
    let isFirst = true;
    for (;;) {
      const answer = await this.ask("InitProducerId", body);
      const name = kafkaErrorName(answer.errorCode);
      const isPassing =
        name === "COORDINATOR_LOAD_IN_PROGRESS" ||
        name === "COORDINATOR_NOT_AVAILABLE" ||
        name === "NOT_COORDINATOR";
      if (!isPassing && (isFirst || name !== "CONCURRENT_TRANSACTIONS")) {
        this.note(
          `init ${transactionalId}`,
          answer.errorCode,
          answer.producerEpoch - (expected?.producerEpoch ?? 0),
        );
        isFirst = false;
      }
      if (!isPassing && name !== "CONCURRENT_TRANSACTIONS") return answer;
      if (isPassing && transactionalId !== null)
        await this.ask("FindCoordinator", { keyType: 1, coordinatorKeys: [transactionalId] });
      await sleep(systemClock, RETRY_MS);
    }
  }

  async untilGroup(groupId: string): Promise<void> {
    for (;;) {
      const found = await this.ask("FindCoordinator", { keyType: 0, coordinatorKeys: [groupId] });
      const described = await this.ask("DescribeGroups", { groups: [groupId] });
      const name = kafkaErrorName(described.groups[0]!.errorCode);
      if (found.coordinators[0]!.errorCode === 0 && !/COORDINATOR/.test(name)) return;
      await sleep(systemClock, RETRY_MS);
    }
  }
}

export interface Sent {
  readonly transactionalId: string | null;
  readonly version: number;
  readonly acks: number;
  readonly partition: number;
}

export interface Fetched {
  readonly partitionMaxBytes: number;
  readonly currentLeaderEpoch: number;
  readonly isolationLevel: number;
  readonly partition: number;
}

export function identity({ producerId, producerEpoch }: Identity): Identity {
  return { producerId, producerEpoch };
}

export function sender({ producerId, producerEpoch }: Identity) {
  return { producerId, epoch: producerEpoch };
}

export function batchOf(values: readonly string[], producer?: Parameters<typeof encodeRecords>[2]): Buffer {
  return encodeRecords(
    values.map((value) => ({ value })),
    START_MS,
    producer,
  );
}
