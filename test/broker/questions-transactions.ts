import { sleep, systemClock } from "../../host/clock.ts";
import { kafkaErrorName } from "../../host/transport/kafka/protocol/error-codes.ts";
import { type Asker, batchOf, type Identity, identity, RETRY_MS, sender } from "./asker.ts";

/** Transactions, and who may still make them. */
export class TransactionQuestions {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  /** `levels`: of transaction.version, which the broker knows. */
  async ask(levels: readonly (1 | 2)[]): Promise<void> {
    for (const level of levels) await this.#transactions(level);
    for (const level of levels) await this.#timedOut(level);
    await this.#identities();
  }

  async #transactions(level: 1 | 2): Promise<void> {
    const transactionalId = `x${level}`;
    const init = (expected?: Identity) => this.#asker.init(transactionalId, expected);
    const add = (what: string, who: Identity, topic = "t") =>
      this.#addPartition(what, transactionalId, who, topic);
    const commitOffset = (what: string, who: Identity) =>
      this.#commitOffset(what, transactionalId, who, level);
    const end = (what: string, who: Identity, committed: boolean) =>
      this.#end(what, transactionalId, who, committed, level);
    const produce = (what: string, who: Identity, sequence: number, version = level === 1 ? 11 : 12) => {
      const { producerId, producerEpoch: epoch } = who;
      const batch = batchOf(["v"], { producerId, epoch, sequence, transactional: true });
      return this.#asker.produce(`${level}: ${what}`, "t", batch, { transactionalId, partition: 1, version });
    };

    let who = await init();
    await end("commit of nothing", who, true);
    who = await end("abort of nothing", who, false);
    if (level === 1) {
      await produce("not added, version 10", who, 0, 10);
      await produce("not added, version 11", who, 0, 11);
      await commitOffset("offsets, not added", who);
      await add("a topic that is not there", who, "absent");
      await add("added", who);
      await this.#addOffsets(transactionalId, who);
    } else {
      await produce("a first sequence of 3", who, 3);
    }
    await produce("first", who, 0);
    await produce("second", who, 1);
    await commitOffset("offsets", who);
    await this.#fetchOffset("while open", true);
    await this.#fetchOffset("while open, unstable", false);
    await this.#asker.fetch(`${level}: while open`, "t", 0n, { partition: 1, isolationLevel: 1 });
    const plain = batchOf(["v"], { ...sender(who), sequence: 2, transactional: false });
    await this.#asker.produce(`${level}: a plain batch in between`, "t", plain, { partition: 1 });
    const old = who;
    who = await end("commit", who, true);
    await this.#untilSettled();
    await this.#fetchOffset("after the commit", true);
    await end("commit again, as before", old, true);
    await end("abort what is committed", old, false);
    await this.#asker.fetch(`${level}: committed`, "t", 0n, { partition: 1, isolationLevel: 1 });
    if (level === 1) await add("added again", who);
    await produce("third", who, level === 1 ? 2 : 0);

