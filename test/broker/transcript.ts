import { sleep, systemClock } from "../../host/clock.ts";
import type { Connection } from "../../host/transport/kafka/connection.ts";
import type { Api, RequestOf, ResponseOf } from "../../host/transport/kafka/protocol/api.ts";
import { kafkaErrorName } from "../../host/transport/kafka/protocol/error-codes.ts";
import { encodeRecords } from "../../host/transport/memory/plain-records.ts";

const RETRY_MS = 20;
/** Of all records: as late as the markers, or a real broker begins a new segment with them. */
const START_MS = Date.now();

interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/**
 * Asks a broker many things, most of them wrong, and writes down its answers by name: two brokers that mean the same
 * give the same transcript. Where brokers take their time (markers, moves), it asks again until that is over.
 */
export class Transcript {
  readonly lines: string[] = [];
  readonly #connect: () => Promise<Connection>;
  readonly #connection: Connection;

  private constructor(connect: () => Promise<Connection>, connection: Connection) {
    this.#connect = connect;
    this.#connection = connection;
  }

  /** `levels`: of transaction.version, which the broker knows. */
  static async of(
    connect: () => Promise<Connection>,
    levels: readonly (1 | 2)[] = [1, 2],
  ): Promise<readonly string[]> {
    const transcript = new Transcript(connect, await connect());
    await transcript.#topics();
    await transcript.#log();
    await transcript.#sequences();
    for (const level of levels) await transcript.#transactions(level);
    for (const level of levels) await transcript.#timedOut(level);
    await transcript.#identities();
    await transcript.#groups();
    transcript.#connection.close();
    return transcript.lines;
  }

