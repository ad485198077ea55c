import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { codeOf } from "../../../host/transport/kafka/protocol/error-codes.ts";
import { decodeRecords } from "../../../host/transport/memory/plain-records.ts";
import { batchOf, type Client, NONE, Scene } from "./scene.ts";

const CONCURRENT = codeOf("CONCURRENT_TRANSACTIONS");
const FENCED = codeOf("PRODUCER_FENCED");
const STALE = codeOf("INVALID_PRODUCER_EPOCH");
const INVALID_STATE = codeOf("INVALID_TXN_STATE");

interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** A transactional producer, driven step by step. `version`: 1 with explicit adds, 2 with implicit ones. */
class Writer {
  readonly client: Client;
  readonly version: 1 | 2;
  identity: Identity = { producerId: -1n, producerEpoch: -1 };
  readonly sequences = new Map<string, number>();

  constructor(client: Client, version: 1 | 2) {
    this.client = client;
    this.version = version;
  }

  async init(expected?: Identity, transactionTimeoutMs = 10_000): Promise<number> {
    const answer = await this.client.ask("InitProducerId", {
      transactionalId: "x",
      transactionTimeoutMs,
      ...expected,
    });
    if (answer.errorCode === NONE) this.#become(answer);
    return answer.errorCode;
  }

  async add(topic: string, partition: number): Promise<number> {
    const answer = await this.client.ask(
      "AddPartitionsToTxn",
      {
        v3AndBelowTransactionalId: "x",
        v3AndBelowProducerId: this.identity.producerId,
        v3AndBelowProducerEpoch: this.identity.producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
      },
      { maxVersion: 3 },
    );
    return answer.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode;
  }

  async produce(topic: string, partition: number, values: readonly string[]): Promise<number> {
    const key = `${topic}-${partition}`;
    const sequence = this.sequences.get(key) ?? 0;
    const { producerId, producerEpoch: epoch } = this.identity;
    const batch = batchOf(values, { producerId, epoch, sequence, transactional: true });
    const version = this.version === 2 ? 12 : 11;
    const { errorCode } = await this.client.produce(topic, partition, batch, "x", version);
    if (errorCode === NONE) this.sequences.set(key, sequence + values.length);
    return errorCode;
  }

  async commitOffset(offset: bigint, metadata = ""): Promise<number> {
    const answer = await this.client.ask(
      "TxnOffsetCommit",
      {
        transactionalId: "x",
        groupId: "g",
        ...this.identity,
        topics: [
          {
            name: "t",
            partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: metadata }],
          },
        ],
      },
      { maxVersion: this.version === 2 ? 5 : 4 },
    );
    return answer.topics[0]!.partitions[0]!.errorCode;
  }

  async end(committed: boolean): Promise<number> {
    const answer = await this.client.ask(
      "EndTxn",
      { transactionalId: "x", ...this.identity, committed },
      { maxVersion: this.version === 2 ? 5 : 4 },
    );
    if (answer.errorCode === NONE && this.version === 2) this.#become(answer);
    return answer.errorCode;
  }

  #become({ producerId, producerEpoch }: Identity): void {
    this.identity = { producerId, producerEpoch };
    this.sequences.clear();
  }
}

async function begin(version: 1 | 2, settings: ConstructorParameters<typeof Scene>[0] = {}) {
  const scene = new Scene(settings);
  scene.broker.createTopic("t", { partitions: 2 });
  const client = await scene.connect();
  const writer = new Writer(client, version);
  assert.equal(await writer.init(), NONE);
  return { scene, client, writer };
}

async function fetchOffset(client: Client, requireStable: boolean): Promise<[number, bigint]> {
  const answer = await client.ask(
    "OffsetFetch",
    { groups: [{ groupId: "g", topics: [{ name: "t", partitionIndexes: [0] }] }], requireStable },
    { maxVersion: 9 },
  );
  const { errorCode, committedOffset } = answer.groups[0]!.topics[0]!.partitions[0]!;
  return [errorCode, committedOffset];
}

