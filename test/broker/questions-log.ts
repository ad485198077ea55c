import { sleep, systemClock } from "../../host/clock.ts";
import { encodeRecords } from "../../host/transport/memory/plain-records.ts";
import { type Asker, batchOf, RETRY_MS, START_MS } from "./asker.ts";

/** Topics, records and idempotent producers. */
export class LogQuestions {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  async ask(): Promise<void> {
    await this.#topics();
    await this.#log();
    await this.#sequences();
  }

  async #topics(): Promise<void> {
    const create = async (
      name: string,
      numPartitions: number,
      replicationFactor: number,
      configs: object[] = [],
    ) => {
      const topics = [{ name, numPartitions, replicationFactor, assignments: [], configs: configs as never }];
      const answer = await this.#asker.ask("CreateTopics", { topics, timeoutMs: 10_000 });
      this.#asker.note(`create ${name} ${numPartitions} ${replicationFactor}`, answer.topics[0]!.errorCode);
    };
    await create("t", 2, 1);
    await create("append-time", 1, 1, [{ name: "message.timestamp.type", value: "LogAppendTime" }]);
    await create("small", 1, 1, [{ name: "max.message.bytes", value: "200" }]);
    await create("compacted", 1, 1, [{ name: "cleanup.policy", value: "compact" }]);
    await create("t", 2, 1);
    await create("a b", 1, 1);
    await create("zero", 0, 1);
    await create("wide", 1, 9);
    await create("odd", 1, 1, [{ name: "message.timestamp.type", value: "Sometime" }]);
    await this.#untilVisible("t");
    await this.#untilVisible("append-time");
    await this.#untilVisible("small");
    await this.#untilVisible("compacted");
    const absent = await this.#asker.ask("Metadata", {
      topics: [{ name: "absent" }],
      allowAutoTopicCreation: false,
    });
    this.#asker.note("metadata of an absent topic", absent.topics[0]!.errorCode);
    const odd = await this.#asker.ask("Metadata", {
      topics: [{ name: "a b" }],
      allowAutoTopicCreation: false,
    });
    this.#asker.note("metadata of an odd name", odd.topics[0]!.errorCode);
    const unknown = [{ name: null, topicId: "0123456789abcdef0123456789abcdef" }];
    const byId = await this.#asker.ask("Metadata", { topics: unknown, allowAutoTopicCreation: false });
    this.#asker.note("metadata of an unknown id", byId.topics[0]!.errorCode);
  }

  async #untilVisible(name: string): Promise<void> {
    for (;;) {
      const { topics } = await this.#asker.ask("Metadata", {
        topics: [{ name }],
        allowAutoTopicCreation: false,
      });
      if (topics[0]!.errorCode === 0 && topics[0]!.partitions.every(({ leaderId }) => leaderId >= 0)) return;
      await sleep(systemClock, RETRY_MS);
    }
  }

  async #log(): Promise<void> {
    await this.#asker.produce("a batch", "t", batchOf(["a", "b"]));
    await this.#asker.produce("another", "t", batchOf(["c"]));
    await this.#asker.produce("acks 2", "t", batchOf(["x"]), { acks: 2 });
    await this.#asker.produce("no such partition", "t", batchOf(["x"]), { partition: 9 });
    await this.#asker.produce("no such topic", "absent", batchOf(["x"]));
    await this.#asker.produce("large", "small", batchOf(["x".repeat(300)]));
    for (const [what, at, byte] of [
      ["a wrong checksum", 67, 1],
      ["magic 1", 16, 1],
      ["a control batch", 22, 0x20],
    ] as const) {
      const batch = batchOf(["a"]);
      batch[at] = byte;
      await this.#asker.produce(what, "t", batch);
    }
    const some = (key: string | null) =>
      encodeRecords(
        [
          { key: "k", value: "v" },
          { key, value: "v" },
        ],
        START_MS,
      );
    await this.#asker.produce("a key in a compacted topic", "compacted", some("l"));
    await this.#asker.produce("no key in a compacted topic", "compacted", some(null));
    await this.#asker.fetch("from 0", "t", 0n);
    await this.#asker.fetch("one byte", "t", 0n, { partitionMaxBytes: 1 });
    await this.#asker.fetch("one batch and ten bytes", "t", 0n, {
      partitionMaxBytes: batchOf(["a", "b"]).length + 10,
    });
    await this.#asker.fetch("within a batch", "t", 1n);
    await this.#asker.fetch("at the end", "t", 3n);
    await this.#asker.fetch("beyond", "t", 4n);
    await this.#asker.fetch("leader epoch 99", "t", 0n, { currentLeaderEpoch: 99 });
    await this.#asker.fetch("no such partition", "t", 0n, { partition: 9 });
    for (const delay of [-1, -2, -3, START_MS, START_MS + 1_000_000]) {
      const timestamp = BigInt(delay);
      const topics = [{ name: "t", partitions: [{ partitionIndex: 0, timestamp }] }];
      const answer = await this.#asker.ask("ListOffsets", { replicaId: -1, topics });
      const { errorCode, offset } = answer.topics[0]!.partitions[0]!;
      this.#asker.note(`offset at ${delay < 0 ? delay : delay - START_MS}`, errorCode, offset);
    }
    for (const offset of [99n, 1n]) {
      const topics = [{ name: "t", partitions: [{ partitionIndex: 0, offset }] }];
      const answer = await this.#asker.ask("DeleteRecords", { topics, timeoutMs: 10_000 });
      const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!;
      this.#asker.note(`delete before ${offset}`, errorCode, lowWatermark);
    }
    await this.#asker.fetch("below the log", "t", 0n);
    await this.#asker.fetch("its new start", "t", 1n);
  }

  async #sequences(): Promise<void> {
    const { producerId } = await this.#asker.init(null);
    const send = (what: string, sequence: number, values = ["v"], epoch = 0, id = producerId) =>
      this.#asker.produce(
        what,
        "small",
        batchOf(values, { producerId: id, epoch, sequence, transactional: false }),
      );
    for (const sequence of [0, 1, 2, 3, 4, 5]) await send(`sequence ${sequence}`, sequence);
    await send("duplicate of the last", 5);
    await send("duplicate, five ago", 1);
    await send("duplicate, six ago", 0);
    await send("a gap", 9);
    await send("the same sequence, longer", 5, ["v", "w"]);
    await send("a new epoch in the middle", 6, ["v"], 1);
    await send("a new epoch", 0, ["v"], 1);
    await send("the old epoch", 6);
    await send("an unknown producer in the middle", 41, ["v"], 0, producerId + 1_000_000n);
    const two = [0, 1].map((sequence) =>
      batchOf(["v"], { producerId, epoch: 2, sequence, transactional: false }),
    );
    await this.#asker.produce("two batches of one producer", "small", Buffer.concat(two));
    const transactional = batchOf(["v"], { producerId, epoch: 2, sequence: 0, transactional: true });
    await this.#asker.produce("transactional without an id", "small", transactional);
  }
}