  #note(what: string, ...answers: readonly (number | bigint | boolean | string)[]): void {
    const [code, ...others] = answers;
    const first = typeof code === "number" ? kafkaErrorName(code) : String(code);
    this.lines.push(`${what}: ${[first, ...others.map(String)].join(" ")}`);
  }

  #ask<A extends Api>(api: A, body: RequestOf<A>, maxVersion = 99): Promise<ResponseOf<A>> {
    return this.#connection.request(api, body, { maxVersion });
  }

  // ---- topics

  async #topics(): Promise<void> {
    const create = async (
      name: string,
      numPartitions: number,
      replicationFactor: number,
      configs: object[] = [],
    ) => {
      const topics = [{ name, numPartitions, replicationFactor, assignments: [], configs: configs as never }];
      const answer = await this.#ask("CreateTopics", { topics, timeoutMs: 10_000 });
      this.#note(`create ${name} ${numPartitions} ${replicationFactor}`, answer.topics[0]!.errorCode);
    };
    await create("t", 2, 1);
    await create("append-time", 1, 1, [{ name: "message.timestamp.type", value: "LogAppendTime" }]);
    await create("small", 1, 1, [{ name: "max.message.bytes", value: "200" }]);
    await create("t", 2, 1);
    await create("a b", 1, 1);
    await create("zero", 0, 1);
    await create("wide", 1, 9);
    await create("odd", 1, 1, [{ name: "message.timestamp.type", value: "Sometime" }]);
    await this.#untilVisible("t");
    await this.#untilVisible("append-time");
    await this.#untilVisible("small");
    const absent = await this.#ask("Metadata", {
      topics: [{ name: "absent" }],
      allowAutoTopicCreation: false,
    });
    this.#note("metadata of an absent topic", absent.topics[0]!.errorCode);
    const odd = await this.#ask("Metadata", { topics: [{ name: "a b" }], allowAutoTopicCreation: false });
    this.#note("metadata of an odd name", odd.topics[0]!.errorCode);
    const unknown = [{ name: null, topicId: "0123456789abcdef0123456789abcdef" }];
    const byId = await this.#ask("Metadata", { topics: unknown, allowAutoTopicCreation: false });
    this.#note("metadata of an unknown id", byId.topics[0]!.errorCode);
  }

  async #untilVisible(name: string): Promise<void> {
    for (;;) {
      const { topics } = await this.#ask("Metadata", { topics: [{ name }], allowAutoTopicCreation: false });
      if (topics[0]!.errorCode === 0 && topics[0]!.partitions.every(({ leaderId }) => leaderId >= 0)) return;
      await sleep(systemClock, RETRY_MS);
    }
  }

  // ---- the log

  async #produce(what: string, topic: string, batch: Buffer, more: Partial<Sent> = {}): Promise<number> {
    const { transactionalId = null, version = 12, acks = -1, partition = 0 } = more;
    const topicData = [{ name: topic, partitionData: [{ index: partition, records: batch }] }];
    const body = { transactionalId, acks, timeoutMs: 10_000, topicData };
    const answer = await this.#ask("Produce", body, version);
    const { errorCode, baseOffset } = answer.responses[0]!.partitionResponses[0]!;
    this.#note(what, errorCode, baseOffset);
    return errorCode;
  }

  async #fetch(what: string, topic: string, fetchOffset: bigint, more: Partial<Fetched> = {}): Promise<void> {
    const { partitionMaxBytes = 1 << 20, currentLeaderEpoch = -1, isolationLevel = 0, partition = 0 } = more;
    const partitions = [{ partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch }];
    const body = {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1 << 20,
      isolationLevel,
      topics: [{ topic, partitions }],
    };
    const answer = (await this.#ask("Fetch", body, 12)).responses[0]!.partitions[0]!;
    const { errorCode, highWatermark, lastStableOffset, records, abortedTransactions } = answer;
    const aborted = abortedTransactions?.map(({ firstOffset }) => firstOffset).join(",") ?? "null";
    this.#note(what, errorCode, highWatermark, lastStableOffset, records?.length ?? 0, aborted);
  }

  async #log(): Promise<void> {
    await this.#produce("a batch", "t", batchOf(["a", "b"]));
    await this.#produce("another", "t", batchOf(["c"]));
    await this.#produce("acks 2", "t", batchOf(["x"]), { acks: 2 });
    await this.#produce("no such partition", "t", batchOf(["x"]), { partition: 9 });
    await this.#produce("no such topic", "absent", batchOf(["x"]));
    await this.#produce("large", "small", batchOf(["x".repeat(300)]));
    for (const [what, at, byte] of [
      ["a wrong checksum", 67, 1],
      ["magic 1", 16, 1],
      ["a control batch", 22, 0x20],
    ] as const) {
      const batch = batchOf(["a"]);
      batch[at] = byte;
      await this.#produce(what, "t", batch);
    }
    await this.#fetch("from 0", "t", 0n);
    await this.#fetch("one byte", "t", 0n, { partitionMaxBytes: 1 });
    await this.#fetch("one batch and ten bytes", "t", 0n, {
      partitionMaxBytes: batchOf(["a", "b"]).length + 10,
    });
    await this.#fetch("within a batch", "t", 1n);
    await this.#fetch("at the end", "t", 3n);
    await this.#fetch("beyond", "t", 4n);
    await this.#fetch("leader epoch 99", "t", 0n, { currentLeaderEpoch: 99 });
    await this.#fetch("no such partition", "t", 0n, { partition: 9 });
    for (const delay of [-1, -2, -3, START_MS, START_MS + 1_000_000]) {
      const timestamp = BigInt(delay);
      const topics = [{ name: "t", partitions: [{ partitionIndex: 0, timestamp }] }];
      const answer = await this.#ask("ListOffsets", { replicaId: -1, topics });
      const { errorCode, offset } = answer.topics[0]!.partitions[0]!;
      this.#note(`offset at ${delay < 0 ? delay : delay - START_MS}`, errorCode, offset);
    }
    for (const offset of [99n, 1n]) {
      const topics = [{ name: "t", partitions: [{ partitionIndex: 0, offset }] }];
      const answer = await this.#ask("DeleteRecords", { topics, timeoutMs: 10_000 });
      const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!;
      this.#note(`delete before ${offset}`, errorCode, lowWatermark);
    }
    await this.#fetch("below the log", "t", 0n);
    await this.#fetch("its new start", "t", 1n);
  }

  // ---- idempotence

  async #sequences(): Promise<void> {
    const { producerId } = await this.#init(null);
    const send = (what: string, sequence: number, values = ["v"], epoch = 0, id = producerId) =>
      this.#produce(
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
    await this.#produce("two batches of one producer", "small", Buffer.concat(two));
    const transactional = batchOf(["v"], { producerId, epoch: 2, sequence: 0, transactional: true });
    await this.#produce("transactional without an id", "small", transactional);
  }

  // ---- transactions

  async #transactions(level: 1 | 2): Promise<void> {
    const transactionalId = `x${level}`;
    const init = (expected?: Identity) => this.#init(transactionalId, expected);
    const add = (what: string, who: Identity, topic = "t") =>
      this.#addPartition(what, transactionalId, who, topic);
    const commitOffset = (what: string, who: Identity) =>
      this.#commitOffset(what, transactionalId, who, level);
    const end = (what: string, who: Identity, committed: boolean) =>
      this.#end(what, transactionalId, who, committed, level);
    const produce = (what: string, who: Identity, sequence: number, version = level === 1 ? 11 : 12) => {
      const { producerId, producerEpoch: epoch } = who;
      const batch = batchOf(["v"], { producerId, epoch, sequence, transactional: true });
      return this.#produce(`${level}: ${what}`, "t", batch, { transactionalId, partition: 1, version });
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
    await this.#fetch(`${level}: while open`, "t", 0n, { partition: 1, isolationLevel: 1 });
    const plain = batchOf(["v"], { ...sender(who), sequence: 2, transactional: false });
    await this.#produce(`${level}: a plain batch in between`, "t", plain, { partition: 1 });
    const old = who;
    who = await end("commit", who, true);
    await this.#untilSettled();
    await this.#fetchOffset("after the commit", true);
    await end("commit again, as before", old, true);
    await end("abort what is committed", old, false);
    await this.#fetch(`${level}: committed`, "t", 0n, { partition: 1, isolationLevel: 1 });
    if (level === 1) await add("added again", who);
    await produce("third", who, level === 1 ? 2 : 0);

    // A successor aborts it.
    const successor = await init();
    await this.#untilSettled();
    await this.#fetch(`${level}: aborted`, "t", 0n, { partition: 1, isolationLevel: 1 });
    await produce("a zombie produces", who, level === 1 ? 3 : 1);
    await end("a zombie commits", who, true);
    await add("a zombie adds", who);
    await commitOffset("a zombie commits offsets", who);
    if (level === 1) await add("the successor adds", successor);
    await produce("the successor begins", successor, 0);
    who = await end("the successor aborts", successor, false);
    await this.#untilSettled();
    await this.#fetch(`${level}: aborted twice`, "t", 0n, { partition: 1, isolationLevel: 1 });
  }

  /** Repeats while the transaction before is being settled. */
  async #init(
    transactionalId: string | null,
    expected?: Identity,
    transactionTimeoutMs = 60_000,
  ): Promise<Identity> {
    const body = { transactionalId, transactionTimeoutMs, ...expected };
    let isFirst = true;
    for (;;) {
      const answer = await this.#ask("InitProducerId", body);
      const name = kafkaErrorName(answer.errorCode);
      const isPassing =
        name === "COORDINATOR_LOAD_IN_PROGRESS" ||
        name === "COORDINATOR_NOT_AVAILABLE" ||
        name === "NOT_COORDINATOR";
      if (!isPassing && (isFirst || name !== "CONCURRENT_TRANSACTIONS")) {
        this.#note(
          `init ${transactionalId}`,
          answer.errorCode,
          answer.producerEpoch - (expected?.producerEpoch ?? 0),
        );
        isFirst = false;
      }
      if (!isPassing && name !== "CONCURRENT_TRANSACTIONS") return answer;
      if (isPassing && transactionalId !== null)
        await this.#ask("FindCoordinator", { keyType: 1, coordinatorKeys: [transactionalId] });
      await sleep(systemClock, RETRY_MS);
    }
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
    const answer = await this.#ask("AddPartitionsToTxn", body, 3);
    const names = answer.resultsByTopicV3AndBelow
      .map(
        ({ name, resultsByPartition }) =>
          `${name} ${kafkaErrorName(resultsByPartition[0]!.partitionErrorCode)}`,
      )
      .sort();
    this.#note(what, names.join(", "));
  }

  async #addOffsets(transactionalId: string, who: Identity): Promise<void> {
    const { errorCode } = await this.#ask("AddOffsetsToTxn", {
      transactionalId,
      ...identity(who),
      groupId: "gx",
    });
    this.#note("offsets added", errorCode);
  }

  async #commitOffset(what: string, transactionalId: string, who: Identity, level: 1 | 2): Promise<void> {
    await this.#untilGroup("gx");
    const partitions = [{ partitionIndex: 0, committedOffset: 7n, committedMetadata: "m" }];
    const body = { transactionalId, groupId: "gx", ...identity(who), topics: [{ name: "t", partitions }] };
    const answer = await this.#ask("TxnOffsetCommit", body, level === 1 ? 4 : 5);
    this.#note(`${level}: ${what}`, answer.topics[0]!.partitions[0]!.errorCode);
  }

  async #fetchOffset(what: string, requireStable: boolean): Promise<void> {
    const groups = [{ groupId: "gx", topics: [{ name: "t", partitionIndexes: [0] }] }];
    const answer = await this.#ask("OffsetFetch", { groups, requireStable }, 9);
    const { errorCode, committedOffset, metadata } = answer.groups[0]!.topics[0]!.partitions[0]!;
    this.#note(`offset ${what}`, errorCode, committedOffset, metadata ?? "null");
  }

  async #end(
    what: string,
    transactionalId: string,
    who: Identity,
    committed: boolean,
    level: 1 | 2,
  ): Promise<Identity> {
    const body = { transactionalId, ...identity(who), committed };
    const answer = await this.#ask("EndTxn", body, level === 1 ? 4 : 5);
    const epoch = answer.errorCode === 0 && level === 2 ? answer.producerEpoch - who.producerEpoch : "";
    this.#note(`${level}: ${what}`, answer.errorCode, epoch);
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
    const who = await this.#init(transactionalId, undefined, 300);
    const version = level === 1 ? 11 : 12;
    const produce = (what: string, sequence: number) => {
      const batch = batchOf(["v"], { ...sender(who), sequence, transactional: true });
      return this.#produce(`${level}: ${what}`, "append-time", batch, { transactionalId, version });
    };
    if (level === 1) await this.#addPartition("added", transactionalId, who, "append-time");
    await produce("in time", 0);
    await this.#untilStable("append-time");
    await this.#fetch(`${level}: timed out`, "append-time", 0n, { isolationLevel: 1 });
    await produce("too late", 1);
    await this.#end("commit too late", transactionalId, who, true, level);
    await this.#end("abort too late", transactionalId, who, false, level);
    await this.#addPartition("add too late", transactionalId, who, "t");
    await this.#init(transactionalId, identity(who), 300);
    await this.#init(transactionalId, undefined, 300);
  }

  async #untilStable(topic: string): Promise<void> {
    for (;;) {
      const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 }];
      const body = { maxWaitMs: 0, minBytes: 0, isolationLevel: 1, topics: [{ topic, partitions }] };
      const { highWatermark, lastStableOffset } = (await this.#ask("Fetch", body, 12)).responses[0]!
        .partitions[0]!;
      if (highWatermark === lastStableOffset) return;
      await sleep(systemClock, RETRY_MS);
    }
  }

  // ---- who is who

  async #identities(): Promise<void> {
    const first = await this.#init("y");
    const second = await this.#init("y", identity(first));
    await this.#init("y", identity(first));
    const third = await this.#init("y");
    await this.#init("y", identity(second));
    await this.#init("y", { producerId: 1n, producerEpoch: 0 });
    await this.#init("", undefined);
    await this.#init("z", undefined, 900_001);
    await this.#init("z", undefined, 0);
    const who = identity(third);
    const unknown = await this.#ask("EndTxn", { transactionalId: "nobody", ...who, committed: true });
    this.#note("end of an unknown transaction", unknown.errorCode);
    const foreign = await this.#ask("EndTxn", {
      transactionalId: "y",
      ...who,
      producerId: 1n,
      committed: true,
    });
    this.#note("end of another's transaction", foreign.errorCode);
  }

  // ---- groups

  async #untilGroup(groupId: string): Promise<void> {
    for (;;) {
      const found = await this.#ask("FindCoordinator", { keyType: 0, coordinatorKeys: [groupId] });
      const described = await this.#ask("DescribeGroups", { groups: [groupId] });
      const name = kafkaErrorName(described.groups[0]!.errorCode);
      if (found.coordinators[0]!.errorCode === 0 && !/COORDINATOR/.test(name)) return;
      await sleep(systemClock, RETRY_MS);
    }
  }

  async #groups(): Promise<void> {
    await this.#untilGroup("g");
    const other = await this.#connect();
    const joinBody = (
      memberId: string,
      more: Partial<RequestOf<"JoinGroup">> = {},
    ): RequestOf<"JoinGroup"> => ({
      groupId: "g",
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId,
      protocolType: "consumer",
      protocols: [{ name: "p", metadata: Buffer.alloc(0) }],
      ...more,
    });
    const join = async (what: string, memberId: string, more?: Partial<RequestOf<"JoinGroup">>) => {
      const answer = await this.#ask("JoinGroup", joinBody(memberId, more));
      this.#note(
        `join ${what}`,
        answer.errorCode,
        answer.generationId,
        answer.members.length,
        answer.skipAssignment,
      );
      return answer;
    };
    await join("without a name", "", { groupId: "" });
    await join("with a short session", "", { sessionTimeoutMs: 10 });
    await join("as somebody unknown", "made-up");
    await join("without protocols", "", { protocols: [] });
    const { memberId } = await join("for the first time", "");
    const { generationId } = await join("with the id", memberId);
    const foreign = [{ name: "q", metadata: Buffer.alloc(0) }];
    await join("speaking otherwise", "", { protocols: foreign });
    await this.#sync("while wrong", memberId, generationId + 1);
    await this.#sync("as nobody", "made-up", generationId);
    await this.#commit("before the assignment", memberId, generationId);
    await this.#sync("as leader", memberId, generationId, "mine");
    await this.#sync("again", memberId, generationId);
    await this.#beat("as ever", memberId, generationId);
    await this.#beat("in an old generation", memberId, generationId - 1);
    await this.#beat("as nobody", "made-up", generationId);
    await this.#beat("as a static member", memberId, generationId, "i");
    await this.#beat("of no group", memberId, generationId, null, "no-group");
    await this.#commit("as ever", memberId, generationId);
    await this.#commit("in an old generation", memberId, generationId - 1);
    await this.#commit("as nobody", "made-up", generationId);
    await this.#commit("from outside", "", -1);
    await this.#commit("of no group", memberId, generationId, "no-group");
    await this.#commit("of no group, version 8", memberId, generationId, "no-group", 8);
    await this.#commit("of a new group from outside", "", -1, "outside");

    const joining = other.request("JoinGroup", joinBody("", { groupInstanceId: "i1" }));
    await this.#untilRebalance(memberId, generationId);
    await this.#sync("during a rebalance", memberId, generationId);
    await this.#commit("during a rebalance", memberId, generationId);
    const again = await join("again", memberId);
    const static1 = await joining;
    this.#note("the static member joined", static1.errorCode, static1.generationId, static1.members.length);
    const assigned = { [memberId]: "mine", [static1.memberId]: "static" };
    const waiting = other.request("SyncGroup", {
      groupId: "g",
      generationId: again.generationId,
      memberId: static1.memberId,
      groupInstanceId: "i1",
      protocolType: "consumer",
      protocolName: "p",
      assignments: [],
    });
    await this.#sync("as leader of two", memberId, again.generationId, "mine", assigned);
    this.#note("the static member's share", (await waiting).assignment.toString());
    const back = await join("of the static member, back again", "", { groupInstanceId: "i1" });
    await this.#beat("of its old life", static1.memberId, again.generationId, "i1");
    await this.#beat("of its new life", back.memberId, again.generationId, "i1");
    await this.#beat("of the other, undisturbed", memberId, again.generationId);
    await this.#leave("nobody", "made-up", null);
    await this.#leave("the static one by its name", "", "i1");
    await this.#leave("the last", memberId, null);
    await this.#leave("the last again", memberId, null);
    await this.#commit("from outside, now that it is empty", "", -1);
    await this.#beat("of an empty group", memberId, again.generationId);
    other.close();
  }

  async #untilRebalance(memberId: string, generationId: number): Promise<void> {
    for (;;) {
      const answer = await this.#ask("Heartbeat", { groupId: "g", memberId, generationId });
      if (kafkaErrorName(answer.errorCode) === "REBALANCE_IN_PROGRESS") return;
      await sleep(systemClock, RETRY_MS);
    }
  }

  async #sync(
    what: string,
    memberId: string,
    generationId: number,
    own?: string,
    shares: Readonly<Record<string, string>> = own === undefined ? {} : { [memberId]: own },
  ): Promise<void> {
    const assignments = Object.entries(shares).map(([id, share]) => ({
      memberId: id,
      assignment: Buffer.from(share),
    }));
    const answer = await this.#ask("SyncGroup", {
      groupId: "g",
      generationId,
      memberId,
      protocolType: "consumer",
      protocolName: "p",
      assignments,
    });
    this.#note(`sync ${what}`, answer.errorCode, answer.assignment.toString());
  }

  async #beat(
    what: string,
    memberId: string,
    generationId: number,
    groupInstanceId: string | null = null,
    groupId = "g",
  ): Promise<void> {
    const answer = await this.#ask("Heartbeat", { groupId, memberId, generationId, groupInstanceId });
    this.#note(`heartbeat ${what}`, answer.errorCode);
  }

  async #commit(
    what: string,
    memberId: string,
    generation: number,
    groupId = "g",
    version = 9,
  ): Promise<void> {
    await this.#untilGroup(groupId);
    const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: "" }];
    const topics = [{ name: "t", partitions }];
    const body = { groupId, generationIdOrMemberEpoch: generation, memberId, topics };
    const answer = await this.#ask("OffsetCommit", body, version);
    this.#note(`commit ${what}`, answer.topics[0]!.partitions[0]!.errorCode);
  }

  async #leave(what: string, memberId: string, groupInstanceId: string | null): Promise<void> {
    const answer = await this.#ask("LeaveGroup", { groupId: "g", members: [{ memberId, groupInstanceId }] });
    this.#note(`leave ${what}`, answer.errorCode, kafkaErrorName(answer.members[0]?.errorCode ?? 0));
  }
}

interface Sent {
  readonly transactionalId: string | null;
  readonly version: number;
  readonly acks: number;
  readonly partition: number;
}

interface Fetched {
  readonly partitionMaxBytes: number;
  readonly currentLeaderEpoch: number;
  readonly isolationLevel: number;
  readonly partition: number;
}

function identity({ producerId, producerEpoch }: Identity): Identity {
  return { producerId, producerEpoch };
}

function sender({ producerId, producerEpoch }: Identity) {
  return { producerId, epoch: producerEpoch };
}

function batchOf(values: readonly string[], producer?: Parameters<typeof encodeRecords>[2]): Buffer {
  return encodeRecords(
    values.map((value) => ({ value })),
    START_MS,
    producer,
  );
}