suite("transactions", () => {
  for (const version of [1, 2] as const) {
    test(`version ${version}: what commits is read, what aborts is not, and markers come in their own time`, async () => {
      const { scene, client, writer } = await begin(version);
      scene.broker.faults.delayMarkers((partition) => (partition === "t-1" ? 500 : 10));
      const produceBoth = async (value: string) => {
        for (const partition of [0, 1]) {
          if (version === 1) assert.equal(await writer.add("t", partition), NONE);
          assert.equal(await writer.produce("t", partition, [value]), NONE);
        }
      };
      await produceBoth("a");
      assert.deepEqual(scene.values("t"), [[], []]);
      assert.equal(await writer.end(true), NONE);
      await scene.clock.advance(100);
      // EndTxn has answered, and one partition has its marker.
      assert.deepEqual(scene.values("t"), [["a"], []]);
      const waiting = await client.fetch("t", 1, 0n, { isolationLevel: 1 });
      assert.deepEqual(
        [waiting.highWatermark, waiting.lastStableOffset, waiting.records!.length],
        [1n, 0n, 0],
      );
      const next = version === 1 ? await writer.add("t", 0) : await writer.produce("t", 0, ["b"]);
      assert.equal(next, CONCURRENT);
      await scene.clock.advance(500);
      assert.deepEqual(scene.values("t"), [["a"], ["a"]]);
      await produceBoth("b");
      assert.equal(await writer.end(false), NONE);
      await scene.clock.advance(600);
      await produceBoth("c");
      assert.equal(await writer.end(true), NONE);
      await scene.clock.advance(600);
      assert.deepEqual(scene.values("t"), [
        ["a", "c"],
        ["a", "c"],
      ]);
      assert.deepEqual(scene.values("t", "read_uncommitted")[0], ["a", "b", "c"]);
    });

    test(`version ${version}: aborted transactions are named in fetches that may meet them`, async () => {
      const { scene, client, writer } = await begin(version);
      for (const [value, committed] of [
        ["a", true],
        ["b", false],
        ["c", true],
      ] as const) {
        if (version === 1) await writer.add("t", 0);
        await writer.produce("t", 0, [value]);
        await writer.end(committed);
        await scene.clock.advance(1);
      }
      const aborted = async (offset: bigint) =>
        (await client.fetch("t", 0, offset, { isolationLevel: 1 })).abortedTransactions!.map(
          ({ firstOffset }) => firstOffset,
        );
      assert.deepEqual(await aborted(0n), [2n]);
      assert.deepEqual(await aborted(3n), [2n]);
      assert.deepEqual(await aborted(4n), []);
      const { records, abortedTransactions } = await client.fetch("t", 0, 0n);
      assert.equal(abortedTransactions, null);
      assert.equal(records!.readInt16BE(69 + 21), 0x30, "the second batch is a control batch");
      assert.deepEqual(decodeRecords(records!.subarray(0, 69))[0]!.value!.toString(), "a");
    });

    test(`version ${version}: offsets stand only once their own marker is written`, async () => {
      const { scene, client, writer } = await begin(version);
      scene.broker.faults.delayMarkers((partition) => (partition.startsWith("__consumer") ? 300 : 0));
      const addOffsets = async () => {
        if (version === 2) return;
        const answer = await client.ask("AddOffsetsToTxn", {
          transactionalId: "x",
          ...writer.identity,
          groupId: "g",
        });
        assert.equal(answer.errorCode, NONE);
      };
      if (version === 1) assert.equal(await writer.commitOffset(1n), codeOf("TRANSACTION_ABORTABLE"));
      await addOffsets();
      assert.equal(await writer.commitOffset(5n, "five"), NONE);
      assert.deepEqual(await fetchOffset(client, true), [codeOf("UNSTABLE_OFFSET_COMMIT"), -1n]);
      assert.deepEqual(await fetchOffset(client, false), [NONE, -1n]);
      assert.equal(await writer.end(true), NONE);
      assert.deepEqual(await fetchOffset(client, true), [codeOf("UNSTABLE_OFFSET_COMMIT"), -1n]);
      await scene.clock.advance(300);
      assert.deepEqual(await fetchOffset(client, true), [NONE, 5n]);
      assert.equal(scene.broker.committedOffsets("g").get("t-0")!.metadata, "five");
      await addOffsets();
      assert.equal(await writer.commitOffset(6n), NONE);
      assert.equal(await writer.end(false), NONE);
      await scene.clock.advance(300);
      assert.deepEqual(await fetchOffset(client, true), [NONE, 5n]);
    });

    test(`version ${version}: init settles an open transaction by abort, then fences`, async () => {
      const { scene, writer } = await begin(version);
      scene.broker.faults.delayMarkers(() => 50);
      if (version === 1) await writer.add("t", 0);
      await writer.produce("t", 0, ["lost"]);
      const successor = new Writer(await scene.connect(), version);
      assert.equal(await successor.init(), CONCURRENT);
      assert.equal(await successor.init(), CONCURRENT);
      await scene.clock.advance(50);
      assert.equal(await successor.init(), NONE);
      assert.deepEqual(scene.values("t"), [[], []]);
      assert.equal(await writer.produce("t", 0, ["zombie"]), STALE);
      assert.equal(await writer.end(true), FENCED);
      assert.equal(await writer.commitOffset(1n), STALE);
      if (version === 1) assert.equal(await successor.add("t", 0), NONE);
      assert.equal(await successor.produce("t", 0, ["new"]), NONE);
      assert.equal(await successor.end(true), NONE);
      await scene.clock.advance(50);
      assert.deepEqual(scene.values("t")[0], ["new"]);
    });

    test(`version ${version}: a transaction past its timeout is aborted, and its producer fenced`, async () => {
      const { scene, writer } = await begin(version);
      assert.equal(await writer.init(undefined, 3000), NONE);
      if (version === 1) await writer.add("t", 0);
      await writer.produce("t", 0, ["late"]);
      await scene.clock.advance(3001);
      assert.deepEqual(scene.values("t"), [[], []]);
      assert.equal(await writer.produce("t", 0, ["later"]), STALE);
      // With version 2 the broker takes the raised epoch for that of an end whose answer was lost: as Kafka does.
      assert.equal(await writer.end(true), version === 1 ? FENCED : INVALID_STATE);
    });
  }

  test("version 2: each end raises the epoch, and a retry of it is told the same", async () => {
    const { scene, writer } = await begin(2);
    const first = writer.identity;
    await writer.produce("t", 0, ["a"]);
    scene.broker.faults.delayMarkers(() => 50);
    assert.equal(await writer.end(true), NONE);
    const second = writer.identity;
    assert.deepEqual(second, { producerId: first.producerId, producerEpoch: first.producerEpoch + 1 });
    writer.identity = first;
    assert.equal(await writer.end(true), CONCURRENT, "while markers are under way");
    assert.equal(await writer.end(false), INVALID_STATE);
    await scene.clock.advance(50);
    assert.equal(await writer.end(true), NONE);
    assert.deepEqual(writer.identity, second);
    assert.equal(await writer.end(true), INVALID_STATE, "nothing is open");
    assert.equal(await writer.end(false), NONE, "an abort of nothing raises the epoch all the same");
    assert.equal(writer.identity.producerEpoch, second.producerEpoch + 1);
  });

  test("version 1: the end of nothing, and the end the other way round", async () => {
    const { scene, writer } = await begin(1);
    assert.equal(await writer.end(true), INVALID_STATE);
    await writer.add("t", 0);
    assert.equal(await writer.end(true), NONE);
    await scene.clock.advance(1);
    assert.equal(await writer.end(true), NONE);
    assert.equal(await writer.end(false), INVALID_STATE);
  });

  test("version 1: a partition that was not added is refused, by brokers that verify", async () => {
    const { writer } = await begin(1, { release: "4.3" });
    assert.equal(await writer.produce("t", 0, ["a"]), codeOf("TRANSACTION_ABORTABLE"));
    const verifying = await begin(1, { release: "3.7" });
    assert.equal(await verifying.writer.produce("t", 0, ["a"]), INVALID_STATE);
    const old = await begin(1, { release: "3.0" });
    assert.equal(await old.writer.produce("t", 0, ["a"]), NONE);
  });

  test("a producer that says who it is keeps its place, and is fenced by a newer one (KIP-360)", async () => {
    const { scene, writer } = await begin(1);
    const first = writer.identity;
    assert.equal(await writer.init(first), NONE);
    assert.equal(writer.identity.producerEpoch, first.producerEpoch + 1);
    assert.equal(await writer.init(first), NONE, "a retry gets the same epoch");
    assert.equal(writer.identity.producerEpoch, first.producerEpoch + 1);
    const successor = new Writer(await scene.connect(), 1);
    assert.equal(await successor.init(), NONE);
    assert.equal(await writer.init(writer.identity), FENCED);
    assert.equal(await writer.init({ producerId: 1n, producerEpoch: 0 }), FENCED);
  });

  for (const version of [1, 2] as const) {
    test(`version ${version}: when epochs run out, a new producer id follows`, async () => {
      const { scene, writer } = await begin(version);
      const transaction = scene.broker.cluster.transactions.get("x")!;
      transaction.epoch = 32_765;
      assert.equal(await writer.init(), NONE);
      const last = writer.identity;
      assert.equal(last.producerEpoch, 32_766);
      if (version === 1) assert.equal(await writer.init(), NONE);
      else {
        await writer.produce("t", 0, ["a"]);
        assert.equal(await writer.end(true), NONE);
        await scene.clock.advance(1);
        const next = writer.identity;
        writer.identity = last;
        assert.equal(await writer.end(true), NONE, "a retry across the change is known");
        assert.deepEqual(writer.identity, next);
      }
      assert.notEqual(writer.identity.producerId, last.producerId);
      assert.equal(writer.identity.producerEpoch, 0);
      if (version === 1) await writer.add("t", 0);
      assert.equal(await writer.produce("t", 0, ["b"]), NONE);
    });
  }

  test("unknown producers, empty ids, timeouts beyond the broker's", async () => {
    const { client } = await begin(2);
    const init = async (transactionalId: string | null, transactionTimeoutMs: number) =>
      (await client.ask("InitProducerId", { transactionalId, transactionTimeoutMs })).errorCode;
    assert.equal(await init("y", 900_001), codeOf("INVALID_TRANSACTION_TIMEOUT"));
    assert.equal(await init("", 1000), codeOf("INVALID_REQUEST"));
    assert.equal(await init(null, 1000), NONE);
    const end = await client.ask("EndTxn", {
      transactionalId: "nobody",
      producerId: 1n,
      producerEpoch: 0,
      committed: true,
    });
    assert.equal(end.errorCode, codeOf("INVALID_PRODUCER_ID_MAPPING"));
  });

  test("a transaction goes on while the feature changes", async () => {
    const { scene, client, writer } = await begin(1, { transactionVersion: 1 });
    assert.equal(client.connection.finalizedFeatures.get("transaction.version"), 1);
    await writer.add("t", 0);
    await writer.produce("t", 0, ["a"]);
    scene.broker.faults.setTransactionVersion(2);
    assert.equal(await writer.end(true), NONE);
    await scene.clock.runFor(client.connection.refreshVersions());
    assert.equal(client.connection.finalizedFeatures.get("transaction.version"), 2);
    const upgraded = new Writer(client, 2);
    assert.equal(await upgraded.init(writer.identity), NONE);
    assert.equal(await upgraded.produce("t", 0, ["b"]), NONE);
    assert.equal(await upgraded.end(true), NONE);
    await scene.clock.advance(1);
    assert.deepEqual(scene.values("t")[0], ["a", "b"]);
  });

  test("a moved coordinator sends the markers that were under way", async () => {
    const { scene, writer } = await begin(2, { brokers: 2 });
    scene.broker.faults.delayMarkers(() => 1000);
    await writer.produce("t", 0, ["a"]).then((code) => assert.equal(code, NONE));
    assert.equal(await writer.end(true), NONE);
    scene.broker.faults.delayMarkers(() => 5);
    scene.broker.faults.moveCoordinator("transaction", "x", { loadingMs: 100 });
    assert.equal(await writer.init(), codeOf("NOT_COORDINATOR"));
    const moved = new Writer(await scene.connect(1), 2);
    assert.equal(await moved.init(), codeOf("COORDINATOR_LOAD_IN_PROGRESS"));
    await scene.clock.advance(100);
    assert.deepEqual(scene.values("t")[0], ["a"]);
    assert.equal(await moved.init(), NONE);
  });
});