    // A successor aborts it.
    const successor = await init();
    await this.#untilSettled();
    await this.#asker.fetch(`${level}: aborted`, "t", 0n, { partition: 1, isolationLevel: 1 });
    await produce("a zombie produces", who, level === 1 ? 3 : 1);
    await end("a zombie commits", who, true);
    await add("a zombie adds", who);
    await commitOffset("a zombie commits offsets", who);
    if (level === 1) await add("the successor adds", successor);
    await produce("the successor begins", successor, 0);
    who = await end("the successor aborts", successor, false);
    await this.#untilSettled();
    await this.#asker.fetch(`${level}: aborted twice`, "t", 0n, { partition: 1, isolationLevel: 1 });
  }

  async #addPartition(what: string, transactionalId: string, who: Identity, topic: string): Promise<void> {
    const partitions = topic === "t" ? [1] : [0];
    const body = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: who.producerId,
      v3AndBelowProducerEpoch: who.producerEpoch,
      v3AndBelowTopics: [
        ...(topic === "t" ? [] : [{ name: "t", partitions: [1] }]),
        { name: topic, partitions },
      ],
    };
    const answer = await this.#asker.ask("AddPartitionsToTxn", body, 3);
    const names = answer.resultsByTopicV3AndBelow
      .map(
        ({ name, resultsByPartition }) =>
          `${name} ${kafkaErrorName(resultsByPartition[0]!.partitionErrorCode)}`,
      )
      .sort();
    this.#asker.note(what, names.join(", "));
  }

  async #addOffsets(transactionalId: string, who: Identity): Promise<void> {
    const { errorCode } = await this.#asker.ask("AddOffsetsToTxn", {
      transactionalId,
      ...identity(who),
      groupId: "gx",
    });
    this.#asker.note("offsets added", errorCode);
  }

  async #commitOffset(what: string, transactionalId: string, who: Identity, level: 1 | 2): Promise<void> {
    await this.#asker.untilGroup("gx");
    const partitions = [{ partitionIndex: 0, committedOffset: 7n, committedMetadata: "m" }];
    const body = { transactionalId, groupId: "gx", ...identity(who), topics: [{ name: "t", partitions }] };
    const answer = await this.#asker.ask("TxnOffsetCommit", body, level === 1 ? 4 : 5);
    this.#asker.note(`${level}: ${what}`, answer.topics[0]!.partitions[0]!.errorCode);
  }

  async #fetchOffset(what: string, requireStable: boolean): Promise<void> {
    const groups = [{ groupId: "gx", topics: [{ name: "t", partitionIndexes: [0] }] }];
    const answer = await this.#asker.ask("OffsetFetch", { groups, requireStable }, 9);
    const { errorCode, committedOffset, metadata } = answer.groups[0]!.topics[0]!.partitions[0]!;
    this.#asker.note(`offset ${what}`, errorCode, committedOffset, metadata ?? "null");
  }

  async #end(
    what: string,
    transactionalId: string,
    who: Identity,
    committed: boolean,
    level: 1 | 2,
  ): Promise<Identity> {
    const body = { transactionalId, ...identity(who), committed };
    const answer = await this.#asker.ask("EndTxn", body, level === 1 ? 4 : 5);
    const epoch = answer.errorCode === 0 && level === 2 ? answer.producerEpoch - who.producerEpoch : "";
    this.#asker.note(`${level}: ${what}`, answer.errorCode, epoch);
    await this.#untilSettled();
    return answer.errorCode === 0 && level === 2 ? answer : who;
  }

  /** Markers are written some time after EndTxn has answered. */
  async #untilSettled(): Promise<void> {
    await sleep(systemClock, 10 * RETRY_MS);
  }

  /** The coordinator aborts what stays open for too long. */
  async #timedOut(level: 1 | 2): Promise<void> {
    const transactionalId = `late${level}`;
    const who = await this.#asker.init(transactionalId, undefined, 300);
    const version = level === 1 ? 11 : 12;
    const produce = (what: string, sequence: number) => {
      const batch = batchOf(["v"], { ...sender(who), sequence, transactional: true });
      return this.#asker.produce(`${level}: ${what}`, "append-time", batch, { transactionalId, version });
    };
    if (level === 1) await this.#addPartition("added", transactionalId, who, "append-time");
    await produce("in time", 0);
    await this.#untilStable("append-time");
    await this.#asker.fetch(`${level}: timed out`, "append-time", 0n, { isolationLevel: 1 });
    await produce("too late", 1);
    await this.#end("commit too late", transactionalId, who, true, level);
    await this.#end("abort too late", transactionalId, who, false, level);
    await this.#addPartition("add too late", transactionalId, who, "t");
    await this.#asker.init(transactionalId, identity(who), 300);
    await this.#asker.init(transactionalId, undefined, 300);
  }

  async #untilStable(topic: string): Promise<void> {
    for (;;) {
      const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 }];
      const body = { maxWaitMs: 0, minBytes: 0, isolationLevel: 1, topics: [{ topic, partitions }] };
      const { highWatermark, lastStableOffset } = (await this.#asker.ask("Fetch", body, 12)).responses[0]!
        .partitions[0]!;
      if (highWatermark === lastStableOffset) return;
      await sleep(systemClock, RETRY_MS);
    }
  }

  async #identities(): Promise<void> {
    const first = await this.#asker.init("y");
    const second = await this.#asker.init("y", identity(first));
    await this.#asker.init("y", identity(first));
    const third = await this.#asker.init("y");
    await this.#asker.init("y", identity(second));
    await this.#asker.init("y", { producerId: 1n, producerEpoch: 0 });
    await this.#asker.init("", undefined);
    await this.#asker.init("z", undefined, 900_001);
    await this.#asker.init("z", undefined, 0);
    const who = identity(third);
    const unknown = await this.#asker.ask("EndTxn", { transactionalId: "nobody", ...who, committed: true });
    this.#asker.note("end of an unknown transaction", unknown.errorCode);
    const foreign = await this.#asker.ask("EndTxn", {
      transactionalId: "y",
      ...who,
      producerId: 1n,
      committed: true,
    });
    this.#asker.note("end of another's transaction", foreign.errorCode);
  }
}
